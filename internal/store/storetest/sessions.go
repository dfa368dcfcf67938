package storetest

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func (f *fixture) listSessions(filter store.SessionFilter) listing[store.SessionEntry] {
	return func(page store.Page) ([]store.SessionEntry, string, error) {
		return f.store.ListSessions(ctx, filter, page)
	}
}

func (f *fixture) session(id model.SessionID) store.SessionEntry {
	f.Helper()
	e, err := f.store.Session(ctx, id)
	if err != nil {
		f.Fatalf("Session(%d): %v", id, err)
	}
	return e
}

func (f *fixture) sessions(ids ...model.SessionID) (list []store.SessionEntry) {
	f.Helper()
	for _, id := range ids {
		list = append(list, f.session(id))
	}
	return list
}

// named describes an attempt with a name.
func (f *fixture) named(key, name string) store.Start {
	s := f.start(key)
	s.Name = name
	return s
}

var sessionTests = []test{
	{"a session has its newest attempt", func(f *fixture) {
		first := f.make(f.start("k"))
		f.same("with one", f.session(1), store.SessionEntry{Session: first.Session, Last: first})
		second := f.make(f.named("k", "retry"))
		f.make(f.start("other"))
		f.same("with two", f.session(1), store.SessionEntry{Session: first.Session, Last: second})
	}},
	{"the newest attempt of a session is as it is now", func(f *fixture) {
		a := f.make(f.start("k"))
		f.commit(fullBatch(f, a.ID))
		f.same("Session", f.session(1).Last, f.attempt(a.ID))
		wantPages(f, f.listSessions(store.SessionFilter{}), []store.SessionEntry{f.session(1)})
	}},
	{"a session is found by its key", func(f *fixture) {
		f.make(f.start("k"))
		f.make(f.named("k", "retry"))
		f.make(f.start("other"))
		got, err := f.store.FindSession(ctx, 1, "w", "k")
		if err != nil {
			f.Fatal(err)
		}
		f.same("FindSession", got, f.session(1))
	}},
	{"a session that does not exist is not found", func(f *fixture) {
		f.make(f.start("k"))
		for _, id := range []model.SessionID{-1, 0, 2} {
			_, err := f.store.Session(ctx, id)
			f.wantCode(fmt.Sprintf("Session(%d)", id), err, model.NotFound)
		}
		for _, s := range []store.Session{
			{Project: 0, Workflow: "w", Key: "k"}, {Project: 1, Workflow: "x", Key: "k"}, {Project: 1, Workflow: "w", Key: "K"},
		} {
			_, err := f.store.FindSession(ctx, s.Project, s.Workflow, s.Key)
			f.wantCode(fmt.Sprintf("FindSession(%d, %s, %s)", s.Project, s.Workflow, s.Key), err, model.NotFound)
		}
	}},
	{"the last session time before another is found", func(f *fixture) {
		for key, at := range map[string]model.Instant{"a": now + 3*second, "b": now + second, "c": now + 2*second, "d": 0} {
			s := f.start(key)
			s.Session.Time = at
			f.make(s)
		}
		other := f.start("e")
		other.Session.Workflow, other.Session.Time = "other", now
		f.make(other)
		for _, c := range []struct {
			project  model.ProjectID
			workflow string
			before   model.Instant
			want     model.Instant
		}{
			{1, "w", model.Never, now + 3*second},
			{1, "w", now + 3*second, now + 2*second},
			{1, "w", now + 2*second - 1, now + second},
			{1, "w", now + second, 0},
			{1, "other", model.Never, now},
			{2, "w", model.Never, 0},
		} {
			got, err := f.store.LastSessionTime(ctx, c.project, c.workflow, c.before)
			if err != nil {
				f.Fatal(err)
			}
			f.same(fmt.Sprintf("%+v", c), got, c.want)
		}
	}},
	{"pages show every session once, newest first", func(f *fixture) {
		f.attempts(5)
		f.make(f.named("key1", "retry")) // the newest attempt, of an older session
		list := f.listSessions(store.SessionFilter{})
		wantPages(f, list, f.sessions(5, 4, 3, 2, 1))
		wantSteady(f, list, func() {
			f.make(f.start("new"))
			f.make(f.named("key0", "retry"))
		}, func() []store.SessionEntry { return f.sessions(5, 4, 3, 2, 1) })
	}},
	{"sessions are selected", func(f *fixture) {
		for _, s := range []store.Session{
			{Project: 1, Workflow: "w"}, {Project: 2, Workflow: "w"}, {Project: 0, Workflow: "w"}, {Project: 1, Workflow: "v"},
		} {
			start := f.start("k")
			start.Session.Project, start.Session.Workflow = s.Project, s.Workflow
			f.make(start)
		}
		for _, c := range []struct {
			filter store.SessionFilter
			want   []model.SessionID
		}{
			{store.SessionFilter{}, []model.SessionID{4, 3, 2, 1}},
			{store.SessionFilter{Project: 1}, []model.SessionID{4, 1}},
			{store.SessionFilter{Workflow: "w"}, []model.SessionID{3, 2, 1}},
			{store.SessionFilter{Project: 1, Workflow: "w"}, []model.SessionID{1}},
			{store.SessionFilter{Stored: true}, []model.SessionID{4, 2, 1}},
			{store.SessionFilter{Stored: true, Workflow: "w"}, []model.SessionID{2, 1}},
			{store.SessionFilter{Project: 3}, nil},
		} {
			wantPages(f, f.listSessions(c.filter), f.sessions(c.want...))
		}
	}},
	{"the last attempt of each session can be selected", func(f *fixture) {
		f.attempts(3)
		f.make(f.named("key0", "second"))
		last := f.make(f.named("key0", "third"))
		f.commit(&store.Batch{Attempts: []engine.AttemptRow{{ID: last.ID, State: engine.AttemptSuccess}}})
		wantPages(f, f.listAttempts(store.Filter{Last: true}), []store.Attempt{f.attempt(5), f.attempt(3), f.attempt(2)})
		wantPages(f, f.listAttempts(store.Filter{Last: true, Running: true}), []store.Attempt{f.attempt(3), f.attempt(2)})
		wantPages(f, f.listAttempts(store.Filter{Last: true, Session: 1}), []store.Attempt{f.attempt(5)})
	}},
}
