package conductor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// timetable is a scheduler with a project whose only workflow has a schedule.
type timetable struct {
	*testing.T
	clock *stopwatch
	store *shaky
	*conductor.Scheduler
	uuids int
}

var midnight = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// newTimetable pushes a workflow whose next session is at midnight.
func newTimetable(t *testing.T, section params.Map) *timetable {
	t.Helper()
	x := &timetable{T: t, store: newShaky(t, clock.System{}), clock: &stopwatch{midnight.Add(-time.Hour)}}
	x.Scheduler = x.another(0)
	def := chain(t, action("+a"))
	def.Schedule = section
	_, err := x.store.Push(ctx, store.Push{
		Project: "p", Revision: store.Revision{Name: "r"},
		Workflows: []store.Workflow{{Name: "w", Zone: "UTC", Definition: def}},
		Schedules: func(*store.Workflow, *store.Schedule) *store.Schedule {
			return &store.Schedule{NextRun: model.InstantOf(midnight), NextTime: model.InstantOf(midnight)}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *timetable) another(maxRunning int) *conductor.Scheduler {
	return conductor.NewScheduler(conductor.SchedulerConfig{
		Store: x.store, Clock: x.clock, MaxRunning: maxRunning,
		NewUUID: func() string { x.uuids++; return fmt.Sprint(x.uuids) },
	})
}

// run lets time pass and steps the scheduler until nothing is due.
func (x *timetable) run(d time.Duration) {
	x.Helper()
	x.clock.now = x.clock.now.Add(d)
	for range 100 {
		next, err := x.Step(ctx)
		if err != nil {
			x.Fatal(err)
		}
		if next > model.InstantOf(x.clock.now) {
			return
		}
	}
	x.Fatal("the scheduler does not come to rest")
}

func (x *timetable) schedule() store.Schedule {
	x.Helper()
	s, err := x.store.Schedule(ctx, 1)
	if err != nil {
		x.Fatal(err)
	}
	return s
}

// expect checks which sessions there are, the newest first.
func (x *timetable) expect(want ...string) {
	x.Helper()
	list, _, err := x.store.ListAttempts(ctx, store.Filter{}, store.Page{})
	if err != nil {
		x.Fatal(err)
	}
	var got []string
	for i := range list {
		got = append(got, list[i].Session.Key)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		x.Errorf("sessions (-want +got):\n%s", diff)
	}
}

func TestASessionStartsWhenItIsDue(t *testing.T) {
	t.Parallel()
	x := newTimetable(t, params.Of("daily>", "00:00:00"))
	x.run(59 * time.Minute)
	x.expect()
	x.run(time.Minute)
	x.expect("2026-03-01T00:00:00Z")
	a, err := x.store.Attempt(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := params.Of("last_session_time", "2026-02-28T00:00:00+00:00", "next_session_time", "2026-03-02T00:00:00+00:00")
	if !params.Equal(a.Params, want) || a.Zone != "UTC" || a.Workflow != 1 || a.Session.UUID != "1" {
		t.Errorf("attempt %+v, want params %v", a, want)
	}
	s := x.schedule()
	if s.NextTime.Time() != midnight.AddDate(0, 0, 1) || s.LastTime.Time() != midnight {
		t.Errorf("next %v, last %v", s.NextTime.Time(), s.LastTime.Time())
	}
}

func TestMissedSessionsStartOneAfterTheOther(t *testing.T) {
	t.Parallel()
	x := newTimetable(t, params.Of("daily>", "00:00:00"))
	x.run(time.Hour + 48*time.Hour)
	x.expect("2026-03-03T00:00:00Z", "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z")
	a, err := x.store.Attempt(ctx, 2)
	if got, _ := a.Params.Get("last_executed_session_time"); err != nil || got != "2026-03-01T00:00:00+00:00" {
		t.Errorf("last executed: %v, error %v", got, err)
	}
}

func TestALateSessionIsPassedOver(t *testing.T) {
	t.Parallel()
	x := newTimetable(t, params.Of("daily>", "00:00:00", "skip_delayed_by", "1h"))
	x.run(time.Hour + 48*time.Hour)
	x.expect("2026-03-03T00:00:00Z")
}

func TestASessionIsPassedOverWhileAnEarlierOneRuns(t *testing.T) {
	t.Parallel()
	x := newTimetable(t, params.Of("daily>", "00:00:00", "skip_on_overtime", true))
	x.run(time.Hour)
	x.run(24 * time.Hour)
	x.expect("2026-03-01T00:00:00Z")
	if got := x.schedule().LastTime.Time(); got != midnight {
		t.Errorf("the last session is %v", got)
	}
	err := x.store.Commit(ctx, &store.Batch{Attempts: []engine.AttemptRow{{ID: 1, CancelAsked: true}}})
	if err != nil {
		t.Fatal(err)
	}
	x.run(24 * time.Hour)
	x.expect("2026-03-03T00:00:00Z", "2026-03-01T00:00:00Z")
}

func TestASessionWithoutRoomIsTriedAgain(t *testing.T) {
	t.Parallel()
	x := newTimetable(t, params.Of("daily>", "00:00:00"))
	x.Scheduler = x.another(1)
	x.run(time.Hour)
	x.run(24 * time.Hour)
	x.expect("2026-03-01T00:00:00Z")
	s := x.schedule()
	if s.NextTime.Time() != midnight.AddDate(0, 0, 1) || s.NextRun.Time() != x.clock.now.Add(10*time.Minute) {
		t.Errorf("next time %v, next run %v", s.NextTime.Time(), s.NextRun.Time())
	}
	err := x.store.Commit(ctx, &store.Batch{Attempts: []engine.AttemptRow{{ID: 1, State: engine.AttemptSuccess}}})
	if err != nil {
		t.Fatal(err)
	}
	x.run(10 * time.Minute)
	x.expect("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z")
}

func TestASessionThatIsThereIsLeftAlone(t *testing.T) {
	t.Parallel()
	x := newTimetable(t, params.Of("daily>", "00:00:00"))
	def := chain(t, action("+a"))
	key := conductor.SessionKey(midnight)
	if _, _, err := x.store.StartAttempt(ctx, start(key, def)); err != nil {
		t.Fatal(err)
	}
	x.run(time.Hour)
	x.expect(key)
	if got := x.schedule().NextTime.Time(); got != midnight.AddDate(0, 0, 1) {
		t.Errorf("the next session is at %v", got)
	}
}

func TestABrokenScheduleIsPutOff(t *testing.T) {
	t.Parallel()
	x := newTimetable(t, params.Of("daily>", "never"))
	x.run(time.Hour)
	x.expect()
	if got := x.schedule().NextRun.Time(); got != x.clock.now.Add(time.Hour) {
		t.Errorf("the next run is at %v", got)
	}
}

// However many schedulers there are, and whatever their stores forget to
// answer, each slot has one session.
func TestSchedulersShareTheirWork(t *testing.T) {
	t.Parallel()
	x := newTimetable(t, params.Of("hourly>", "00:00"))
	all := []*conductor.Scheduler{x.Scheduler, x.another(0), x.another(0)}
	want := []string{}
	for hour := range 10 {
		x.clock.now = midnight.Add(time.Duration(hour) * time.Hour)
		want = append([]string{conductor.SessionKey(x.clock.now)}, want...)
		for _, s := range all {
			if _, err := s.Step(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	x.expect(want...)
}

func TestWhatBecameOfEachSlotIsTold(t *testing.T) {
	t.Parallel()
	x := newTimetable(t, params.Of("daily>", "00:00:00", "skip_delayed_by", "1h"))
	var told []string
	x.Scheduler = conductor.NewScheduler(conductor.SchedulerConfig{
		Store: x.store, Clock: x.clock, NewUUID: func() string { x.uuids++; return fmt.Sprint(x.uuids) }, MaxRunning: 1,
		Fired: func(s conductor.Slot) {
			told = append(told, fmt.Sprintf("%s %d %v %d", s.Outcome, s.Schedule.NextTime.Time().Day(), s.Late, s.Attempt.ID))
		},
	})
	x.run(time.Hour + 2*time.Second)    // the first, two seconds late
	x.run(25 * time.Hour)               // the second, too late
	x.run(23*time.Hour - 2*time.Second) // the third finds no room
	want := []string{"started 1 2s 1", "skipped 2 1h0m2s 0", "refused 3 0s 0"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// Thousands of slots that are passed over are one firing with one tick.
func TestManyMissedSlotsAreOneTick(t *testing.T) {
	t.Parallel()
	x := newTimetable(t, params.Of("seconds_interval>", 1, "catch_up", "latest"))
	x.run(time.Hour + 3*time.Hour)
	x.expect(conductor.SessionKey(x.clock.now))
	list, _, err := x.store.ListTicks(ctx, store.TickFilter{Kind: store.ScheduleTick, Name: "w"}, store.Page{})
	if err != nil || len(list) != 2 {
		t.Fatalf("ticks %+v, error %v", list, err)
	}
	started, passed := list[0], list[1]
	if started.Outcome != store.TickStarted || started.Started != 1 || started.Slot.Time() != x.clock.now {
		t.Errorf("started: %+v", started)
	}
	if passed.Outcome != store.TickSkipped || passed.Slots != 3*3600 || passed.Slot.Time() != midnight || passed.Until.Time() != x.clock.now.Add(-time.Second) {
		t.Errorf("passed over: %+v", passed)
	}
	if s := x.schedule(); s.Evaluated != started.Slot || s.LastTime != started.Slot {
		t.Errorf("the schedule is %+v", s)
	}
}

func TestABrokenScheduleAndOneWithoutRoomAreTold(t *testing.T) {
	t.Parallel()
	broken := newTimetable(t, params.Of("daily>", "never"))
	broken.run(time.Hour)
	crowded := newTimetable(t, params.Of("daily>", "00:00:00"))
	crowded.Scheduler = crowded.another(1)
	crowded.run(time.Hour)
	crowded.run(24 * time.Hour)
	for _, x := range []*timetable{broken, crowded} {
		list, _, err := x.store.ListTicks(ctx, store.TickFilter{Outcome: store.TickFailed}, store.Page{})
		if err != nil || len(list) != 1 || list[0].Reason == "" || list[0].Slot != x.schedule().NextTime {
			t.Errorf("ticks %+v, error %v", list, err)
		}
	}
}
