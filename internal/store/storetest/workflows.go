package storetest

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

func (f *fixture) workflow(id model.WorkflowID) store.Workflow {
	f.Helper()
	w, err := f.store.Workflow(ctx, id)
	if err != nil {
		f.Fatalf("Workflow(%d): %v", id, err)
	}
	return w
}

func (f *fixture) workflowNamed(revision model.RevisionID, name string) store.Workflow {
	f.Helper()
	w, err := f.store.WorkflowNamed(ctx, revision, name)
	if err != nil {
		f.Fatalf("WorkflowNamed(%d, %s): %v", revision, name, err)
	}
	return w
}

func (f *fixture) listWorkflows(filter store.WorkflowFilter) listing[store.Workflow] {
	return func(page store.Page) ([]store.Workflow, string, error) {
		return f.store.ListWorkflows(ctx, filter, page)
	}
}

func (f *fixture) workflows(filter store.WorkflowFilter) []store.Workflow {
	f.Helper()
	return walk(f, f.listWorkflows(filter), store.Page{Limit: 2})
}

func workflowID(w store.Workflow) model.WorkflowID { return w.ID }

var workflowTests = []test{
	{"the workflows of a revision are kept", func(f *fixture) {
		push := f.push("p", "r", "b", "a")
		f.pushed(push)
		for i, want := range push.Workflows {
			want.ID, want.Project, want.Revision = model.WorkflowID(i+1), 1, 1
			want.ProjectName, want.RevisionName = "p", "r"
			f.same("Workflow", f.workflow(want.ID), want)
			f.same("WorkflowNamed", f.workflowNamed(1, want.Name), want)
		}
	}},
	{"the definition of a workflow is finished", func(f *fixture) {
		push := f.push("p", "r", "w")
		root := push.Workflows[0].Definition.Root
		root.Children[1].After = []workflow.Edge{{From: 0}}
		if err := push.Workflows[0].Definition.Finish(); err != nil {
			f.Fatal(err)
		}
		f.pushed(push)
		if next := f.workflow(1).Definition.Root.Next(0); len(next) != 1 || next[0].To != 1 {
			f.Errorf("task 0 is followed by %v, want task 1", next)
		}
	}},
	{"a workflow that does not exist is not found", func(f *fixture) {
		f.projects("p")
		for _, id := range []model.WorkflowID{-1, 0, 2} {
			_, err := f.store.Workflow(ctx, id)
			f.wantCode(fmt.Sprintf("Workflow(%d)", id), err, model.NotFound)
		}
		_, err := f.store.WorkflowNamed(ctx, 1, "other")
		f.wantCode("other name", err, model.NotFound)
		_, err = f.store.WorkflowNamed(ctx, 2, "w")
		f.wantCode("other revision", err, model.NotFound)
	}},
	{"the workflows of an old revision stay", func(f *fixture) {
		f.pushed(f.push("p", "r1", "a", "b"))
		before := []store.Workflow{f.workflow(1), f.workflow(2)}
		f.pushed(f.push("p", "r2", "b"))
		f.same("by id", []store.Workflow{f.workflow(1), f.workflow(2)}, before)
		f.same("by revision", ids(f.workflows(store.WorkflowFilter{Revision: 1}), workflowID), []model.WorkflowID{1, 2})
	}},
	{"the workflows of a revision are in the order pushed", func(f *fixture) {
		f.pushed(f.push("p", "r", "c", "a", "d", "b"))
		f.pushed(f.push("q", "r", "e"))
		list := f.listWorkflows(store.WorkflowFilter{Revision: 1})
		wantPages(f, list, f.listed(1, 2, 3, 4))
		wantPages(f, f.listWorkflows(store.WorkflowFilter{Revision: 1, Newest: true}), f.listed(4, 3, 2, 1))
		wantPages(f, f.listWorkflows(store.WorkflowFilter{Revision: 9}), nil)
	}},
	{"pages show the workflows of the newest revisions", func(f *fixture) {
		f.pushed(f.push("p", "r1", "a", "b"))
		f.pushed(f.push("q", "r1", "c"))
		f.pushed(f.push("gone", "r1", "d"))
		f.pushed(f.push("p", "r2", "b", "a"))
		f.pushed(f.push("empty", "r1"))
		f.deleteProject(3)
		wantPages(f, f.listWorkflows(store.WorkflowFilter{}), f.listed(3, 5, 6))
		wantPages(f, f.listWorkflows(store.WorkflowFilter{Newest: true}), f.listed(6, 5, 3))
	}},
	{"new workflows do not move the next page", func(f *fixture) {
		f.pushed(f.push("p", "r", "a", "b", "c"))
		list := f.listWorkflows(store.WorkflowFilter{})
		wantSteady(f, list, func() { f.projects("q") }, func() []store.Workflow { return f.listed(1, 2, 3, 4) })
		list = f.listWorkflows(store.WorkflowFilter{Newest: true})
		wantSteady(f, list, func() { f.projects("r") }, func() []store.Workflow { return f.listed(4, 3, 2, 1) })
	}},
	{"workflows are selected by a part of a name", func(f *fixture) {
		f.pushed(f.push("one", "r", "a", "b_", "Two"))
		f.pushed(f.push("two", "r", "one", "a%"))
		for _, c := range []struct {
			filter store.WorkflowFilter
			want   []model.WorkflowID
		}{
			{store.WorkflowFilter{Contains: "one"}, []model.WorkflowID{4}},
			{store.WorkflowFilter{Contains: "one", OrProject: true}, []model.WorkflowID{1, 2, 3, 4}},
			{store.WorkflowFilter{Contains: "two"}, nil},
			{store.WorkflowFilter{Contains: "two", OrProject: true}, []model.WorkflowID{4, 5}},
			{store.WorkflowFilter{Contains: "a", Newest: true}, []model.WorkflowID{5, 1}},
			{store.WorkflowFilter{Contains: "_"}, []model.WorkflowID{2}},
			{store.WorkflowFilter{Contains: "%"}, []model.WorkflowID{5}},
			{store.WorkflowFilter{Contains: "a", Revision: 1}, []model.WorkflowID{1}},
			{store.WorkflowFilter{OrProject: true}, []model.WorkflowID{1, 2, 3, 4, 5}},
		} {
			f.same(fmt.Sprintf("%+v", c.filter), ids(f.workflows(c.filter), workflowID), c.want)
		}
	}},
}

// listed returns workflows as lists have them.
func (f *fixture) listed(ids ...model.WorkflowID) (list []store.Workflow) {
	f.Helper()
	for _, id := range ids {
		w := f.workflow(id)
		w.Definition = nil
		list = append(list, w)
	}
	return list
}
