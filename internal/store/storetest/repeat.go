package storetest

import (
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// These tests are about a committer that was not told whether its batch was
// written and writes it again.
var repeatTests = []test{
	{"a batch written twice counts once", func(f *fixture) {
		s := f.start("k")
		made := f.make(s)
		f.commit(fullBatch(f, made.ID))
		f.commit(fullBatch(f, made.ID))
		f.wantFull(made, s.Definition)
	}},
	{"a batch written again as part of a larger one counts once", func(f *fixture) {
		id := f.attempts(1)[0]
		b := &store.Batch{
			Tasks:  []engine.TaskRow{row(id, 1), row(id, 2)},
			Grown:  []engine.Growth{{Attempt: id, First: 4, Kind: engine.GrowRound}},
			Events: []engine.Event{event(id, 1), event(id, 2)},
		}
		f.commit(b)
		b.Tasks = append(b.Tasks, row(id, 3))
		b.Grown = append(b.Grown, engine.Growth{Attempt: id, First: 9, Kind: engine.GrowRound})
		b.Events = append(b.Events, event(id, 3), event(id, 4))
		f.commit(b)
		got := f.load(id)
		f.same("tasks", got.Tasks, b.Tasks)
		f.same("growths", got.Growths, b.Grown)
		f.same("events", f.events(id), b.Events)
		for after := range int64(5) {
			events, err := f.store.Events(ctx, id, after, 1)
			if err != nil {
				f.Fatal(err)
			}
			f.same("next event", events, b.Events[after:min(after+1, 4)])
		}
	}},
	{"a batch that released can't be written again", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		b := &store.Batch{Owner: "a", Epoch: epoch, Tasks: []engine.TaskRow{row(ids[0], 1)}, Release: release(ids...)}
		f.commit(b)
		f.wantCode("second commit", f.store.Commit(ctx, b), model.Conflict)
		f.same("tasks", f.load(ids[0]).Tasks, []engine.TaskRow{row(ids[0], 1)})
	}},
	{"a repeated batch does not take back what came after it", func(f *fixture) {
		id := f.attempts(1)[0]
		first := &store.Batch{Events: []engine.Event{event(id, 1)}}
		f.commit(first)
		f.commit(&store.Batch{Events: []engine.Event{event(id, 2)}})
		f.commit(first)
		f.same("events", f.events(id), []engine.Event{event(id, 1), event(id, 2)})
		if seq := f.load(id).Seq; seq != 2 {
			f.Errorf("seq is %d, want 2", seq)
		}
	}},
}

// These tests are about a conductor that is not, or no longer, the owner.
var fenceTests = []test{
	{"an owner writes what it owns", func(f *fixture) {
		epoch, ids := f.owned("a", 2)
		for _, b := range partsFor(ids[1]) {
			b.Owner, b.Epoch = "a", epoch
			f.commit(b)
			if len(b.Release) > 0 {
				f.same("claimed again", f.claim("a", epoch, now, 1), ids[1:])
			}
		}
	}},
	{"an owner without a lease can't even commit nothing", func(f *fixture) {
		epoch := f.lease("a")
		f.commit(&store.Batch{Owner: "a", Epoch: epoch})
		f.wantCode("wrong epoch", f.store.Commit(ctx, &store.Batch{Owner: "a", Epoch: epoch + 1}), model.Conflict)
		f.endLease("a", epoch)
		f.wantCode("ended lease", f.store.Commit(ctx, &store.Batch{Owner: "a", Epoch: epoch}), model.Conflict)
	}},
	{"a wrong owner writes nothing", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		f.wantFenced(ids[0], "b", f.lease("b"))
		f.wantFenced(ids[0], "b", epoch)
		f.wantFenced(ids[0], "c", epoch)
	}},
	{"a wrong epoch writes nothing", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		for _, wrong := range []int64{0, epoch - 1, epoch + 1} {
			f.wantFenced(ids[0], "a", wrong)
		}
	}},
	{"an owner writes nothing to an attempt without owner", func(f *fixture) {
		f.wantFenced(f.attempts(1)[0], "a", f.lease("a"))
	}},
	{"an owner writes nothing after its lease has ended", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		f.endLease("a", epoch)
		f.wantFenced(ids[0], "a", epoch)
	}},
	{"an owner writes nothing after another has claimed", func(f *fixture) {
		epoch, ids := f.owned("a", 2)
		f.pass(leaseFor)
		f.claim("b", f.lease("b"), now, 1)
		f.wantFenced(ids[0], "a", epoch)
		f.wantFenced(ids[1], "a", epoch)
	}},
	{"an owner writes nothing in the epoch before its newest", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		f.pass(leaseFor)
		f.lease("a")
		f.wantFenced(ids[0], "a", epoch)
	}},
	{"an owner writes nothing to an attempt that does not exist", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		b := &store.Batch{Owner: "a", Epoch: epoch, Tasks: []engine.TaskRow{row(ids[0], 1), row(99, 1)}}
		f.wantCode("commit", f.store.Commit(ctx, b), model.Conflict)
		f.same("tasks", f.load(ids[0]).Tasks, []engine.TaskRow(nil))
	}},
	{"one attempt that is not owned keeps back the others", func(f *fixture) {
		epoch, ids := f.owned("a", 40)
		other := f.attempts(1)[0]
		b := &store.Batch{Owner: "a", Epoch: epoch}
		for _, id := range ids {
			b.Tasks = append(b.Tasks, row(id, 1))
			b.Events = append(b.Events, event(id, 1))
		}
		b.Events = append(b.Events, event(other, 1))
		f.wantCode("commit", f.store.Commit(ctx, b), model.Conflict)
		for _, id := range append(ids, other) {
			if s := f.load(id); len(s.Tasks) > 0 || s.Seq > 0 {
				f.Errorf("attempt %d has tasks %v and seq %d", id, s.Tasks, s.Seq)
			}
		}
	}},
}

// wantFenced checks that no part of a batch is written for an owner.
func (f *fixture) wantFenced(id model.AttemptID, owner string, epoch int64) {
	f.Helper()
	before := f.load(id)
	for name, b := range partsFor(id) {
		b.Owner, b.Epoch = owner, epoch
		f.wantCode(name, f.store.Commit(ctx, b), model.Conflict)
	}
	f.same("fenced attempt", f.load(id), before)
	f.same("fenced subscriptions", f.subscriptions(store.SubscriptionFilter{}), []store.Subscription(nil))
	f.wantKept(nil, nil)
	f.wantOutbox()
	if events := f.events(id); len(events) > 0 {
		f.Errorf("a fenced owner left events %v", events)
	}
}
