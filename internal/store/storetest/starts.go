package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

var startTests = []test{
	{"the first attempt of a key makes its session", func(f *fixture) {
		s := f.start("k")
		s.Name = ""
		got := f.make(s)
		want := store.Attempt{
			Session: s.Session, Index: 1, Zone: s.Zone, Created: s.Created,
		}
		want.ID, want.Params, want.Session.ID = 1, s.Params, 1
		f.same("made", got, want)
		f.same("Attempt", f.attempt(got.ID), want)
		f.same("Load", f.load(got.ID), &store.Snapshot{Attempt: want, Definition: s.Definition})
	}},
	{"all that a start says is kept", func(f *fixture) {
		f.projects("p")
		s := f.startOf(1, "k")
		s.Name, s.Resume = "retry", store.Resume{Attempt: 7, From: "+w+step1"}
		s.Due = now + second
		got := f.make(s)
		want := store.Attempt{
			Session: s.Session, Name: "retry", Index: 1, Zone: s.Zone, Workflow: 1, Resume: s.Resume, Created: s.Created, Due: s.Due,
		}
		want.ID, want.Params, want.Session.ID = 1, s.Params, 1
		f.same("made", got, want)
		f.same("Attempt", f.attempt(1), want)
		f.same("Load", f.load(1).Attempt, want)
		list, _, err := f.store.ListAttempts(ctx, store.Filter{}, store.Page{})
		if err != nil {
			f.Fatal(err)
		}
		f.same("ListAttempts", list, []store.Attempt{want})
	}},
	{"a start of an unknown workflow makes nothing", func(f *fixture) {
		f.projects("p")
		s := f.start("k")
		s.Workflow = 2
		_, made, err := f.store.StartAttempt(ctx, s)
		f.wantCode("start", err, model.NotFound)
		if made {
			f.Error("an attempt was made")
		}
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID(nil))
	}},
	{"a second start of the same name makes nothing", func(f *fixture) {
		first := f.make(f.start("k"))
		again := f.start("k")
		again.Session.UUID, again.Params, again.Zone, again.Created = "other", params.Of("x", 1), "UTC", now+second
		got, made, err := f.store.StartAttempt(ctx, again)
		if made || err != nil {
			f.Fatalf("made %v, error %v", made, err)
		}
		f.same("existing attempt", got, first)
		f.same("attempts", f.list(store.Filter{}, 10), []model.AttemptID{first.ID})
	}},
	{"another name makes the next attempt of the session", func(f *fixture) {
		first := f.make(f.start("k"))
		s := f.start("k")
		s.Name, s.Session.UUID, s.Session.Time = "retry", "other", now
		second := f.make(s)
		f.same("session", second.Session, first.Session)
		if second.Index != 2 || second.ID <= first.ID || second.Name != "retry" {
			f.Errorf("second attempt is %d with index %d and name %q", second.ID, second.Index, second.Name)
		}
	}},
	{"a session is unique by project, workflow and key", func(f *fixture) {
		s := f.start("k")
		seen := []model.SessionID{f.make(s).Session.ID}
		for _, change := range []func(*store.Session){
			func(s *store.Session) { s.Project = 2 },
			func(s *store.Session) { s.Project = 0 },
			func(s *store.Session) { s.Workflow = "other" },
			func(s *store.Session) { s.Key = "other" },
		} {
			s := s
			change(&s.Session)
			seen = append(seen, f.make(s).Session.ID)
		}
		f.same("session ids", seen, []model.SessionID{1, 2, 3, 4, 5})
	}},
	{"an attempt keeps the definition that it was made with", func(f *fixture) {
		first := f.make(f.start("k"))
		changed := f.start("k")
		changed.Name, changed.Definition = "changed", definition(f, "w", 5)
		second := f.make(changed)
		equal := f.start("k")
		equal.Name = "equal"
		third := f.make(equal)
		f.same("first", f.load(first.ID).Definition, definition(f, "w", 3))
		f.same("second", f.load(second.ID).Definition, definition(f, "w", 5))
		f.same("third", f.load(third.ID).Definition, definition(f, "w", 3))
	}},
	{"a loaded definition is finished", func(f *fixture) {
		s := f.start("k")
		s.Definition = definition(f, "w", 2)
		s.Definition.Root.Children[1].After = append(s.Definition.Root.Children[1].After, edgeFrom(0))
		if err := s.Definition.Finish(); err != nil {
			f.Fatal(err)
		}
		next := f.load(f.make(s).ID).Definition.Root.Next(0)
		if len(next) != 1 || next[0].To != 1 {
			f.Errorf("task 0 is followed by %v, want task 1", next)
		}
	}},
	{"an owner has the attempt from the start", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		got := f.attempt(ids[0])
		if got.Owner != "a" || got.Epoch != epoch {
			f.Errorf("owner %q in epoch %d, want a in %d", got.Owner, got.Epoch, epoch)
		}
		if ids := f.claim("b", f.lease("b"), now, 10); len(ids) > 0 {
			f.Errorf("another owner claimed %v", ids)
		}
	}},
	{"an owner without lease makes nothing", func(f *fixture) {
		epoch := f.lease("a")
		for _, o := range []struct {
			name  string
			epoch int64
		}{{"a", epoch + 1}, {"a", 0}, {"b", epoch}} {
			s := f.start("k")
			s.Owner, s.Epoch = o.name, o.epoch
			_, made, err := f.store.StartAttempt(ctx, s)
			f.wantCode(fmt.Sprintf("start for %s in epoch %d", o.name, o.epoch), err, model.Conflict)
			if made {
				f.Errorf("start for %s in epoch %d made an attempt", o.name, o.epoch)
			}
		}
		f.same("attempts", f.list(store.Filter{}, 10), []model.AttemptID(nil))
		if a := f.make(f.start("k")); a.ID != 1 || a.Session.ID != 1 {
			f.Errorf("the first success is attempt %d of session %d, want 1 and 1", a.ID, a.Session.ID)
		}
	}},
	{"an existing attempt is returned to whoever asks", func(f *fixture) {
		first := f.make(f.start("k"))
		s := f.start("k")
		s.Owner, s.Epoch = "a", 99
		got, made, err := f.store.StartAttempt(ctx, s)
		if made || err != nil {
			f.Fatalf("made %v, error %v", made, err)
		}
		f.same("existing attempt", got, first)
	}},
	{"of many starts at once one makes the attempt", func(f *fixture) {
		got := f.startAtOnce(20, func(int) store.Start { return f.start("k") })
		made := 0
		for _, g := range got {
			if g.ID != got[0].ID {
				f.Errorf("starts returned attempts %d and %d", got[0].ID, g.ID)
			}
			if g.made {
				made++
			}
		}
		if made != 1 {
			f.Errorf("%d starts made an attempt", made)
		}
	}},
	{"ids and indexes grow together", func(f *fixture) {
		got := f.startAtOnce(20, func(i int) store.Start {
			s := f.start("k")
			s.Name = fmt.Sprint("n", i)
			return s
		})
		slices.SortFunc(got, func(a, b started) int { return int(a.ID - b.ID) })
		for i, g := range got {
			if !g.made || g.Index != i+1 || g.Session.ID != 1 {
				f.Errorf("attempt %d by id: made %v with index %d in session %d", i+1, g.made, g.Index, g.Session.ID)
			}
		}
	}},
}

type started struct {
	store.Attempt
	made bool
}

// startAtOnce makes n calls of StartAttempt at the same time.
func (f *fixture) startAtOnce(n int, describe func(i int) store.Start) []started {
	f.Helper()
	got := make([]started, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		s := describe(i)
		wg.Go(func() {
			got[i].Attempt, got[i].made, errs[i] = f.store.StartAttempt(ctx, s)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		f.Fatal(err)
	}
	return got
}
