package store_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func TestPageBounds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		page  store.Page
		limit int
		past  int64
		code  model.Code
	}{
		{store.Page{}, 100, 0, 0},
		{store.Page{Limit: 1000, Cursor: store.CursorAfter(model.AttemptID(12345))}, 1000, 12345, 0},
		{store.Page{Limit: 1001}, 0, 0, model.Invalid},
		{store.Page{Limit: -1}, 0, 0, model.Invalid},
		{store.Page{Cursor: "?"}, 0, 0, model.Invalid},
		{store.Page{Cursor: "0"}, 0, 0, model.Invalid},
		{store.Page{Cursor: "-1"}, 0, 0, model.Invalid},
	} {
		limit, past, err := test.page.Bounds()
		if limit != test.limit || past != test.past || (err != nil) != (test.code != 0) {
			t.Errorf("%+v: %d past %d, error %v", test.page, limit, past, err)
		}
		if err != nil && model.CodeOf(err) != test.code {
			t.Errorf("%+v: error %v has code %s", test.page, err, model.CodeOf(err))
		}
	}
}

func TestBelow(t *testing.T) {
	t.Parallel()
	for past, want := range map[int64]int64{0: math.MaxInt64, 1: 1, 12345: 12345} {
		if got := store.Below(past); got != want {
			t.Errorf("below %d are those under %d, want %d", past, got, want)
		}
	}
}

func TestCutLeavesAPage(t *testing.T) {
	t.Parallel()
	id := func(i int64) int64 { return i }
	list := []int64{3, 5, 7}
	for limit := 1; limit <= 4; limit++ {
		page, next := store.Cut(list, limit, id)
		if diff := gocmp.Diff(list[:min(limit, 3)], page); diff != "" {
			t.Errorf("page of %d (-want +got):\n%s", limit, diff)
		}
		want := ""
		if limit < 3 {
			want = store.CursorAfter(list[limit-1])
		}
		if next != want {
			t.Errorf("after a page of %d comes %q, want %q", limit, next, want)
		}
	}
}

func TestMarksAreInOrderAndComeBackFromCursors(t *testing.T) {
	t.Parallel()
	marks := []store.Mark{{}, {0, 1}, {1, 0}, {1, 1}, {1, 36}, {1_790_000_000_000_000, 2}, {model.Never, 1}, store.Last}
	for i, m := range marks {
		for j, n := range marks {
			if got, want := m.Compare(n), cmp.Compare(i, j); got != want {
				t.Errorf("%v to %v: %d, want %d", m, n, got, want)
			}
		}
		if m.ID == 0 {
			continue
		}
		limit, past, err := store.Page{Limit: 7, Cursor: m.Cursor()}.MarkBounds()
		if limit != 7 || past != m || err != nil {
			t.Errorf("%v came back as %v, limit %d, error %v", m, past, limit, err)
		}
		if got := store.BelowMark(m); got != m {
			t.Errorf("below %v are those before %v", m, got)
		}
	}
	if got := store.BelowMark(store.Mark{}); got != store.Last {
		t.Errorf("the first page is before %v", got)
	}
}

func TestMarkBoundsRefuse(t *testing.T) {
	t.Parallel()
	for _, page := range []store.Page{
		{Limit: -1}, {Limit: store.MaxLimit + 1}, {Cursor: "1"}, {Cursor: "."}, {Cursor: "1.0"}, {Cursor: "1.-1"}, {Cursor: ".1"}, {Cursor: "1.1.1"},
	} {
		if _, _, err := page.MarkBounds(); err == nil || model.CodeOf(err) != model.Invalid {
			t.Errorf("%+v: error %v", page, err)
		}
	}
	if limit, past, err := (store.Page{}).MarkBounds(); limit != 100 || past != (store.Mark{}) || err != nil {
		t.Errorf("first page: limit %d past %v, error %v", limit, past, err)
	}
}

func TestRetentionKeepsForGoodUnlessToldHowLong(t *testing.T) {
	t.Parallel()
	const now = 1_000_000
	for kept, want := range map[time.Duration]model.Instant{
		0: 0, -time.Second: 0, time.Millisecond: now - 1000, time.Second: 0, time.Hour: 0,
	} {
		if got := store.Expired(now, kept); got != want {
			t.Errorf("kept for %v: what is before %d goes, want %d", kept, got, want)
		}
	}
}

func TestFilterMatches(t *testing.T) {
	t.Parallel()
	a := &store.Attempt{Session: store.Session{ID: 1, Project: 1, Workflow: "w", Key: "k"}, Owner: "o"}
	done := *a
	done.State, done.Owner, done.Session.Project = engine.AttemptSuccess, "", 0
	for _, test := range []struct {
		filter     store.Filter
		runs, done bool
	}{
		{store.Filter{}, true, true},
		{store.Filter{Workflow: "w", Session: 1}, true, true},
		{store.Filter{Project: 1}, true, false},
		{store.Filter{Project: 2}, false, false},
		{store.Filter{Stored: true}, true, false},
		{store.Filter{Last: true}, true, false},
		{store.Filter{Ended: engine.AttemptSuccess}, false, true},
		{store.Filter{Ended: engine.AttemptFailed}, false, false},
		{store.Filter{Workflow: "x"}, false, false},
		{store.Filter{Session: 2}, false, false},
		{store.Filter{Running: true}, true, false},
		{store.Filter{Unowned: true}, false, true},
		{store.Filter{Owner: "o"}, true, false},
		{store.Filter{Owner: "o", Unowned: true}, false, false},
	} {
		if got := test.filter.Matches(a, true); got != test.runs {
			t.Errorf("%+v matches the attempt that runs: %v", test.filter, got)
		}
		if got := test.filter.Matches(&done, false); got != test.done {
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
		Release:  []store.Release{{Attempt: 6}},
	}
	want := []model.AttemptID{1, 2, 3, 2, 4, 5, 6}
	if diff := gocmp.Diff(want, slices.Collect(b.AttemptIDs())); diff != "" {
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
			if diff := gocmp.Diff(want[:n+1], got); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
		})
	}
}
