package storetest

import (
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

func edgeFrom(i int) workflow.Edge { return workflow.Edge{From: i} }

var listTests = []test{
	{"an attempt that does not exist is not found", func(f *fixture) {
		f.make(f.start("k"))
		for _, id := range []model.AttemptID{-1, 0, 2} {
			_, err := f.store.Attempt(ctx, id)
			f.wantCode(fmt.Sprintf("Attempt(%d)", id), err, model.NotFound)
			_, err = f.store.Load(ctx, id)
			f.wantCode(fmt.Sprintf("Load(%d)", id), err, model.NotFound)
			_, err = f.store.Events(ctx, id, 0, 0)
			f.wantCode(fmt.Sprintf("Events(%d)", id), err, model.NotFound)
		}
	}},
	{"an empty list has no next page", func(f *fixture) {
		list, next, err := f.store.ListAttempts(ctx, store.Filter{}, store.Page{})
		if len(list) > 0 || next != "" || err != nil {
			f.Errorf("got %v, cursor %q, error %v", list, next, err)
		}
	}},
	{"pages show every attempt once, newest first", func(f *fixture) {
		want := f.attempts(12)
		slices.Reverse(want)
		for _, size := range []int{1, 4, 5, 11, 12, 13} {
			f.same(fmt.Sprintf("pages of %d", size), f.list(store.Filter{}, size), want)
		}
	}},
	{"entries are whole attempts", func(f *fixture) {
		made := f.make(f.start("k"))
		f.commit(fullBatch(f, made.ID))
		list, _, err := f.store.ListAttempts(ctx, store.Filter{}, store.Page{})
		if err != nil {
			f.Fatal(err)
		}
		f.same("list", list, []store.Attempt{f.attempt(made.ID)})
	}},
	{"new attempts do not move the next page", func(f *fixture) {
		ids := f.attempts(4)
		_, next, err := f.store.ListAttempts(ctx, store.Filter{}, store.Page{Limit: 2})
		if err != nil {
			f.Fatal(err)
		}
		f.make(f.start("new"))
		list, _, err := f.store.ListAttempts(ctx, store.Filter{}, store.Page{Limit: 2, Cursor: next})
		if err != nil || len(list) != 2 || list[0].ID != ids[1] || list[1].ID != ids[0] {
			f.Errorf("second page %v, error %v", list, err)
		}
	}},
	{"a page has 100 entries unless told", func(f *fixture) {
		f.startAtOnce(101, func(i int) store.Start { return f.start(fmt.Sprint(i)) })
		list, next, err := f.store.ListAttempts(ctx, store.Filter{}, store.Page{})
		if len(list) != 100 || next == "" || err != nil {
			f.Errorf("%d entries, cursor %q, error %v", len(list), next, err)
		}
	}},
	{"a page that can't be is invalid", func(f *fixture) {
		f.attempts(1)
		for _, p := range []store.Page{{Limit: -1}, {Limit: 1001}, {Cursor: "no cursor"}} {
			_, _, err := f.store.ListAttempts(ctx, store.Filter{}, p)
			f.wantCode(fmt.Sprintf("%+v", p), err, model.Invalid)
		}
		if _, _, err := f.store.ListAttempts(ctx, store.Filter{}, store.Page{Limit: 1000}); err != nil {
			f.Error(err)
		}
	}},
	{"filters select", testFilters},
}

// testFilters makes attempts that differ in one thing each and selects by
// every field of a filter, alone and with others.
func testFilters(f *fixture) {
	var all []store.Attempt
	add := func(change func(*store.Start)) store.Attempt {
		s := f.start("k")
		change(&s)
		a := f.make(s)
		all = append(all, a)
		return a
	}
	base := add(func(*store.Start) {})
	add(func(s *store.Start) { s.Session.Project = 2 })
	add(func(s *store.Start) { s.Session.Project = 0 })
	add(func(s *store.Start) { s.Session.Workflow = "other" })
	add(func(s *store.Start) { s.Session.Key = "other" })
	add(func(s *store.Start) { s.Name = "retry" })
	done := add(func(s *store.Start) { s.Name = "done" })
	epoch := f.lease("a")
	add(func(s *store.Start) { s.Name, s.Owner, s.Epoch = "owned", "a", epoch })
	ended := add(func(s *store.Start) { s.Name, s.Owner, s.Epoch = "owned and done", "a", epoch })
	f.commit(&store.Batch{Attempts: []engine.AttemptRow{
		{ID: done.ID, State: engine.AttemptSuccess}, {ID: ended.ID, State: engine.AttemptKilled},
	}})

	newest := make(map[model.SessionID]model.AttemptID)
	for _, a := range all {
		newest[a.Session.ID] = a.ID
	}
	for _, filter := range []store.Filter{
		{},
		{Project: 1}, {Project: 2}, {Project: 3}, {Stored: true}, {Stored: true, Project: 1},
		{Workflow: "w"}, {Workflow: "other"},
		{Session: base.Session.ID}, {Session: 99},
		{Running: true}, {Unowned: true}, {Owner: "a"}, {Owner: "b"},
		{Running: true, Unowned: true}, {Running: true, Owner: "a"}, {Owner: "a", Unowned: true},
		{Ended: engine.AttemptSuccess}, {Ended: engine.AttemptKilled, Owner: "a"}, {Ended: engine.AttemptFailed},
		{Ended: engine.AttemptSuccess, Running: true}, {Ended: engine.AttemptSuccess, Stored: true},
		{Last: true}, {Last: true, Stored: true}, {Last: true, Session: base.Session.ID}, {Last: true, Project: 1, Workflow: "w"},
		{Last: true, Running: true}, {Last: true, Ended: engine.AttemptKilled}, {Last: true, Unowned: true}, {Last: true, Owner: "a"},
		{Project: 1, Workflow: "w"}, {Project: 1, Workflow: "w", Running: true}, {Stored: true, Workflow: "w"},
		{Project: 1, Running: true}, {Stored: true, Running: true}, {Workflow: "w", Unowned: true}, {Session: base.Session.ID, Owner: "a", Running: true},
	} {
		var want []model.AttemptID
		for _, a := range slices.Backward(all) {
			a = f.attempt(a.ID)
			if filter.Matches(&a, newest[a.Session.ID] == a.ID) {
				want = append(want, a.ID)
			}
		}
		f.same(fmt.Sprintf("%+v", filter), f.list(filter, 2), want)
	}
}
