package storetest

import (
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// after describes an attempt that comes after a session.
func (f *fixture) after(key string, session model.SessionID) store.Start {
	s := f.start(key)
	s.After = session
	return s
}

// wantClaimed checks what can be claimed now, and takes it.
func (f *fixture) wantClaimed(what string, epoch int64, ids ...model.AttemptID) {
	f.Helper()
	f.same(what, f.claim("a", epoch, now, 99), ids)
}

// wantWake checks when an attempt without owner is to be driven on.
func (f *fixture) wantWake(id model.AttemptID, want model.Instant) {
	f.Helper()
	if a := f.attempt(id); a.Wake != want || a.Owner != "" {
		f.Errorf("attempt %d of %q wakes at %d, want %d and no owner", id, a.Owner, a.Wake, want)
	}
}

// These tests are about attempts that come after a session.
var chainTests = []test{
	{"an attempt is held back by an unfinished one", func(f *fixture) {
		epoch := f.lease("a")
		f.make(f.start("first"))
		second := f.make(f.after("second", 1))
		if second.After != 1 || second.Wake != model.Never {
			f.Errorf("made after %d, to wake at %d", second.After, second.Wake)
		}
		f.same("attempt", f.attempt(2), second)
		f.wantClaimed("while the first runs", epoch, 1)
		f.wantClaimed("while the first is driven", epoch)
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Attempts: []engine.AttemptRow{{ID: 1, State: engine.AttemptFailed}}})
		f.wantWake(2, 0)
		f.wantClaimed("after the first has failed", epoch, 2)
		f.same("after", f.attempt(2).After, model.SessionID(1))
	}},
	{"an attempt is not held back by what is done", func(f *fixture) {
		f.make(f.start("first"))
		f.end(1)
		if a := f.make(f.after("second", 1)); a.Wake != 0 {
			f.Errorf("it wakes at %d", a.Wake)
		}
		f.wantClaimed("second", f.lease("a"), 2)
	}},
	{"an attempt is held back by every attempt of the session", func(f *fixture) {
		f.make(f.start("first"))
		f.make(f.named("first", "retry"))
		f.make(f.after("second", 1))
		f.end(2)
		f.wantWake(3, model.Never)
		f.make(f.named("first", "another"))
		f.end(1)
		f.wantWake(3, model.Never)
		f.commit(&store.Batch{Attempts: []engine.AttemptRow{{ID: 4, State: engine.AttemptKilled}}})
		f.wantWake(3, 0)
		f.wantClaimed("all", f.lease("a"), 3)
	}},
	{"one commit may end all that holds back", func(f *fixture) {
		f.make(f.start("first"))
		f.make(f.named("first", "retry"))
		f.make(f.after("second", 1))
		f.make(f.after("third", 1))
		f.end(1, 2)
		f.wantClaimed("all", f.lease("a"), 3, 4)
	}},
	{"progress of what holds back does not end it", func(f *fixture) {
		f.make(f.start("first"))
		f.make(f.start("other"))
		f.make(f.after("second", 1))
		f.commit(&store.Batch{
			Attempts: []engine.AttemptRow{{ID: 1, Tasks: 7}}, Tasks: []engine.TaskRow{row(1, 1)}, Events: []engine.Event{event(1, 1)},
		})
		f.end(2)
		f.wantWake(3, model.Never)
	}},
	{"starts together come after each other", func(f *fixture) {
		starts := []store.Start{f.start("a"), f.start("b"), f.start("c")}
		for i := range starts {
			starts[i].AfterFormer = true
		}
		list := f.startAll(starts...)
		f.same("after", ids(list, func(a store.Attempt) model.SessionID { return a.After }), []model.SessionID{0, 1, 2})
		f.same("wake", ids(list, func(a store.Attempt) model.Instant { return a.Wake }), []model.Instant{0, model.Never, model.Never})
		epoch := f.lease("a")
		for id := range model.AttemptID(3) {
			f.wantClaimed("next", epoch, id+1)
			f.end(id + 1)
		}
	}},
	{"starts together may all come after another session", func(f *fixture) {
		f.make(f.start("first"))
		list := f.startAll(f.after("a", 1), f.after("b", 1), f.start("c"))
		f.same("wake", ids(list, func(a store.Attempt) model.Instant { return a.Wake }), []model.Instant{model.Never, model.Never, 0})
		f.end(1)
		f.wantClaimed("all", f.lease("a"), 2, 3, 4)
	}},
	{"who is named is claimed though held back", func(f *fixture) {
		f.make(f.start("first"))
		f.make(f.after("second", 1))
		f.same("claimed", f.claim("a", f.lease("a"), now, 9, 2), []model.AttemptID{2})
	}},
	{"an owner has an attempt though it is held back", func(f *fixture) {
		f.make(f.start("first"))
		epoch := f.lease("a")
		s := f.after("second", 1)
		s.Owner, s.Epoch = "a", epoch
		f.same("owner", f.make(s).Owner, "a")
		f.endLease("a", epoch)
		f.wantWake(2, 0)
	}},
}

