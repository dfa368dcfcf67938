package pawl_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

type report struct {
	Kind string    `json:"kind"`
	Day  time.Time `json:"session_time"`
	Last string    `json:"last_executed_session_time,omitempty"`
}

// reporting is a process that notes what its runs are about.
func reporting(t *testing.T, seen *[]string) *pawl.Process[report] {
	t.Helper()
	return pawl.Must(pawl.Define("report", "1", pawl.Execute("write", func(ctx context.Context, r *report) error {
		*seen = append(*seen, pawl.Key(ctx)+" "+r.Kind+" of "+r.Day.Format(time.RFC3339)+" after "+r.Last)
		return nil
	})))
}

func TestAScheduleStartsARunForEachOfItsTimes(t *testing.T) {
	t.Parallel()
	var seen []string
	reports := reporting(t, &seen)
	every := reports.Scheduled(pawl.Schedule{Rule: "daily>: 07:00:00", Zone: "Europe/Berlin", Until: "2026-01-04"}, report{Kind: "full"})
	e := pawltest.New(t, every)
	e.Advance(5*time.Hour + 59*time.Minute)
	if len(seen) != 0 {
		t.Fatalf("too early: %q", seen)
	}
	e.Advance(time.Minute)
	e.Restart(every) // which changes nothing
	e.Advance(10 * 24 * time.Hour)
	want := []string{
		"2025-12-31T23:00:00Z full of 2026-01-01T00:00:00+01:00 after ",
		"2026-01-01T23:00:00Z full of 2026-01-02T00:00:00+01:00 after 2026-01-01T00:00:00+01:00",
		"2026-01-02T23:00:00Z full of 2026-01-03T00:00:00+01:00 after 2026-01-02T00:00:00+01:00",
		"2026-01-03T23:00:00Z full of 2026-01-04T00:00:00+01:00 after 2026-01-03T00:00:00+01:00",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("ran\n%s\nwant\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
	}
}

func TestTicksTellWhatBecameOfEachTime(t *testing.T) {
	t.Parallel()
	type nothing struct{}
	p := pawl.Must(pawl.Define("slow", "1", pawl.Timer("wait", pawl.In(150*time.Second), func(context.Context, *nothing) error { return nil })))
	other := pawl.Must(pawl.Define("other", "1", pawl.Execute("x", func(context.Context, *nothing) error { return nil })))
	e := pawltest.New(t,
		p.Scheduled(pawl.Schedule{Rule: "minutes_interval>: 1", SkipBusy: true, CatchUp: pawl.CatchUpLatest}, nothing{}),
		other.Scheduled(pawl.Schedule{Rule: "minutes_interval>: 1", CatchUp: 3}, nothing{}))
	e.Advance(3*time.Minute + 30*time.Second)
	list := func(f pawl.TickFilter) (got []string) {
		for tick, err := range e.Ticks(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %s %d %s", tick.Time.Format("15:04"), tick.Outcome, tick.Started, tick.Reason))
		}
		return got
	}
	const busy = "skipped 0 an earlier attempt has not ended (skip_on_overtime)"
	want := []string{"00:03 started 1 ", "00:02 " + busy, "00:01 " + busy, "00:00 started 1 "}
	if got := list(pawl.TickFilter{Name: "slow"}); !slices.Equal(got, want) {
		t.Errorf("ticks\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := list(pawl.TickFilter{Outcome: pawl.TickStarted, Since: pawltest.Start.Add(time.Minute)}); len(got) != 4 {
		t.Errorf("started later: %q", got)
	}
	for _, err := range e.Ticks(t.Context(), pawl.TickFilter{Outcome: "strated"}) {
		if err == nil || !strings.Contains(err.Error(), `"strated" is no outcome of a tick`) {
			t.Errorf("error %v", err)
		}
	}
}

func TestAProgramWithoutTheScheduleEndsIt(t *testing.T) {
	t.Parallel()
	var seen []string
	reports := reporting(t, &seen)
	every := reports.Scheduled(pawl.Schedule{Rule: "cron>: 0 * * * *", Delay: time.Minute}, report{})
	e := pawltest.New(t, every)
	e.Advance(2 * time.Hour)
	e.Restart(reports)
	e.Advance(8 * time.Hour)
	if len(seen) != 2 {
		t.Errorf("it ran %q", seen)
	}
	e.Restart(every)
	e.Advance(time.Minute)
	if len(seen) != 3 || !strings.HasPrefix(seen[2], "2026-01-01T10:00:00Z") {
		t.Errorf("with the schedule again it ran %q", seen)
	}
}

func TestARunThatGoesOnKeepsTheNextBackIfAsked(t *testing.T) {
	t.Parallel()
	type tick struct {
		N int `json:"n"`
	}
	process := func() *pawl.Process[tick] {
		return pawl.Must(pawl.Define("ticks", "1", pawl.Timer("wait", pawl.In(150*time.Second), func(context.Context, *tick) error { return nil })))
	}
	for busy, want := range map[bool]int{false: 10, true: 4} {
		p := process()
		e := pawltest.New(t, p.Scheduled(pawl.Schedule{Rule: "minutes_interval>: 1", SkipBusy: busy}, tick{}))
		e.Advance(9*time.Minute + 30*time.Second)
		n := 0
		for i := range 10 {
			key := pawltest.Start.Add(time.Duration(i) * time.Minute).Format(time.RFC3339)
			if _, err := p.Run(e.Engine, key).State(t.Context()); err == nil {
				n++
			}
		}
		if n != want {
			t.Errorf("with SkipBusy %v, %d runs, want %d", busy, n, want)
		}
	}
}

func TestMistakesInASchedule(t *testing.T) {
	t.Parallel()
	var seen []string
	reports := reporting(t, &seen)
	type odd struct{ C chan int }
	odds := pawl.Must(pawl.Define("odds", "1", pawl.Execute("x", func(context.Context, *odd) error { return nil })))
	for want, d := range map[string]pawl.Definition{
		`the schedule of process report: the rule "daily" has no ">:"`:                             reports.Scheduled(pawl.Schedule{Rule: "daily"}, report{}),
		`the schedule of process report: schedule: unknown type of schedule "dialy"; did you mean`: reports.Scheduled(pawl.Schedule{Rule: "dialy>: 07:00:00"}, report{}),
		`the schedule of process report: schedule: daily>: scheduler requires HH:MM:SS format`:     reports.Scheduled(pawl.Schedule{Rule: "daily>: noon"}, report{}),
		`a daily schedule has no key "delay"`:                                                      reports.Scheduled(pawl.Schedule{Rule: "daily>: 07:00:00", Delay: time.Second}, report{}),
		`Delay is to be whole seconds, and not 1ms`:                                                reports.Scheduled(pawl.Schedule{Rule: "cron>: * * * * *", Delay: time.Millisecond}, report{}),
		`SkipLate is to be whole seconds, and not -1s`:                                             reports.Scheduled(pawl.Schedule{Rule: "cron>: * * * * *", SkipLate: -time.Second}, report{}),
		`catch_up: "1001" is none of none, latest, all and a number from 1 to 1000`:                reports.Scheduled(pawl.Schedule{Rule: "cron>: * * * * *", CatchUp: 1001}, report{}),
		`catch_up and skip_delayed_by both say what becomes of a session that is late`:             reports.Scheduled(pawl.Schedule{Rule: "cron>: * * * * *", CatchUp: pawl.CatchUpNone, SkipLate: time.Hour}, report{}),
		`Invalid start: soon`:      reports.Scheduled(pawl.Schedule{Rule: "cron>: * * * * *", From: "soon"}, report{}),
		`Mars/Olympus`:             reports.Scheduled(pawl.Schedule{Rule: "cron>: * * * * *", Zone: "Mars/Olympus"}, report{}),
		`can't be written as JSON`: odds.Scheduled(pawl.Schedule{Rule: "cron>: * * * * *"}, odd{make(chan int)}),
	} {
		_, err := pawl.Open(t.Context(), pawl.Config{Project: "p"}, d)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "did you mean") > 1 {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
