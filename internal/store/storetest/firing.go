package storetest

import (
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// firing moves a schedule on by a minute, and starts the session that it is
// due for.
func (f *fixture) firing(id model.ScheduleID) store.Firing {
	f.Helper()
	s := f.schedule(id)
	start := f.startOf(s.Workflow, fmt.Sprint(s.NextTime))
	refused := s
	refused.NextRun, refused.Updated = s.NextRun+600*second, now+second
	s.Evaluated = s.NextTime
	s.LastTime, s.NextRun, s.NextTime, s.Updated = s.NextTime, s.NextRun+60*second, s.NextTime+60*second, now+second
	return store.Firing{Schedule: s, Start: &start, Refused: refused}
}

func (f *fixture) fire(firings ...store.Firing) []store.Fired {
	f.Helper()
	fired, err := f.store.Fire(ctx, firings)
	if err != nil {
		f.Fatalf("Fire: %v", err)
	}
	if len(fired) != len(firings) {
		f.Fatalf("%d firings had %d outcomes", len(firings), len(fired))
	}
	return fired
}

// wantWritten checks that the schedule is as a firing or a change left it.
func (f *fixture) wantWritten(want store.Schedule) {
	f.Helper()
	want.Version++
	f.same("schedule", f.schedule(want.ID), want)
}

var fireTests = []test{
	{"a firing starts an attempt and moves the schedule on", func(f *fixture) {
		f.scheduled(now)
		firing := f.firing(1)
		fired := f.fire(firing)[0]
		if fired.Err != nil || fired.Attempt.ID != 1 || fired.Attempt.Workflow != 1 {
			f.Fatalf("fired %+v", fired)
		}
		f.same("attempt", f.attempt(1), fired.Attempt)
		f.same("definition", f.load(1).Definition, firing.Start.Definition)
		f.wantWritten(firing.Schedule)
		f.same("claimed", f.claim("a", f.lease("a"), now, 9), []model.AttemptID{1})
	}},
	{"a firing without start only moves the schedule on", func(f *fixture) {
		f.scheduled(now)
		firing := f.firing(1)
		firing.Start = nil
		f.same("fired", f.fire(firing), []store.Fired{{}})
		f.wantWritten(firing.Schedule)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID(nil))
	}},
	{"a session that was started is left as it is", func(f *fixture) {
		f.scheduled(now)
		firing := f.firing(1)
		first := f.make(*firing.Start)
		f.same("fired", f.fire(firing), []store.Fired{{}})
		f.wantWritten(firing.Schedule)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{first.ID})
		f.same("attempt", f.attempt(first.ID), first)
	}},
	{"a firing of another version does nothing", func(f *fixture) {
		f.scheduled(now)
		firing := f.firing(1)
		want := f.disable(1)
		fired := f.fire(firing)[0]
		f.wantCode("fired", fired.Err, model.Conflict)
		f.same("attempt made", fired.Attempt, store.Attempt{})
		f.same("schedule", f.schedule(1), want)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID(nil))
	}},
	{"a firing that there is no room for is put off", func(f *fixture) {
		f.scheduled(now, now)
		f.make(f.startOf(1, "other"))
		firing := f.firing(1)
		firing.Start.MaxRunning = 1
		fired := f.fire(firing)[0]
		f.wantCode("fired", fired.Err, model.Exhausted)
		f.same("attempt made", fired.Attempt, store.Attempt{})
		f.wantWritten(firing.Refused)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{1})
		next := f.fire(f.firing(2))[0].Attempt
		if next.ID != 2 || next.Session.ID != 2 {
			f.Errorf("the next attempt is %d of session %d, want 2 and 2", next.ID, next.Session.ID)
		}
	}},
	{"a firing for what is gone does nothing", func(f *fixture) {
		f.scheduled(now)
		f.projects("q")
		deleted := f.startOf(2, "k")
		gone := f.firing(1)
		gone.Schedule.ID, gone.Refused.ID = 9, 9
		wrong := f.firing(1)
		wrong.Start = &deleted
		f.deleteProject(2)
		for i, fired := range f.fire(gone, wrong) {
			f.wantCode(fmt.Sprint("firing ", i), fired.Err, model.NotFound)
		}
		f.same("version", f.schedule(1).Version, int64(1))
		last := f.firing(1)
		f.deleteProject(1)
		f.wantCode("of a deleted project", f.fire(last)[0].Err, model.NotFound)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID(nil))
	}},
	{"firings stand or fall alone, in order", func(f *fixture) {
		f.scheduled(now, now, now, now, now)
		changed := f.firing(2)
		f.disable(2)
		existing := f.firing(4)
		f.make(*existing.Start)
		crowded := f.firing(3)
		crowded.Start.MaxRunning = 1
		got := f.fire(f.firing(1), changed, crowded, existing, f.firing(5))
		codes := ids(got, func(g store.Fired) string {
			if g.Err == nil {
				return "done"
			}
			return model.CodeOf(g.Err).String()
		})
		f.same("outcomes", codes, []string{"done", "conflict", "exhausted", "done", "done"})
		f.same("attempts", ids(got, func(g store.Fired) model.AttemptID { return g.Attempt.ID }), []model.AttemptID{2, 0, 0, 0, 3})
		f.same("sessions", ids(got, func(g store.Fired) model.SessionID { return g.Attempt.Session.ID }), []model.SessionID{2, 0, 0, 0, 3})
	}},
	{"a schedule can't be fired twice in one call", func(f *fixture) {
		f.scheduled(now)
		first, second := f.firing(1), f.firing(1)
		second.Start.Session.Key = "other"
		got := f.fire(first, second)
		if got[0].Err != nil {
			f.Error(got[0].Err)
		}
		f.wantCode("second", got[1].Err, model.Conflict)
		f.wantWritten(first.Schedule)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{1})
	}},
	{"no firings have no outcomes", func(f *fixture) { f.fire() }},
	{"of many firings of one version at once one succeeds", func(f *fixture) {
		f.scheduled(now, now)
		first := f.firing(1)
		f.wantOne("firing", f.atOnce(func(i int) error {
			mine := first
			start := *first.Start
			start.Session.Key = fmt.Sprint(i)
			mine.Start = &start
			fired, err := f.store.Fire(ctx, []store.Firing{mine})
			if err != nil {
				return err
			}
			return fired[0].Err
		}))
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{1})
		f.wantWritten(first.Schedule)
	}},
	{"firings at once of many schedules all succeed", func(f *fixture) {
		f.scheduled(slices.Repeat([]model.Instant{now}, many)...)
		firings := make([]store.Firing, many)
		for i := range firings {
			firings[i] = f.firing(model.ScheduleID(i + 1))
		}
		for _, err := range f.atOnce(func(i int) error {
			fired, err := f.store.Fire(ctx, firings[i:i+1])
			if err != nil {
				return err
			}
			return fired[0].Err
		}) {
			if err != nil {
				f.Error(err)
			}
		}
		f.same("attempts", len(f.list(store.Filter{}, 99)), many)
	}},
}
