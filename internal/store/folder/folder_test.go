package folder_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/folder"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

const now model.Instant = 1_790_000_000_000_000

// ran is a store with an attempt of a folder that has ended, and has told of a product.
func ran(t *testing.T) *folder.Store {
	t.Helper()
	of := memory.New()
	start := storetest.StartOf("k")
	start.Session.Project = 0
	a, _, err := of.StartAttempt(t.Context(), start)
	if err != nil {
		t.Fatal(err)
	}
	row := a.AttemptRow
	row.State, row.Started, row.Ended = engine.AttemptSuccess, now, now
	made := facts.Fact{Product: "p", Partition: "1"}
	err = of.Commit(t.Context(), &store.Batch{Attempts: []engine.AttemptRow{row}, Events: []engine.Event{
		{Attempt: a.ID, Seq: 1, Kind: engine.ProductMade, Name: "+w", At: now, Data: made.Data()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return folder.New(of, "default")
}

func TestRunsOfAFolderAreThoseOfAProject(t *testing.T) {
	t.Parallel()
	s, page := ran(t), store.Page{}
	p, err := s.ProjectNamed(t.Context(), "default")
	if err != nil || p.ID != folder.ID {
		t.Fatalf("the project is %+v, %v", p, err)
	}
	if again, err := s.Project(t.Context(), p.ID); err != nil || again.Name != "default" {
		t.Errorf("by its number it is %+v, %v", again, err)
	}
	only := []model.ProjectID{p.ID}
	var got []model.ProjectID
	note := func(of model.ProjectID, err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		got = append(got, of)
	}
	a, err := s.Attempt(t.Context(), 1)
	note(a.Session.Project, err)
	e, err := s.Session(t.Context(), a.Session.ID)
	note(e.Project, err)
	note(e.Last.Session.Project, err)
	e, err = s.FindSession(t.Context(), p.ID, a.Session.Workflow, "k")
	note(e.Last.Session.Project, err)
	snap, err := s.Load(t.Context(), 1)
	note(snap.Attempt.Session.Project, err)
	loaded, err := s.LoadAll(t.Context(), []model.AttemptID{1})
	note(loaded[0].Snapshot.Attempt.Session.Project, err)
	for _, f := range []store.Filter{{Stored: true}, {Project: p.ID}} {
		attempts, _, err := s.ListAttempts(t.Context(), f, page)
		note(first(t, attempts).Session.Project, err)
		attempts, _, err = s.SearchAttempts(t.Context(), store.Search{Filter: f}, page)
		note(first(t, attempts).Session.Project, err)
		sessions, _, err := s.ListSessions(t.Context(), store.SessionFilter{Stored: f.Stored, Project: f.Project}, page)
		note(first(t, sessions).Project, err)
	}
	for _, of := range [][]model.ProjectID{nil, only} {
		log, err := s.ReadLog(t.Context(), store.LogQuery{Projects: of})
		note(first(t, log.Entries).Session.Project, err)
		digests, err := s.Digest(t.Context(), store.DigestQuery{Projects: of})
		note(first(t, digests).Project, err)
		note(first(t, digests).Last.Project, err)
		list, _, err := s.ListFacts(t.Context(), store.FactFilter{Projects: of}, page)
		note(first(t, list).Project, err)
	}
	products, _, err := s.ListProducts(t.Context(), store.ProductFilter{Project: p.ID}, page)
	note(first(t, products).Last.Project, err)
	products, _, err = s.ListPartitions(t.Context(), store.ProductFilter{Project: p.ID, Key: "p"}, page)
	note(first(t, products).Last.Project, err)
	want := make([]model.ProjectID, len(got))
	for i := range want {
		want[i] = p.ID
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func first[E any](t *testing.T, list []E) (e E) {
	t.Helper()
	if len(list) != 1 {
		t.Errorf("there are %d, want 1", len(list))
		return e
	}
	return list[0]
}

func TestAFolderHasNoOtherProject(t *testing.T) {
	t.Parallel()
	s := ran(t)
	if _, err := s.Project(t.Context(), 2); model.CodeOf(err) != model.NotFound {
		t.Error(err)
	}
	if _, err := s.ProjectNamed(t.Context(), "shop"); model.CodeOf(err) != model.NotFound {
		t.Error(err)
	}
	list, _, err := s.ListAttempts(t.Context(), store.Filter{Project: 2}, store.Page{})
	if err != nil || len(list) > 0 {
		t.Errorf("another project has %d attempts, %v", len(list), err)
	}
	if list, _, err := s.ListProjects(t.Context(), store.ProjectFilter{}, store.Page{}); err != nil || len(list) != 1 {
		t.Errorf("the projects are %v, %v", list, err)
	}
	if list, _, err := s.ListProjects(t.Context(), store.ProjectFilter{Contains: "shop"}, store.Page{}); err != nil || len(list) != 0 {
		t.Errorf("the projects of that name are %v, %v", list, err)
	}
	if _, err := s.Attempt(t.Context(), 9); model.CodeOf(err) != model.NotFound {
		t.Error(err)
	}
}
