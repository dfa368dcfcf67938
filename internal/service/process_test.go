package service_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// process stores a process as a program does.
func (f *fixture) process(t *testing.T, schedule params.Map) *store.Workflow {
	t.Helper()
	w := &workflow.Workflow{
		Name: "orders", Dialect: workflow.Program, Scope: workflow.Shared, Schedule: schedule,
		Root: &workflow.Node{Name: "+orders", Children: []*workflow.Node{{Name: "+a", Operator: "go"}}},
	}
	must(t, w.Finish())
	_, err := f.store.Push(t.Context(), store.Push{
		Project: "shop", Revision: store.Revision{Name: "1", Archive: store.Archive{Type: store.NoArchive}},
		Workflows: []store.Workflow{{
			Name: "orders", Zone: "UTC", Definition: w, Config: params.Of("process", "1", "params", params.Of("id", "text", "amount", "integer")),
		}},
		Schedules: func(*store.Workflow, *store.Schedule) *store.Schedule {
			if schedule.Len() == 0 {
				return nil
			}
			return &store.Schedule{NextRun: model.InstantOf(noon), NextTime: model.InstantOf(noon)}
		},
	})
	must(t, err)
	return f.workflow(1)
}

func TestAProcessIsStartedUnderAKeyOrATimeOrNeither(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	w := f.process(t, params.Map{})
	for want, start := range map[string]service.Start{
		`o-1 0 {"id":"17","amount":3}`: {Key: "o-1", Params: params.Of("id", 17, "amount", "3")},
		fmt.Sprint(`2026-03-08T12:00:00Z `, model.InstantOf(noon), ` {"session_time":"2026-03-08T12:00:00+00:00"}`): {Session: noon},
		fmt.Sprint(`both `, model.InstantOf(noon), ` {"session_time":"2026-03-08T12:00:00+00:00"}`):                 {Key: "both", Session: noon},
	} {
		start.Workflow = w
		a, err := f.Start(t.Context(), start)
		must(t, err)
		if got := fmt.Sprint(a.Session.Key, " ", a.Session.Time, " ", a.Params); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	keys := make(map[string]bool)
	for range 2 {
		a, err := f.Start(t.Context(), service.Start{Workflow: w})
		must(t, err)
		keys[a.Session.Key] = true
	}
	if len(keys) != 2 {
		t.Errorf("those without a key have %v", keys)
	}
	first, err := f.Start(t.Context(), service.Start{Workflow: w, Key: "o-1"})
	if model.CodeOf(err) != model.Conflict || first.Session.Key != "o-1" {
		t.Errorf("one that is there: %v, %v", first.Session, err)
	}
}

func TestWhatAProcessDoesNotTakeIsRefused(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	w := f.process(t, params.Map{})
	f.pushed("1", "w.dig", plain)
	for want, start := range map[string]service.Start{
		`process orders: parameter "amount" is "x", and is to be a whole number`: {Workflow: w, Params: params.Of("amount", "x")},
		`process orders: there is no parameter "amuont"`:                         {Workflow: w, Params: params.Of("amuont", 1)},
		`can't be longer than 255 characters`:                                    {Workflow: w, Key: strings.Repeat("k", 256)},
		`workflow w is started for a session time`:                               {Workflow: f.workflow(2), Key: "k"},
	} {
		if _, err := f.Start(t.Context(), start); err == nil || model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(2), Key: "k", Session: noon}); err != nil {
		t.Errorf("a workflow with a key: %v", err)
	}
}

func TestARunWaitsForItsProgram(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	w := f.process(t, params.Map{})
	f.pushed("1", "w.dig", plain)
	program, err := f.Start(t.Context(), service.Start{Workflow: w, Key: "k"})
	must(t, err)
	served, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(2), Session: noon})
	must(t, err)
	waits := func(a store.Attempt) string {
		t.Helper()
		of, err := f.Waits(t.Context(), &a)
		must(t, err)
		return of
	}
	if of := waits(program); of != "" {
		t.Errorf("at once it waits for %q", of)
	}
	f.clock.now = f.clock.now.Add(4 * time.Second)
	for range 2 {
		if of := waits(program); of != "shop" {
			t.Errorf("it waits for %q", of)
		}
	}
	if of := waits(served); of != "" {
		t.Errorf("what servers run waits for %q", of)
	}
	driven, later, done := program, program, program
	driven.Owner, later.Wake, done.State = "me", model.InstantOf(noon.Add(time.Hour)), 1
	for name, a := range map[string]store.Attempt{"driven": driven, "due later": later, "done": done} {
		if of := waits(a); of != "" {
			t.Errorf("one that is %s waits for %q", name, of)
		}
	}
}

func TestBackfillOfAProcessHasTheParametersOfItsSchedule(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.process(t, params.Of("cron>", "0 * * * *", "params", params.Of("id", "nightly")))
	_, list, err := f.Backfill(t.Context(), 1, service.Backfill{From: noon.Add(-time.Hour), Name: "again"})
	must(t, err)
	const want = `{"id":"nightly","last_session_time":"2026-03-08T10:00:00+00:00","next_session_time":"2026-03-08T12:00:00+00:00","session_time":"2026-03-08T11:00:00+00:00"}`
	if len(list) != 1 || fmt.Sprint(list[0].Params) != want {
		t.Errorf("got %v", list)
	}
}
