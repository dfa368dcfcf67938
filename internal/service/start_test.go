package service_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

const steps = "+a:\n  +b:\n    echo>: 1\n  +c:\n    echo>: 1\n+d:\n  echo>: 1\n"

func TestRetriesTakeOverWhatSucceeded(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.dig", steps)
	start := service.Start{Workflow: f.workflow(1), Session: noon}
	a, err := f.Start(t.Context(), start)
	must(t, err)
	f.end(a.ID, true, "+w+a+b", "+w+a+c", "+w+d")
	for name, test := range map[string]struct {
		resume service.Resume
		want   []string
	}{
		"failed":        {service.Resume{Attempt: a.ID}, []string{"+w+a", "+w+a+b", "+w+a+c"}},
		"memoised, too": {service.Resume{Attempt: a.ID, Rerun: true}, []string{"+w+a", "+w+a+b", "+w+a+c"}},
		"from the last": {service.Resume{Attempt: a.ID, From: "+d"}, []string{"+w+a", "+w+a+b", "+w+a+c"}},
		"from within":   {service.Resume{Attempt: a.ID, From: "+a+c"}, []string{"+w+a+b"}},
		"from a group":  {service.Resume{Attempt: a.ID, From: "+w+a"}, nil},
		"from nothing":  {service.Resume{}, nil},
	} {
		start.Name, start.Resume = name, test.resume
		again, err := f.Start(t.Context(), start)
		must(t, err)
		if got, want := again.Resume.Again(), test.resume.Rerun || test.resume.From != ""; got != want {
			t.Errorf("%s: memoised tasks are run again: %v", name, got)
		}
		carried, err := service.Carried(t.Context(), f.store, again.Resume)
		must(t, err)
		if diff := cmp.Diff(test.want, slices.Sorted(maps.Keys(carried))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for task, r := range carried {
			if by, _ := r.Store.Get("by"); !r.Replayed || by != any(task) && task != "+w+a" {
				t.Errorf("%s: %s stores %v", name, task, r.Store)
			}
		}
	}
}

func TestAnAttemptThatSucceededHasNothingToResume(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.dig", plain)
	start := service.Start{Workflow: f.workflow(1), Session: noon}
	a, err := f.Start(t.Context(), start)
	must(t, err)
	f.end(a.ID, false, "+w+a")
	start.Name, start.Resume = "again", service.Resume{Attempt: a.ID}
	if _, err := f.Start(t.Context(), start); model.CodeOf(err) != model.Invalid {
		t.Errorf("got %v", err)
	}
	if got, err := f.Kill(t.Context(), a.ID, ""); model.CodeOf(err) != model.Conflict || got.State != engine.AttemptSuccess {
		t.Errorf("kill: %v, %v", got.State, err)
	}
}

func TestNamesOfRetriesAreChecked(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.dig", daily)
	w := f.workflow(1)
	if _, err := f.Start(t.Context(), service.Start{Workflow: w, Session: noon, Name: string(make([]rune, 256))}); model.CodeOf(err) != model.Invalid {
		t.Errorf("start: %v", err)
	}
	if _, _, err := f.Backfill(t.Context(), 1, service.Backfill{From: noon}); model.CodeOf(err) != model.Invalid {
		t.Errorf("backfill: %v", err)
	}
}

func TestBackfillChainsItsSessions(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.dig", hourly)
	_, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: at(t, "2026-03-08T07:00:00Z")})
	must(t, err)
	_, list, err := f.Backfill(t.Context(), 1, service.Backfill{From: at(t, "2026-03-08T09:30:00Z"), Name: "fill"})
	must(t, err)
	var got []string
	for i, a := range list {
		executed, _ := a.Params.Get("last_executed_session_time")
		got = append(got, a.Session.Key+" after "+executed.(string))
		if waits := a.After != 0; waits != (i > 0) || waits && a.After != list[i-1].Session.ID || a.Name != "fill" {
			t.Errorf("attempt %d waits for session %d", i, a.After)
		}
	}
	want := []string{"2026-03-08T10:00:00Z after 2026-03-08T07:00:00+00:00", "2026-03-08T11:00:00Z after 2026-03-08T10:00:00+00:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	if _, err := f.Kill(t.Context(), list[1].ID, ""); model.CodeOf(err) != model.Conflict {
		t.Errorf("an attempt that has not begun is killed: %v", err)
	}
	_, none, err := f.Backfill(t.Context(), 1, service.Backfill{From: at(t, "2026-03-08T12:00:00Z"), Name: "late"})
	if err != nil || len(none) != 0 {
		t.Errorf("what is due is filled in, too: %v, %v", none, err)
	}
}

// racing is a store in which others change a schedule first, some times.
type racing struct {
	store.Store
	times int
}

func TestAChangeThatIsOvertakenIsMadeAgain(t *testing.T) {
	t.Parallel()
	for times, code := range map[int]model.Code{3: 0, 99: model.Conflict} {
		f := open(t, nil)
		f.pushed("1", "w.dig", daily)
		r := &racing{f.store, times}
		s := service.New(service.Config{Store: r, NewUUID: func() string { return "" }, Clock: f.clock})
		done, err := s.Disable(t.Context(), 1)
		if (err != nil) != (code != 0) || err != nil && model.CodeOf(err) != code {
			t.Errorf("after %d changes by others: %v", times, err)
		}
		if err == nil && done.Disabled != model.InstantOf(noon) {
			t.Errorf("the schedule is %+v", done)
		}
	}
}

func TestRoundings(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.dig", "timezone: America/New_York\n"+daily)
	now := time.Date(2026, 3, 8, 12, 34, 56, 0, time.UTC)
	for to, want := range map[service.Rounding]string{
		service.Exactly: "2026-03-08T12:34:56Z", service.ToHour: "2026-03-08T12:00:00Z", service.ToDay: "2026-03-08T05:00:00Z",
		service.ToSchedule: "2026-03-08T05:00:00Z", service.ToNextSchedule: "2026-03-09T04:00:00Z",
	} {
		if got, err := f.Round(f.workflow(1), now, to); err != nil || !got.Equal(at(t, want)) {
			t.Errorf("%q: %v, %v; want %s", to, got, err, want)
		}
	}
	if _, err := f.Round(f.workflow(1), now, "week"); model.CodeOf(err) != model.NotFound {
		t.Errorf("a rounding that there is not: %v", err)
	}
}

func TestParametersOfTheCallerYieldToThoseOfTheSchedule(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.dig", daily)
	a, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: noon.Add(time.Millisecond), Params: params.Of("next_session_time", "mine", "x", 1)})
	must(t, err)
	want := params.Of("next_session_time", "2026-03-09T00:00:00+00:00", "x", 1, "last_session_time", "2026-03-08T00:00:00+00:00")
	if !a.Params.Equal(want) || a.Session.Time.Time() != noon {
		t.Errorf("the session %v has the parameters %v", a.Session.Time.Time(), a.Params)
	}
}

func (r *racing) ChangeSchedule(ctx context.Context, s store.Schedule, ticks ...store.Tick) (store.Schedule, error) {
	if r.times--; r.times >= 0 {
		return store.Schedule{}, model.Errorf(model.Conflict, "it was changed")
	}
	return r.Store.ChangeSchedule(ctx, s, ticks...)
}
