package storetest

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

var deletionTests = []test{
	{"a deleted project is returned as it was", func(f *fixture) {
		f.projects("p")
		before := f.project(1)
		f.same("deleted", f.deleteProject(1), before)
		before.Deleted = now + second
		f.same("Project", f.project(1), before)
	}},
	{"a deleted project can't be deleted again", func(f *fixture) {
		f.projects("p")
		f.deleteProject(1)
		_, err := f.store.DeleteProject(ctx, 1, now+2*second)
		f.wantCode("second time", err, model.NotFound)
		f.same("deleted", f.project(1).Deleted, now+second)
	}},
	{"the name of a deleted project is free", func(f *fixture) {
		f.projects("p", "q")
		f.deleteProject(1)
		_, err := f.store.ProjectNamed(ctx, "p")
		f.wantCode("ProjectNamed", err, model.NotFound)
		wantPages(f, f.listProjects(store.ProjectFilter{}), []store.Project{f.project(2)})
		again := f.pushed(f.push("p", "r", "w"))
		if again.ID != 3 || again.Latest.ID != 3 {
			f.Errorf("the next project is %d with revision %d, want 3 and 3", again.ID, again.Latest.ID)
		}
		f.wantProject(again)
		f.deleteProject(3)
		f.same("the third of the name", f.pushed(f.push("p", "r")).ID, model.ProjectID(4))
	}},
	{"what a deleted project had can be read", func(f *fixture) {
		f.pushed(f.push("p", "r1", "w"))
		p := f.pushed(f.push("p", "r2", "w"))
		a := f.make(f.startOf(2, "k"))
		w := f.workflow(2)
		f.deleteProject(1)
		r, err := f.store.Revision(ctx, 1, "r1")
		if err != nil || r.ID != 1 {
			f.Errorf("revision r1 is %d, error %v", r.ID, err)
		}
		newest, err := f.store.Revision(ctx, 1, "")
		if err != nil {
			f.Fatal(err)
		}
		f.same("newest revision", newest, p.Latest)
		f.same("archive", f.archive(2), []byte("archive of r2"))
		f.same("Workflow", f.workflow(2), w)
		f.same("WorkflowNamed", f.workflowNamed(2, "w"), w)
		f.same("workflows", ids(f.workflows(store.WorkflowFilter{Revision: 2}), workflowID), []model.WorkflowID{2})
		f.same("attempt", f.attempt(a.ID), a)
		f.same("sessions", len(walk(f, f.listSessions(store.SessionFilter{Project: 1}), store.Page{Limit: 9})), 1)
		list := walk(f, func(page store.Page) ([]store.Revision, string, error) {
			return f.store.ListRevisions(ctx, 1, page)
		}, store.Page{Limit: 9})
		f.same("revisions", len(list), 2)
	}},
	{"nothing of a deleted project can be started", func(f *fixture) {
		f.projects("p", "q")
		f.deleteProject(1)
		_, made, err := f.store.StartAttempt(ctx, f.startOf(1, "k"))
		f.wantCode("StartAttempt", err, model.NotFound)
		if made {
			f.Error("an attempt was made")
		}
		_, err = f.store.StartAll(ctx, []store.Start{f.startOf(2, "a"), f.startOf(1, "b")})
		f.wantCode("StartAll", err, model.NotFound)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID(nil))
		if a := f.make(f.startOf(2, "k")); a.ID != 1 || a.Session.ID != 1 {
			f.Errorf("the first success is attempt %d of session %d, want 1 and 1", a.ID, a.Session.ID)
		}
	}},
	{"what runs of a deleted project goes on", func(f *fixture) {
		f.projects("p")
		a := f.make(f.startOf(1, "k"))
		f.deleteProject(1)
		epoch := f.lease("a")
		f.same("claimed", f.claim("a", epoch, now, 9), []model.AttemptID{a.ID})
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Events: []engine.Event{event(a.ID, 1)}})
	}},
	{"a deleted project has no schedules", func(f *fixture) {
		f.pushed(f.scheduledPush("p", "r", "a", "b"))
		f.pushed(f.scheduledPush("q", "r", "c"))
		f.deleteProject(1)
		for id := range model.ScheduleID(2) {
			_, err := f.store.Schedule(ctx, id+1)
			f.wantCode(fmt.Sprintf("Schedule(%d)", id+1), err, model.NotFound)
		}
		wantPages(f, f.listSchedules(store.ScheduleFilter{}), []store.Schedule{f.schedule(3)})
		wantPages(f, f.listSchedules(store.ScheduleFilter{Project: 1}), nil)
		due, _, err := f.store.DueSchedules(ctx, now+second, 9)
		if err != nil {
			f.Fatal(err)
		}
		f.same("due", due, []store.Schedule{f.schedule(3)})
	}},
	{"the schedules of a new project are new", func(f *fixture) {
		f.pushed(f.scheduledPush("p", "r", "w"))
		f.disable(1)
		f.deleteProject(1)
		push := f.scheduledPush("p", "r", "w")
		inner := push.Schedules
		push.Schedules = func(w *store.Workflow, last *store.Schedule) *store.Schedule {
			if last != nil {
				f.Errorf("the workflow had schedule %+v", last)
			}
			return inner(w, last)
		}
		f.pushed(push)
		if s := f.schedule(2); s.Disabled != 0 || s.Version != 1 || s.Project != 2 {
			f.Errorf("the new schedule is %+v", s)
		}
	}},
}
