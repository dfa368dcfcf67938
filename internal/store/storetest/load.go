package storetest

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func (f *fixture) loadAll(ids ...model.AttemptID) []store.Loaded {
	f.Helper()
	list, err := f.store.LoadAll(ctx, ids)
	if err != nil || len(list) != len(ids) {
		f.Fatalf("LoadAll(%v): %d entries, error %v", ids, len(list), err)
	}
	return list
}

// begin makes an attempt of a session that has begun: n of its tasks run.
func (f *fixture) begin(key string, n int) model.AttemptID {
	f.Helper()
	id := f.make(f.start(key)).ID
	b := &store.Batch{
		Attempts: []engine.AttemptRow{{ID: id, Started: now, Tasks: int32(n)}},
		Grown:    []engine.Growth{{Attempt: id, First: 9, Kind: engine.GrowRound}, {Attempt: id, First: 5, Kind: engine.GrowRound}},
	}
	for i := range n {
		b.Tasks = append(b.Tasks, row(id, model.TaskID(n-1-i)))
		b.Events = append(b.Events, event(id, int64(i+1)))
	}
	f.commit(b)
	return id
}

// These tests are about attempts that are loaded together.
var loadTests = []test{
	{"none are loaded when none are named", func(f *fixture) { f.loadAll() }},
	{"each is what it is when it is loaded alone, in the order asked for", func(f *fixture) {
		fresh := f.make(f.start("fresh")).ID
		other := f.start("other definition")
		other.Definition = definition(f, "other", 2)
		ids := []model.AttemptID{f.begin("begun", 3), f.make(other).ID, f.begin("begun, too", 2), fresh, f.begin("done", 2)}
		f.post(1, ids[0], fresh, ids[0])
		f.endAt(ids[4], now)
		for i, got := range f.loadAll(append(ids, fresh)...) {
			id := append(ids, fresh)[i]
			f.same(fmt.Sprint("error of attempt ", id), got.Err, nil)
			f.same(fmt.Sprint("attempt ", id), got.Snapshot, f.load(id))
		}
	}},
	{"one that does not exist keeps back no others", func(f *fixture) {
		ids := f.attempts(2)
		list := f.loadAll(ids[0], 99, ids[1], -1)
		for i, id := range map[int]model.AttemptID{0: ids[0], 2: ids[1]} {
			if list[i].Err != nil || list[i].Snapshot.Attempt.ID != id {
				f.Errorf("entry %d: %+v, want attempt %d", i, list[i], id)
			}
		}
		for _, i := range []int{1, 3} {
			f.wantCode(fmt.Sprint("entry ", i), list[i].Err, model.NotFound)
			if list[i].Snapshot != nil {
				f.Errorf("entry %d has a snapshot", i)
			}
		}
	}},
	{"big ones are loaded whole", func(f *fixture) {
		var ids []model.AttemptID
		for i, tasks := range []int32{100_000, 15_000, 15_000, 3} {
			id := f.begin(fmt.Sprint("big", i), 2)
			f.commit(&store.Batch{Attempts: []engine.AttemptRow{{ID: id, Started: now, Tasks: tasks}}})
			ids = append(ids, id)
		}
		for i, got := range f.loadAll(ids...) {
			f.same("error", got.Err, nil)
			f.same(fmt.Sprint("attempt ", ids[i]), got.Snapshot, f.load(ids[i]))
		}
	}},
}

func (f *fixture) wantNext(what string, want model.Instant) {
	f.Helper()
	got, err := f.store.Due(ctx, 0)
	if err != nil {
		f.Fatalf("Due: %v", err)
	}
	f.same("due "+what, got, want)
}

// These tests are about when it is worth while to claim.
var dueTests = []test{
	{"an attempt that can be claimed is due", func(f *fixture) {
		f.wantNext("in an empty store", model.Never)
		f.attempts(1)
		f.wantNext("with an attempt without owner", 0)
		f.claim("a", f.lease("a"), now, 1)
		f.wantNext("once it is owned", model.Never)
	}},
	{"an attempt that sleeps is due when it is to wake", func(f *fixture) {
		epoch, ids := f.sleeping(now+3*second, model.Never, now+second, now+2*second)
		f.wantNext("first", now+second)
		f.claim("a", epoch, now+second, 9)
		f.wantNext("after the first", now+2*second)
		f.post(1, ids[1])
		f.wantNext("where one that sleeps for ever has a post", 0)
	}},
	{"an attempt that is done or held back is not due", func(f *fixture) {
		epoch := f.lease("a")
		first := f.make(f.start("first")).ID
		f.make(f.after("second", 1))
		f.claim("a", epoch, now, 1)
		f.wantNext("while the first runs", model.Never)
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Attempts: []engine.AttemptRow{{ID: first, State: engine.AttemptSuccess}}})
		f.wantNext("when it has ended", 0)
		f.end(2)
		f.wantNext("when both have", model.Never)
	}},
}
