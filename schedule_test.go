package pawl_test

import (
	"context"
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
