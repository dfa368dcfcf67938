package storetest

import (
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// push describes a revision with workflows of these names.
func (f *fixture) push(project, revision string, workflows ...string) store.Push {
	bytes := []byte("archive of " + revision)
	p := store.Push{
		Project: project,
		Revision: store.Revision{
			Name:     revision,
			Archive:  store.Archive{Type: store.InStore, MD5: []byte{1, 0, 2}, Size: int64(len(bytes))},
			UserInfo: params.Of("name", "somebody"),
			Created:  now,
		},
		Bytes: bytes,
	}
	for _, name := range workflows {
		p.Workflows = append(p.Workflows, store.Workflow{
			Name: name, Zone: "Asia/Tokyo", Config: params.Of("+step", params.Of("echo>", name)),
			Definition: definition(f, name, 2),
		})
	}
	return p
}

func (f *fixture) pushed(p store.Push) store.Project {
	f.Helper()
	got, err := f.store.Push(ctx, p)
	if err != nil {
		f.Fatalf("Push(%s, %s): %v", p.Project, p.Revision.Name, err)
	}
	return got
}

// projects makes projects with a revision and a workflow "w" each.
func (f *fixture) projects(names ...string) (ids []model.ProjectID) {
	f.Helper()
	for _, name := range names {
		ids = append(ids, f.pushed(f.push(name, "r", "w")).ID)
	}
	return ids
}

func (f *fixture) project(id model.ProjectID) store.Project {
	f.Helper()
	p, err := f.store.Project(ctx, id)
	if err != nil {
		f.Fatalf("Project(%d): %v", id, err)
	}
	return p
}

func (f *fixture) deleteProject(id model.ProjectID) store.Project {
	f.Helper()
	p, err := f.store.DeleteProject(ctx, id, now+second)
	if err != nil {
		f.Fatalf("DeleteProject(%d): %v", id, err)
	}
	return p
}

// wantProject checks all that a project looks like from outside.
func (f *fixture) wantProject(want store.Project) {
	f.Helper()
	f.same("Project", f.project(want.ID), want)
	named, err := f.store.ProjectNamed(ctx, want.Name)
	if err != nil {
		f.Fatalf("ProjectNamed(%s): %v", want.Name, err)
	}
	f.same("ProjectNamed", named, want)
	for _, name := range []string{"", want.Latest.Name} {
		r, err := f.store.Revision(ctx, want.ID, name)
		if err != nil {
			f.Fatalf("Revision(%q): %v", name, err)
		}
		f.same(fmt.Sprintf("Revision(%q)", name), r, want.Latest)
	}
}

func (f *fixture) listProjects(filter store.ProjectFilter) listing[store.Project] {
	return func(page store.Page) ([]store.Project, string, error) { return f.store.ListProjects(ctx, filter, page) }
}

var projectTests = []test{
	{"the first push of a name makes its project", func(f *fixture) {
		push := f.push("p", "r1", "w")
		want := store.Project{ID: 1, Name: "p", Latest: push.Revision, Created: now}
		want.Latest.ID, want.Latest.Project = 1, 1
		f.same("pushed", f.pushed(push), want)
		f.wantProject(want)
	}},
	{"a later push adds a revision", func(f *fixture) {
		first := f.pushed(f.push("p", "r1", "w"))
		push := f.push("p", "r2", "w")
		push.Revision.Created, push.Revision.UserInfo = now+second, params.Of("name", "another")
		want := store.Project{ID: 1, Name: "p", Latest: push.Revision, Created: now}
		want.Latest.ID, want.Latest.Project = 2, 1
		f.same("pushed", f.pushed(push), want)
		f.wantProject(want)
		old, err := f.store.Revision(ctx, 1, "r1")
		if err != nil {
			f.Fatal(err)
		}
		f.same("the revision before", old, first.Latest)
	}},
	{"a revision name that is taken changes nothing", func(f *fixture) {
		push := f.scheduledPush("p", "r1", "w")
		want := f.pushed(push)
		again := f.scheduledPush("p", "r1", "other", "w")
		again.Bytes, again.Revision.UserInfo = []byte("other"), params.Of("name", "another")
		_, err := f.store.Push(ctx, again)
		f.wantCode("second push", err, model.Conflict)
		f.wantProject(want)
		f.same("archive", f.archive(1), push.Bytes)
		f.same("workflows", ids(f.workflows(store.WorkflowFilter{}), workflowID), []model.WorkflowID{1})
		f.same("schedule", f.schedule(1).Version, int64(1))
		if _, err := f.store.Schedule(ctx, 2); model.CodeOf(err) != model.NotFound {
			f.Errorf("there is a second schedule, or %v", err)
		}
	}},
	{"ids count what succeeded", func(f *fixture) {
		f.pushed(f.scheduledPush("p", "r1", "a", "b"))
		for range 3 {
			_, err := f.store.Push(ctx, f.scheduledPush("p", "r1", "a", "b"))
			f.wantCode("push", err, model.Conflict)
		}
		p := f.pushed(f.scheduledPush("q", "r1", "c"))
		if p.ID != 2 || p.Latest.ID != 2 {
			f.Errorf("project %d with revision %d, want 2 and 2", p.ID, p.Latest.ID)
		}
		f.same("workflow", f.workflowNamed(p.Latest.ID, "c").ID, model.WorkflowID(3))
		f.same("schedule", f.schedule(3).WorkflowName, "c")
	}},
	{"projects may have revisions of the same name", func(f *fixture) {
		ids := f.projects("p", "q")
		for _, id := range ids {
			r, err := f.store.Revision(ctx, id, "r")
			if err != nil || r.Project != id {
				f.Errorf("revision of project %d belongs to %d, error %v", id, r.Project, err)
			}
		}
	}},
	{"what does not exist is not found", func(f *fixture) {
		f.projects("p")
		for _, id := range []model.ProjectID{-1, 0, 2} {
			_, err := f.store.Project(ctx, id)
			f.wantCode(fmt.Sprintf("Project(%d)", id), err, model.NotFound)
			_, err = f.store.Revision(ctx, id, "")
			f.wantCode(fmt.Sprintf("Revision(%d)", id), err, model.NotFound)
			_, err = f.store.Revision(ctx, id, "r")
			f.wantCode(fmt.Sprintf("Revision(%d, r)", id), err, model.NotFound)
			_, err = f.store.DeleteProject(ctx, id, now)
			f.wantCode(fmt.Sprintf("DeleteProject(%d)", id), err, model.NotFound)
		}
		for _, name := range []string{"", "P", "other"} {
			_, err := f.store.ProjectNamed(ctx, name)
			f.wantCode(fmt.Sprintf("ProjectNamed(%q)", name), err, model.NotFound)
		}
		_, err := f.store.Revision(ctx, 1, "other")
		f.wantCode("unknown revision", err, model.NotFound)
	}},
	{"pages show every project once, oldest first", func(f *fixture) {
		var want []store.Project
		for _, id := range f.projects("c", "a", "d", "b", "e") {
			want = append(want, f.project(id))
		}
		wantPages(f, f.listProjects(store.ProjectFilter{}), want)
	}},
	{"new projects come after all others", func(f *fixture) {
		f.projects("c", "d", "e")
		wantSteady(f, f.listProjects(store.ProjectFilter{}), func() { f.projects("a") }, func() []store.Project {
			return []store.Project{f.project(1), f.project(2), f.project(3), f.project(4)}
		})
	}},
	{"a project is listed with its newest revision", func(f *fixture) {
		f.projects("p", "q")
		f.pushed(f.push("p", "r2"))
		wantPages(f, f.listProjects(store.ProjectFilter{}), []store.Project{f.project(1), f.project(2)})
		f.same("newest", f.project(1).Latest.Name, "r2")
	}},
	{"projects are selected by a part of the name", func(f *fixture) {
		f.projects("one", "a_one", "a%one", "Aone", "none", "other")
		for part, want := range map[string][]model.ProjectID{
			"one": {1, 2, 3, 4, 5}, "_": {2}, "%": {3}, "A": {4}, "none": {5}, "x": nil, "": {1, 2, 3, 4, 5, 6},
		} {
			got := walk(f, f.listProjects(store.ProjectFilter{Contains: part}), store.Page{Limit: 2})
			f.same(fmt.Sprintf("names with %q", part), ids(got, func(p store.Project) model.ProjectID { return p.ID }), want)
		}
	}},
	{"pages show every revision of a project once, newest first", func(f *fixture) {
		var want []store.Revision
		for i := range 5 {
			want = append(want, f.pushed(f.push("p", fmt.Sprint("r", i))).Latest)
			f.pushed(f.push("q", fmt.Sprint("r", i)))
		}
		slices.Reverse(want)
		list := func(page store.Page) ([]store.Revision, string, error) { return f.store.ListRevisions(ctx, 1, page) }
		wantPages(f, list, want)
		wantSteady(f, list, func() { f.pushed(f.push("p", "new")) }, func() []store.Revision { return want })
		none, next, err := f.store.ListRevisions(ctx, 99, store.Page{})
		if len(none) > 0 || next != "" || err != nil {
			f.Errorf("an unknown project has revisions %v, cursor %q, error %v", none, next, err)
		}
	}},
	{"the archive of a revision is kept", func(f *fixture) {
		push := f.push("p", "r1")
		push.Bytes = []byte{0, 255, 'x', 0}
		f.pushed(push)
		f.pushed(f.push("p", "r2"))
		push.Bytes[0] = 'y' // the caller's again
		f.same("first", f.archive(1), []byte{0, 255, 'x', 0})
		clear(f.archive(1))
		f.same("first again", f.archive(1), []byte{0, 255, 'x', 0})
		f.same("second", f.archive(2), []byte("archive of r2"))
	}},
	{"a large archive is kept whole", func(f *fixture) {
		push := f.push("p", "r1")
		push.Bytes = make([]byte, 3<<20)
		for i := range push.Bytes {
			push.Bytes[i] = byte(i >> 8 * 7)
		}
		f.pushed(push)
		if !slices.Equal(f.archive(1), push.Bytes) {
			f.Error("the archive has changed")
		}
	}},
	{"an archive that is elsewhere has no bytes here", func(f *fixture) {
		for i, a := range []store.Archive{{Type: "s3", Path: "a/b", MD5: []byte{1}, Size: 7}, {Type: "none"}} {
			push := f.push("p", fmt.Sprint("r", i))
			push.Revision.Archive, push.Bytes = a, nil
			p := f.pushed(push)
			f.same("archive", f.project(p.ID).Latest.Archive, a)
			_, err := f.store.ArchiveBytes(ctx, p.Latest.ID)
			f.wantCode("bytes of "+a.Type, err, model.NotFound)
		}
		_, err := f.store.ArchiveBytes(ctx, 99)
		f.wantCode("unknown revision", err, model.NotFound)
	}},
	{"an empty archive is one", func(f *fixture) {
		push := f.push("p", "r")
		push.Bytes = nil
		f.pushed(push)
		f.same("bytes", len(f.archive(1)), 0)
	}},
	{"of many pushes of one revision at once one succeeds", func(f *fixture) {
		errs := f.atOnce(func(int) error {
			_, err := f.store.Push(ctx, f.scheduledPush("p", "r", "w"))
			return err
		})
		f.wantOne("push", errs)
		f.same("project", f.project(1).Latest.ID, model.RevisionID(1))
		f.same("next", f.pushed(f.push("q", "r")).ID, model.ProjectID(2))
	}},
	{"many revisions pushed at once are all kept", func(f *fixture) {
		for _, err := range f.atOnce(func(i int) error {
			_, err := f.store.Push(ctx, f.push("p", fmt.Sprint("r", i), "w"))
			return err
		}) {
			if err != nil {
				f.Error(err)
			}
		}
		list := walk(f, func(page store.Page) ([]store.Revision, string, error) {
			return f.store.ListRevisions(ctx, 1, page)
		}, store.Page{Limit: 5})
		if len(list) != many || f.project(1).Latest.ID != many {
			f.Errorf("%d revisions, the newest is %d", len(list), f.project(1).Latest.ID)
		}
	}},
}

func (f *fixture) archive(id model.RevisionID) []byte {
	f.Helper()
	b, err := f.store.ArchiveBytes(ctx, id)
	if err != nil {
		f.Fatalf("ArchiveBytes(%d): %v", id, err)
	}
	return b
}

// startOf describes an attempt of a session of a stored workflow.
func (f *fixture) startOf(id model.WorkflowID, key string) store.Start {
	f.Helper()
	w := f.workflow(id)
	s := f.start(key)
	s.Session.Project, s.Session.Workflow, s.Workflow = w.Project, w.Name, id
	return s
}
