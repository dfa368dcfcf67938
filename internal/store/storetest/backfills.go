package storetest

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// backfills lists backfills, in pages of so many names.
func (f *fixture) backfills(of store.BackfillFilter, size int) (all []store.Backfill) {
	f.Helper()
	for page := (store.Page{Limit: size}); ; {
		list, next, err := f.store.ListBackfills(ctx, of, page)
		must(f, err)
		if all = append(all, list...); next == "" {
			return all
		}
		page.Cursor = next
	}
}

// fill makes an attempt of a backfill for the nth slot of a workflow.
func (f *fixture) fill(name string, project model.ProjectID, workflow string, n int, attempt string) model.AttemptID {
	f.Helper()
	s := f.start(fmt.Sprint(workflow, n))
	s.Session.Project, s.Session.Workflow, s.Session.Time = project, workflow, now+model.Instant(n)*second
	s.Name, s.Tags = attempt, model.Tags{model.BackfillTag: name, "other": name}
	return f.make(s).ID
}

// becomes writes what became of an attempt.
func (f *fixture) becomes(id model.AttemptID, state engine.AttemptState) {
	f.Helper()
	row := engine.AttemptRow{ID: id, State: state, Tasks: 1, Started: now}
	if state.Done() {
		row.Ended = now
	}
	f.commit(&store.Batch{Attempts: []engine.AttemptRow{row}})
}

var backfillTests = []test{
	{"a backfill is counted by the newest attempts of its sessions", func(f *fixture) {
		f.attempts(2) // of none
		first := f.fill("may", 1, "daily", 3, "may")
		states := []engine.AttemptState{engine.AttemptFailed, engine.AttemptSuccess, engine.AttemptKilled, engine.AttemptFailed, engine.AttemptRunning}
		f.becomes(first, states[0])
		for i, state := range states[1:] {
			f.becomes(f.fill("may", 1, "daily", 4+i, "may"), state)
		}
		f.fill("may", 1, "daily", 2, "may")
		f.fill("may", 1, "daily", 9, "may")
		may := store.Backfill{
			Name: "may", Project: 1, Workflow: "daily", First: first, From: now + 2*second, Until: now + 9*second,
			Succeeded: 1, Failed: 2, Killed: 1, Running: 1, Waiting: 2,
		}
		list := f.backfills(store.BackfillFilter{}, 9)
		if len(list) == 1 {
			may.Created = list[0].Created
		}
		f.same("all", list, []store.Backfill{may})
		f.becomes(f.fill("may", 1, "daily", 3, "run 2"), engine.AttemptSuccess)
		may.Succeeded, may.Failed = 2, 1
		f.same("after a retry", f.backfills(store.BackfillFilter{}, 9), []store.Backfill{may})
		if may.Done() || may.Sessions() != 7 {
			f.Errorf("%d sessions, done: %v", may.Sessions(), may.Done())
		}
	}},
	{"backfills are listed by name", func(f *fixture) {
		for _, name := range []string{"b", "a", "c", "B", "d"} {
			f.fill(name, 1, "daily", 1, name)
		}
		f.fill("b", 2, "daily", 1, "b")
		f.fill("b", 1, "all", 1, "b")
		names := func(list []store.Backfill) (all []string) {
			for i := range list {
				all = append(all, fmt.Sprint(list[i].Name, list[i].Project, list[i].Workflow))
			}
			return all
		}
		everything := []string{"B1daily", "a1daily", "b1all", "b1daily", "b2daily", "c1daily", "d1daily"}
		for size := range 7 {
			f.same("all", names(f.backfills(store.BackfillFilter{}, size)), everything)
		}
		for _, size := range []int{1, 9} {
			f.same("a project", names(f.backfills(store.BackfillFilter{Projects: []model.ProjectID{2}}, size)), []string{"b2daily"})
			f.same("no project", names(f.backfills(store.BackfillFilter{Projects: []model.ProjectID{}}, size)), []string(nil))
			f.same("a workflow", names(f.backfills(store.BackfillFilter{Workflow: "all"}, size)), []string{"b1all"})
			f.same("a name", names(f.backfills(store.BackfillFilter{Name: "b"}, size)), []string{"b1all", "b1daily", "b2daily"})
			f.same("no name", names(f.backfills(store.BackfillFilter{Name: "bb"}, size)), []string(nil))
		}
		_, _, err := f.store.ListBackfills(ctx, store.BackfillFilter{}, store.Page{Limit: -1})
		f.wantCode("limit", err, model.Invalid)
		_, _, err = f.store.ListBackfills(ctx, store.BackfillFilter{}, store.Page{Cursor: "?"})
		f.wantCode("cursor", err, model.Invalid)
	}},
}
