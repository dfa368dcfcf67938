package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func TestPageBounds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		page  store.Page
		limit int
		below model.AttemptID
		code  model.Code
	}{
		{store.Page{}, 100, 1<<63 - 1, 0},
		{store.Page{Limit: 1000, Cursor: store.CursorAfter(12345)}, 1000, 12345, 0},
		{store.Page{Limit: 1001}, 0, 0, model.Invalid},
		{store.Page{Limit: -1}, 0, 0, model.Invalid},
		{store.Page{Cursor: "?"}, 0, 0, model.Invalid},
	} {
		limit, below, err := test.page.Bounds()
		if limit != test.limit || below != test.below || (err != nil) != (test.code != 0) {
			t.Errorf("%+v: %d below %d, error %v", test.page, limit, below, err)
		}
		if err != nil && model.CodeOf(err) != test.code {
			t.Errorf("%+v: error %v has code %s", test.page, err, model.CodeOf(err))
		}
	}
}

func TestFilterMatches(t *testing.T) {
	t.Parallel()
	a := &store.Attempt{Session: store.Session{ID: 1, Project: "p", Workflow: "w", Key: "k"}, Owner: "o"}
	done := *a
	done.State, done.Owner = engine.AttemptSuccess, ""
	for _, test := range []struct {
		filter     store.Filter
		runs, done bool
	}{
		{store.Filter{}, true, true},
		{store.Filter{Project: "p", Workflow: "w", Key: "k", Session: 1}, true, true},
		{store.Filter{Project: "x"}, false, false},
		{store.Filter{Workflow: "x"}, false, false},
		{store.Filter{Key: "x"}, false, false},
		{store.Filter{Session: 2}, false, false},
		{store.Filter{Running: true}, true, false},
		{store.Filter{Unowned: true}, false, true},
		{store.Filter{Owner: "o"}, true, false},
		{store.Filter{Owner: "o", Unowned: true}, false, false},
	} {
		if got := test.filter.Matches(a); got != test.runs {
			t.Errorf("%+v matches the attempt that runs: %v", test.filter, got)
		}
		if got := test.filter.Matches(&done); got != test.done {
			t.Errorf("%+v matches the attempt that is done: %v", test.filter, got)
		}
	}
}

func TestAttemptIDsNamesEveryEntry(t *testing.T) {
	t.Parallel()
	b := &store.Batch{
		Attempts: []engine.AttemptRow{{ID: 1}, {ID: 2}},
		Tasks:    []engine.TaskRow{{Attempt: 2}, {Attempt: 2}, {Attempt: 3}, {Attempt: 2}},
		Grown:    []engine.Growth{{Attempt: 4}},
		Events:   []engine.Event{{Attempt: 4}, {Attempt: 5}},
		Release:  []model.AttemptID{6},
	}
	want := []model.AttemptID{1, 2, 3, 2, 4, 5, 6}
	if diff := cmp.Diff(want, slices.Collect(b.AttemptIDs())); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	for n := range want {
		t.Run(fmt.Sprint("stopped after ", n+1), func(t *testing.T) {
			t.Parallel()
			var got []model.AttemptID
			for id := range b.AttemptIDs() {
				if got = append(got, id); len(got) == n+1 {
					break
				}
			}
			if diff := cmp.Diff(want[:n+1], got); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
		})
	}
}
