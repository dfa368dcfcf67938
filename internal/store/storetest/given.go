package storetest

import (
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// deliverTo delivers messages by somebody who drives attempts, and returns which it
// was given.
func (f *fixture) deliverTo(to store.Claimant, messages ...store.Message) []model.AttemptID {
	f.Helper()
	outcomes, given, err := f.store.DeliverTo(ctx, store.Delivery{Messages: messages, Now: now}, to)
	if err != nil || len(outcomes) != len(messages) {
		f.Fatalf("DeliverTo: %v of %d messages, error %v", outcomes, len(messages), err)
	}
	return given
}

// claimant is an owner who can take up more than there are.
func claimant(owner string, epoch int64) store.Claimant {
	return store.Claimant{Owner: owner, Epoch: epoch, Most: 99}
}

// waiting makes n attempts that nobody drives and that listen to an order each, from
// "0" on, and a lease of "a".
func (f *fixture) waiting(n int) (epoch int64, ids []model.AttemptID) {
	f.Helper()
	wakes := slices.Repeat([]model.Instant{model.Never}, n)
	epoch, ids = f.sleeping(wakes...)
	for i, id := range ids {
		f.listen(listening(id, 1, now, to(string(rune('0'+i)))))
	}
	return epoch, ids
}

var none []model.AttemptID

// These tests are about messages by whose delivery attempts are taken up.
var givenTests = []test{
	{"an attempt that nobody drives is given to who brings its message", func(f *fixture) {
		epoch, ids := f.waiting(3)
		f.same("given", f.deliverTo(claimant("a", epoch), message(1, about("2")), message(2, about("0")), message(3, about("2")), message(4, about("9"))),
			[]model.AttemptID{ids[0], ids[2]})
		for _, id := range []model.AttemptID{ids[0], ids[2]} {
			if a := f.attempt(id); a.Owner != "a" || a.Epoch != epoch {
				f.Errorf("attempt %d is owned by %q in epoch %d", id, a.Owner, a.Epoch)
			}
		}
		f.same("the owner of another", f.attempt(ids[1]).Owner, "")
		f.wantGot(ids[2], got{1, 1}, got{1, 3})
		f.same("posts to the owner", f.posted("a", epoch, 9), []store.Post(nil))
		f.deliver(message(5, about("2")))
		f.same("what came since", ids64(f.posted("a", epoch, 9)), []int64{5})
		var unowned []bool
		for _, p := range f.load(ids[2]).Inbox {
			unowned = append(unowned, p.Unowned)
		}
		f.same("what came while nobody owned it", unowned, []bool{true, true, false})
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Events: []engine.Event{{Attempt: ids[0], Seq: 100, At: now, Kind: engine.SignalBuried}}})
		f.same("claimed by others", f.claim("b", f.lease("b"), now, 9, ids...), []model.AttemptID{ids[1]})
	}},
	{"no more are given than there is room for", func(f *fixture) {
		epoch, ids := f.waiting(3)
		c := claimant("a", epoch)
		c.Most = 2
		all := []store.Message{message(1, about("2")), message(2, about("1")), message(3, about("0"))}
		f.same("given", f.deliverTo(c, all...), ids[:2])
		f.wantWake(ids[2], 0)
		c.Most = -1
		f.same("without room", f.deliverTo(c, all...), none)
	}},
	{"an attempt that somebody owns is not given", func(f *fixture) {
		epoch, ids := f.waiting(2)
		f.claim("a", epoch, now, 1, ids[0])
		f.same("to another", f.deliverTo(claimant("b", f.lease("b")), message(1, about("0"))), none)
		f.wantCall("a delivery to its owner", func() {
			f.same("to its owner", f.deliverTo(claimant("a", epoch), message(2, about("0")), message(3, about("1"))), ids[1:])
		})
		f.same("posts", ids64(f.posted("a", epoch, 9)), []int64{1, 2})
	}},
	{"who has no lease is given nothing", func(f *fixture) {
		epoch, ids := f.waiting(1)
		f.same("in another epoch", f.deliverTo(claimant("a", epoch+1), message(1, about("0"))), none)
		f.same("by another", f.deliverTo(claimant("b", epoch), message(2, about("0"))), none)
		f.endLease("a", epoch)
		f.same("after its end", f.deliverTo(claimant("a", epoch), message(3, about("0"))), none)
		f.wantGot(ids[0], got{1, 1}, got{1, 2}, got{1, 3})
		f.wantWake(ids[0], 0)
	}},
	{"what a lease was given is released with it", func(f *fixture) {
		epoch, ids := f.waiting(1)
		f.deliverTo(claimant("a", epoch), message(1, about("0")))
		f.endLease("a", epoch)
		f.same("claimed", f.claim("b", f.lease("b"), now, 9, ids...), ids)
		f.wantGot(ids[0], got{1, 1})
	}},
	{"who drives another pool is given nothing", func(f *fixture) {
		epoch, _ := f.waiting(1)
		c := claimant("a", epoch)
		c.Pool = 7
		f.same("given", f.deliverTo(c, message(1, about("0"))), none)
	}},
	{"who is held back is not given", func(f *fixture) {
		f.attempts(1)
		id := f.make(f.after("second", 1)).ID
		f.listen(listening(id, 1, now, to("17")))
		f.same("given", f.deliverTo(claimant("a", f.lease("a")), message(1, about("17"))), none)
		f.wantWake(id, model.Never)
	}},
	{"attempts are given once to those who deliver at once", func(f *fixture) {
		_, ids := f.waiting(3)
		var leases [many]int64
		for i := range leases {
			leases[i] = f.lease(string(rune('b' + i)))
		}
		given := make([][]model.AttemptID, many)
		for i, err := range f.atOnce(func(i int) (err error) {
			_, given[i], err = f.store.DeliverTo(ctx, store.Delivery{Now: now, Messages: []store.Message{
				message(3*i, about("0")), message(3*i+1, about("1")), message(3*i+2, about("2")),
			}}, claimant(string(rune('b'+i)), leases[i]))
			return err
		}) {
			if err != nil {
				f.Errorf("delivery %d: %v", i, err)
			}
		}
		all := 0
		for i, of := range given {
			for _, id := range of {
				all++
				f.same("owner", f.attempt(id).Owner, string(rune('b'+i)))
			}
		}
		f.same("how many are given", all, len(ids))
		f.same("messages", len(f.load(ids[0]).Inbox), many)
	}},
}
