package storetest

import (
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// forgetProjects lets projects go an hour after they were deleted.
var forgetProjects = store.Retention{Projects: time.Hour}

// deletedAt deletes a project at an instant.
func (f *fixture) deletedAt(id model.ProjectID, at model.Instant) {
	f.Helper()
	if _, err := f.store.DeleteProject(ctx, id, at); err != nil {
		f.Fatalf("DeleteProject(%d): %v", id, err)
	}
}

func (f *fixture) revision(project model.ProjectID, name string) store.Revision {
	f.Helper()
	r, err := f.store.Revision(ctx, project, name)
	if err != nil {
		f.Fatalf("Revision(%d, %q): %v", project, name, err)
	}
	return r
}

func (f *fixture) wantNoProject(id model.ProjectID, revisions []model.RevisionID, workflows ...model.WorkflowID) {
	f.Helper()
	_, err := f.store.Project(ctx, id)
	f.wantCode("Project", err, model.NotFound)
	_, err = f.store.Revision(ctx, id, "")
	f.wantCode("Revision", err, model.NotFound)
	for _, r := range revisions {
		_, err := f.store.ArchiveBytes(ctx, r)
		f.wantCode("ArchiveBytes", err, model.NotFound)
		f.same("workflows", f.workflows(store.WorkflowFilter{Revision: r}), []store.Workflow(nil))
	}
	for _, w := range workflows {
		_, err := f.store.Workflow(ctx, w)
		f.wantCode("Workflow", err, model.NotFound)
		s := f.start("k")
		s.Workflow = w
		_, _, err = f.store.StartAttempt(ctx, s)
		f.wantCode("StartAttempt", err, model.NotFound)
	}
}

// These tests are about what becomes of deleted projects.
var forgetTests = []test{
	{"a project goes with all that it had, an hour after it was deleted", func(f *fixture) {
		f.pushed(f.push("p", "r1", "w", "v"))
		f.pushed(f.push("p", "r2", "w"))
		f.projects("young", "kept")
		revisions := []store.Revision{f.revision(1, "r1"), f.revision(1, "r2")}
		f.deletedAt(1, old)
		f.deletedAt(2, now-hour)
		f.same("pruned", f.prune(forgetProjects, 9), store.Pruned{Revisions: revisions, Projects: []model.ProjectID{1}})
		f.wantNoProject(1, []model.RevisionID{1, 2}, 1, 2, 3)
		f.project(2)
		f.wantProject(f.project(3))
		f.same("again", f.prune(forgetProjects, 9), store.Pruned{})
	}},
	{"a project stays while it has attempts", func(f *fixture) {
		f.pushed(f.push("p", "r1", "w"))
		a := f.make(f.startOf(1, "k"))
		f.deletedAt(1, old)
		f.same("while it runs", f.prune(forgetProjects, 9), store.Pruned{})
		f.endAt(a.ID, old)
		f.same("once it ended", f.prune(forgetProjects, 9), store.Pruned{})
		both := forgetProjects
		both.Attempts = time.Hour
		p := f.prune(both, 9)
		f.same("attempts", p.Attempts, []model.AttemptID{a.ID})
		f.same("projects", p.Projects, []model.ProjectID{1})
		f.wantNoProject(1, []model.RevisionID{1}, 1)
	}},
	{"a project goes a few revisions at a time, the newest last", func(f *fixture) {
		for _, r := range []string{"r1", "r2", "r3"} {
			f.pushed(f.push("p", r, "w"))
		}
		f.deletedAt(1, old)
		p, next, err := f.store.Prune(ctx, forgetProjects, now, store.Page{Limit: 2})
		if err != nil || next == "" || len(p.Projects) > 0 {
			f.Fatalf("projects %v, cursor %q, error %v", p.Projects, next, err)
		}
		f.same("revisions", ids(p.Revisions, func(r store.Revision) string { return r.Name }), []string{"r1", "r2"})
		f.same("newest", f.project(1).Latest, f.revision(1, "r3"))
		f.workflow(3)
		p, next, err = f.store.Prune(ctx, forgetProjects, now, store.Page{Limit: 2, Cursor: next})
		if err != nil || next != "" || len(p.Projects) != 1 || len(p.Revisions) != 1 {
			f.Fatalf("pruned %+v, cursor %q, error %v", p, next, err)
		}
		f.wantNoProject(1, []model.RevisionID{1, 2, 3}, 1, 2, 3)
	}},
	{"the projects that were deleted first go first", func(f *fixture) {
		f.projects("p", "q", "r")
		for i, id := range []model.ProjectID{2, 3, 1} {
			f.deletedAt(id, old+model.Instant(i))
		}
		f.same("projects", f.prune(forgetProjects, 1).Projects, []model.ProjectID{2, 3, 1})
	}},
	{"definitions that others use stay", func(f *fixture) {
		f.pushed(f.push("p", "r1", "w"))
		f.pushed(f.push("q", "r1", "w")) // whose workflow has the same content
		f.pushed(f.push("p", "r2", "v"))
		s := f.start("k")
		s.Definition = f.workflow(3).Definition // as of no project's workflow
		a := f.make(s)
		s = f.start("k")
		s.Session.Project, s.Definition = 2, f.workflow(3).Definition
		b := f.make(s)
		f.endAt(a.ID, old)
		f.deletedAt(1, old)
		both := forgetProjects
		both.Attempts = time.Hour
		f.same("pruned", f.prune(both, 9).Projects, []model.ProjectID{1})
		f.same("workflow", f.workflow(2).Definition, f.push("q", "r1", "w").Workflows[0].Definition)
		f.same("attempt", f.load(b.ID).Definition, f.push("p", "r2", "v").Workflows[0].Definition)
		f.endAt(b.ID, now)
	}},
	{"what was pruned can be pushed anew", func(f *fixture) {
		f.pushed(f.push("p", "r1", "w"))
		f.deletedAt(1, old)
		f.prune(forgetProjects, 9)
		p := f.pushed(f.push("p", "r1", "w"))
		if p.ID != 2 || p.Latest.ID != 2 {
			f.Errorf("the next project is %d with revision %d, want 2 and 2", p.ID, p.Latest.ID)
		}
		f.wantProject(p)
		f.same("definition", f.workflow(2).Definition, f.push("p", "r1", "w").Workflows[0].Definition)
		f.make(f.startOf(2, "k"))
	}},
}
