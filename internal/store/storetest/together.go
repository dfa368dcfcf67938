package storetest

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

func (f *fixture) startAll(starts ...store.Start) []store.Attempt {
	f.Helper()
	list, err := f.store.StartAll(ctx, starts)
	if err != nil {
		f.Fatalf("StartAll: %v", err)
	}
	return list
}

// end ends attempts as succeeded.
func (f *fixture) end(ids ...model.AttemptID) {
	f.Helper()
	var b store.Batch
	for _, id := range ids {
		b.Attempts = append(b.Attempts, engine.AttemptRow{ID: id, State: engine.AttemptSuccess, Ended: now})
	}
	f.commit(&b)
}

// These tests are about starts that are made together or not at all.
var togetherTests = []test{
	{"starts together make an attempt each, in order", func(f *fixture) {
		f.make(f.start("b"))
		list := f.startAll(f.start("a"), f.named("b", "retry"), f.start("c"))
		f.same("attempts", ids(list, attemptID), []model.AttemptID{2, 3, 4})
		f.same("sessions", ids(list, func(a store.Attempt) model.SessionID { return a.Session.ID }), []model.SessionID{2, 1, 3})
		f.same("indexes", ids(list, func(a store.Attempt) int { return a.Index }), []int{1, 2, 1})
		for _, a := range list {
			f.same("attempt", f.attempt(a.ID), a)
		}
		f.same("definition", f.load(4).Definition, definition(f, "w", 3))
	}},
	{"no starts make no attempts", func(f *fixture) { f.same("made", len(f.startAll()), 0) }},
	{"starts together may share a session", func(f *fixture) {
		list := f.startAll(f.named("k", "a"), f.named("k", "b"))
		f.same("indexes", ids(list, func(a store.Attempt) int { return a.Index }), []int{1, 2})
		f.same("newest", f.session(1).Last.ID, model.AttemptID(2))
	}},
	{"of starts together one that exists keeps back the others", func(f *fixture) {
		f.make(f.start("there"))
		for name, starts := range map[string][]store.Start{
			"stored":   {f.start("new"), f.named("there", "retry"), f.start("there")},
			"repeated": {f.named("there", "retry"), f.start("new"), f.start("new")},
		} {
			_, err := f.store.StartAll(ctx, starts)
			f.wantCode(name, err, model.Conflict)
			if err != nil && !strings.Contains(err.Error(), starts[2].Session.Key) {
				f.Errorf("%s: error %q does not name the session", name, err)
			}
		}
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{1})
		f.same("session", f.session(1).Last.ID, model.AttemptID(1))
		if a := f.make(f.named("there", "retry")); a.ID != 2 || a.Session.ID != 1 || a.Index != 2 {
			f.Errorf("the next is attempt %d, number %d of session %d, want 2, 2 and 1", a.ID, a.Index, a.Session.ID)
		}
		if a := f.make(f.start("new")); a.ID != 3 || a.Session.ID != 2 || a.Index != 1 {
			f.Errorf("the next is attempt %d, number %d of session %d, want 3, 1 and 2", a.ID, a.Index, a.Session.ID)
		}
		f.same("newest of its session", f.session(2).Last.ID, model.AttemptID(3))
	}},
	{"of starts together one without a lease keeps back the others", func(f *fixture) {
		epoch := f.lease("a")
		mine, other := f.start("mine"), f.start("other")
		mine.Owner, mine.Epoch = "a", epoch
		other.Owner, other.Epoch = "a", epoch+1
		_, err := f.store.StartAll(ctx, []store.Start{mine, other})
		f.wantCode("StartAll", err, model.Conflict)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID(nil))
		other.Epoch = epoch
		f.same("owner", f.startAll(mine, other)[1].Owner, "a")
	}},
	{"of the same starts together at once one succeeds", func(f *fixture) {
		f.wantOne("StartAll", f.atOnce(func(i int) error {
			_, err := f.store.StartAll(ctx, []store.Start{f.start("a"), f.start("b")})
			return err
		}))
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{2, 1})
	}},
}

// full makes a start Exhausted beyond n unfinished attempts.
func full(s store.Start, n int) store.Start {
	s.MaxRunning = n
	return s
}

var roomTests = []test{
	{"a start beyond the most attempts makes nothing", func(f *fixture) {
		f.make(full(f.start("a"), 2))
		f.make(full(f.start("b"), 2))
		for _, s := range []store.Start{full(f.start("c"), 2), full(f.named("a", "retry"), 1)} {
			_, made, err := f.store.StartAttempt(ctx, s)
			f.wantCode("start", err, model.Exhausted)
			if made {
				f.Error("an attempt was made")
			}
		}
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{2, 1})
		if a := f.make(full(f.start("c"), 3)); a.ID != 3 || a.Session.ID != 3 {
			f.Errorf("the next is attempt %d of session %d, want 3 and 3", a.ID, a.Session.ID)
		}
	}},
	{"attempts that only their program drives take no room", func(f *fixture) {
		program := func(key string) store.Start {
			s := full(f.start(key), 1)
			s.Definition = definition(f, "w", 3)
			s.Definition.Dialect = workflow.Program
			return s
		}
		f.make(program("p"))
		f.make(full(f.start("a"), 1))
		f.make(program("q"))
		_, _, err := f.store.StartAttempt(ctx, full(f.start("b"), 1))
		f.wantCode("start", err, model.Exhausted)
	}},
	{"attempts that are done leave room", func(f *fixture) {
		epoch, owned := f.owned("a", 2)
		_, _, err := f.store.StartAttempt(ctx, full(f.start("k"), 2))
		f.wantCode("start", err, model.Exhausted)
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Attempts: []engine.AttemptRow{{ID: owned[0], State: engine.AttemptFailed}}})
		f.make(full(f.start("k"), 2))
		f.end(owned[0]) // again: it counts once
		_, _, err = f.store.StartAttempt(ctx, full(f.start("l"), 2))
		f.wantCode("start", err, model.Exhausted)
	}},
	{"the runs of a folder take no room", func(f *fixture) {
		for i := range 3 {
			s := f.start(fmt.Sprint(i))
			s.Session.Project = 0
			f.make(s)
		}
		f.make(full(f.start("k"), 1))
	}},
	{"an attempt that exists needs no room", func(f *fixture) {
		first := f.make(f.start("a"))
		f.make(f.start("b"))
		got, made, err := f.store.StartAttempt(ctx, full(f.start("a"), 1))
		if made || err != nil {
			f.Fatalf("made %v, error %v", made, err)
		}
		f.same("existing", got, first)
	}},
	{"starts together count together", func(f *fixture) {
		f.make(f.start("there"))
		chain := func(most int) []store.Start {
			list := []store.Start{full(f.start("a"), most), full(f.start("b"), most), full(f.start("c"), most)}
			list[1].AfterFormer, list[2].AfterFormer = true, true
			return list
		}
		_, err := f.store.StartAll(ctx, chain(3))
		f.wantCode("StartAll", err, model.Exhausted)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{1})
		f.same("made", ids(f.startAll(chain(4)...), attemptID), []model.AttemptID{2, 3, 4})
	}},
	{"of many starts at once as many succeed as there is room for", func(f *fixture) {
		succeeded := 0
		for _, err := range f.atOnce(func(i int) error {
			_, _, err := f.store.StartAttempt(ctx, full(f.start(fmt.Sprint(i)), 5))
			return err
		}) {
			if err == nil {
				succeeded++
			} else {
				f.wantCode("start", err, model.Exhausted)
			}
		}
		f.same("succeeded", succeeded, 5)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{5, 4, 3, 2, 1})
	}},
}