// release describes that an owner lets go of attempts that wake at once.
func release(ids ...model.AttemptID) (list []store.Release) {
	for _, id := range ids {
		list = append(list, store.Release{Attempt: id})
	}
	return list
}

// sleeping makes attempts of a new lease and releases them, to wake at these
// instants.
func (f *fixture) sleeping(wakes ...model.Instant) (epoch int64, ids []model.AttemptID) {
	f.Helper()
	epoch, ids = f.owned("a", len(wakes))
	b := &store.Batch{Owner: "a", Epoch: epoch}
	for i, id := range ids {
		b.Release = append(b.Release, store.Release{Attempt: id, Wake: wakes[i]})
	}
	f.commit(b)
	return epoch, ids
}

var wakeTests = []test{
	{"a released attempt sleeps until its wake", func(f *fixture) {
		epoch, ids := f.sleeping(now+2*second, now+second, model.Never)
		f.wantWake(1, now+2*second)
		f.wantWake(3, model.Never)
		f.same("before", f.claim("a", epoch, now+second-1, 9), []model.AttemptID(nil))
		f.same("first", f.claim("a", epoch, now+second, 9), ids[1:2])
		f.same("last", f.claim("a", epoch, now+9*second, 9), ids[:1])
	}},
	{"the longest due are claimed first", func(f *fixture) {
		epoch, _ := f.sleeping(now+3*second, 0, now+second, now+second, now-second)
		f.same("due", f.claim("a", epoch, now+5*second, 2), []model.AttemptID{2, 5})
		f.same("next", f.claim("a", epoch, now+5*second, 9), []model.AttemptID{3, 4, 1})
	}},
	{"who is named is claimed though asleep", func(f *fixture) {
		epoch, _ := f.sleeping(now+2*second, model.Never)
		f.same("claimed", f.claim("a", epoch, now, 9, 2, 1), []model.AttemptID{1, 2})
	}},
	{"what an ended lease owned wakes at once", func(f *fixture) {
		epoch, _ := f.sleeping(now+2*second, model.Never, model.Never)
		f.claim("a", epoch, now, 9, 1, 2)
		f.endLease("a", epoch)
		f.wantWake(1, 0)
		f.wantWake(2, 0)
		f.wantWake(3, model.Never)
	}},
	{"what a lease that ran out owned wakes at once", func(f *fixture) {
		epoch, _ := f.sleeping(model.Never, model.Never, model.Never)
		f.claim("a", epoch, now, 9, 1, 2)
		f.pass(leaseFor)
		f.same("claimed by another", f.claim("b", f.lease("b"), now, 1), []model.AttemptID{1})
		f.wantWake(2, 0)
		f.wantWake(3, model.Never)
		f.pass(leaseFor)
		f.lease("b")
		f.wantWake(1, 0)
	}},
	{"an attempt that is released again sleeps again", func(f *fixture) {
		epoch, ids := f.sleeping(now + second)
		f.claim("a", epoch, now+second, 9)
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Release: []store.Release{{Attempt: ids[0], Wake: now + 5*second}}})
		f.wantWake(ids[0], now+5*second)
	}},
	{"attempts that are done do not wake", func(f *fixture) {
		epoch, _ := f.sleeping(0, now+second)
		f.end(1, 2)
		f.same("claimed", f.claim("a", epoch, now+5*second, 9), []model.AttemptID(nil))
	}},
}
