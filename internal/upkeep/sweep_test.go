package upkeep_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/upkeep"
	"github.com/pawlhq/pawl/internal/workflow"
)

// beside notes what is removed beside the store.
type beside struct {
	gone []model.AttemptID
	err  error
}

func (b *beside) Remove(_ context.Context, id model.AttemptID) error {
	b.gone = append(b.gone, id)
	return b.err
}

var today = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

// past is a store with attempts of two sessions of a workflow, made and ended so many
// days ago; 0 goes on, and the last one resumes from the first.
func past(t *testing.T, days ...int) (*memory.Store, []store.Attempt) {
	t.Helper()
	s := memory.New()
	w := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Operator: "do"}}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	var list []store.Attempt
	for i, d := range days {
		made := model.InstantOf(today.Add(-24 * time.Hour * time.Duration(d)))
		start := store.Start{Session: store.Session{UUID: "u", Workflow: "w", Key: fmt.Sprint(i % 2)}, Name: fmt.Sprint(i), Definition: w, Created: made}
		if d == 0 {
			start.Resume.Attempt = list[0].ID
		}
		a, _, err := s.StartAttempt(t.Context(), start)
		if err != nil {
			t.Fatal(err)
		}
		row := a.AttemptRow
		row.Started, row.Tasks = made, 3
		if d > 0 {
			row.State, row.Ended = engine.AttemptSuccess, made
		}
		if err := s.Commit(t.Context(), &store.Batch{Attempts: []engine.AttemptRow{row}}); err != nil {
			t.Fatal(err)
		}
		a.AttemptRow = row
		list = append(list, a)
	}
	return s, list
}

func TestOldAttemptsAreDeletedOnDemand(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for name, test := range map[string]struct {
		sweep upkeep.Sweep
		want  upkeep.Swept
		gone  []model.AttemptID
		left  int
	}{
		"all that have ended":    {upkeep.Sweep{Older: time.Second}, upkeep.Swept{Attempts: 3, Tasks: 9, Sessions: 1, Needed: 1}, []model.AttemptID{2, 3, 4}, 2},
		"none in a dry run":      {upkeep.Sweep{Older: time.Second, Dry: true}, upkeep.Swept{Attempts: 4, Tasks: 12}, nil, 5},
		"only logs":              {upkeep.Sweep{Older: time.Second, LogsOnly: true}, upkeep.Swept{Attempts: 4, Tasks: 12}, []model.AttemptID{1, 2, 3, 4}, 5},
		"but what is in use":     {upkeep.Sweep{Older: time.Hour, Retention: store.Retention{Versions: 30 * day}}, upkeep.Swept{Attempts: 2, Tasks: 6, Needed: 2}, []model.AttemptID{3, 4}, 3},
		"as retention says":      {upkeep.Sweep{Retention: store.Retention{Attempts: 5 * day}}, upkeep.Swept{Attempts: 1, Tasks: 3, Needed: 1}, []model.AttemptID{2}, 4},
		"but what is taken over": {upkeep.Sweep{Retention: store.Retention{Attempts: day, Versions: 8*day + 1}}, upkeep.Swept{Attempts: 2, Tasks: 6, Needed: 1}, []model.AttemptID{3, 4}, 3},
		"but the newest session": {upkeep.Sweep{Retention: store.Retention{Attempts: 5 * day, Sessions: 1}}, upkeep.Swept{Needed: 1}, nil, 5},
	} {
		s, list := past(t, 9, 8, 3, 2, 0)
		if err := s.Commit(t.Context(), &store.Batch{Versions: []engine.Versioned{
			{Attempt: 2, Task: 1, Version: "v", At: model.InstantOf(today.Add(-8 * day))},
			{Attempt: 3, Task: 1, Version: "x", At: model.InstantOf(today.Add(-9 * day))},
		}}); err != nil {
			t.Fatal(err)
		}
		if name == "but what is in use" {
			if _, err := s.UseVersion(t.Context(), 0, "v", model.InstantOf(today.Add(-time.Minute))); err != nil {
				t.Fatal(err)
			}
		}
		logs, outputs := &beside{}, &beside{}
		test.sweep.Store, test.sweep.Now, test.sweep.Logs, test.sweep.Outputs = s, today, logs, outputs
		got, err := test.sweep.Page(t.Context(), list)
		if err != nil {
			t.Fatal(name, err)
		}
		if n := len(got.Going); test.sweep.Dry != (n > 0) || n > 0 && n != got.Attempts {
			t.Errorf("%s: %d are listed", name, n)
		}
		got.Going = nil
		if diff := cmp.Diff(test.want, got) + cmp.Diff(test.gone, logs.gone); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if test.sweep.LogsOnly != (len(outputs.gone) == 0 && len(logs.gone) > 0) {
			t.Errorf("%s: values of %v are gone", name, outputs.gone)
		}
		left, _, err := s.ListAttempts(t.Context(), store.Filter{}, store.Page{})
		if err != nil || len(left) != test.left {
			t.Errorf("%s: %d are left, %v", name, len(left), err)
		}
	}
}

func TestWhatIsBesideTheStoreIsToldIfItStays(t *testing.T) {
	t.Parallel()
	s, list := past(t, 9, 8)
	broken := errors.New("broken")
	logs, outputs := &beside{err: broken}, &beside{err: broken}
	sweep := upkeep.Sweep{Store: s, Now: today, Older: time.Second, Logs: logs, Outputs: outputs}
	if _, err := sweep.Page(t.Context(), list); !errors.Is(err, broken) {
		t.Error(err)
	}
	if len(logs.gone) != 2 || len(outputs.gone) != 2 {
		t.Errorf("it was tried for the logs of %v and the outputs of %v", logs.gone, outputs.gone)
	}
}

func TestAnAgeIsToBeGivenWhereNothingSaysOne(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	if _, err := (&upkeep.Sweep{Now: today}).Until(); model.CodeOf(err) != model.Invalid {
		t.Error(err)
	}
	for _, sweep := range []upkeep.Sweep{
		{Older: day}, {Retention: store.Retention{Attempts: day}},
		{Retention: store.Retention{Attempts: 3 * day, Of: []store.WorkflowRetention{{Project: "p"}, {Project: "q", Attempts: day}}}},
	} {
		sweep.Now = today
		if until, err := sweep.Until(); err != nil || until != model.InstantOf(today.Add(-day)) {
			t.Errorf("%+v: %v, %v", sweep, until, err)
		}
	}
	for name, want := range map[string]engine.AttemptState{"": engine.AttemptRunning, "error": engine.AttemptFailed, "killed": engine.AttemptKilled} {
		if got, err := upkeep.ParseEnded(name); err != nil || got != want {
			t.Errorf("%q is %v, %v", name, got, err)
		}
	}
	if _, err := upkeep.ParseEnded("running"); model.CodeOf(err) != model.Invalid {
		t.Error(err)
	}
}
