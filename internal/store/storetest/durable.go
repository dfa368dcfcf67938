package storetest

import (
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

var durableTests = []struct {
	name string
	run  func(t *testing.T, open func() *fixture)
}{
	{"an attempt is kept whole", func(t *testing.T, open func() *fixture) {
		f := open()
		s := f.start("k")
		made := f.make(s)
		f.commit(fullBatch(f, made.ID))
		f.close()
		f = open()
		f.wantFull(made, s.Definition)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{made.ID})
		f.close()
	}},
	{"values are kept", func(t *testing.T, open func() *fixture) {
		f := open()
		f.set(params.Of("a", 1, "b", "two"), now, now+second)
		f.close()
		f = open()
		f.same("values", f.get(now, "a", "b"), params.Of("a", 1, "b", "two"))
		f.same("later", f.get(now+second, "a", "b"), params.Map{})
		f.close()
	}},
	{"ids and epochs go on", func(t *testing.T, open func() *fixture) {
		f := open()
		epoch, ids := f.owned("a", 2)
		f.close()
		f = open()
		again := f.leaseAt("a", now+10*second)
		if again <= epoch {
			f.Errorf("epoch %d after %d", again, epoch)
		}
		if a := f.make(f.start("new")); a.ID <= ids[1] || a.Session.ID <= 2 {
			f.Errorf("attempt %d of session %d after attempt %d of session 2", a.ID, a.Session.ID, ids[1])
		}
		f.close()
	}},
	{"an owner's attempts can be taken over", func(t *testing.T, open func() *fixture) {
		f := open()
		_, ids := f.owned("a", 2)
		f.close()
		f = open()
		b := f.leaseAt("b", now+10*second)
		f.same("claimed", f.claim("b", b, now+10*second, 9), ids)
		f.close()
	}},
	{"a start that exists is found", func(t *testing.T, open func() *fixture) {
		f := open()
		first := f.make(f.start("k"))
		f.close()
		f = open()
		got, made, err := f.store.StartAttempt(ctx, f.start("k"))
		if made || err != nil {
			t.Fatalf("made %v, error %v", made, err)
		}
		f.same("existing attempt", got, first)
		f.close()
	}},
}

func (f *fixture) close() {
	f.Helper()
	if err := f.store.Close(); err != nil {
		f.Fatalf("Close: %v", err)
	}
}
