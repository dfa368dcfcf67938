package service_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// ticks returns those of the only schedule in few words, the latest first.
func (f *fixture) ticks() (list []string) {
	f.Helper()
	ticks, _, err := f.store.ListTicks(f.Context(), store.TickFilter{Kind: store.ScheduleTick, Project: 1, Name: "w"}, store.Page{})
	must(f.T, err)
	for _, t := range ticks {
		until := ""
		if t.Until != 0 {
			until = " to " + t.Until.Time().Format("2T15")
		}
		list = append(list, fmt.Sprintf("%s %d from %s%s: %s", t.Outcome, t.Slots, t.Slot.Time().Format("2T15"), until, t.Reason))
	}
	return list
}

// paused makes a daily schedule that was disabled on the first, before anything ran,
// and is looked at on the eighth at noon.
func paused(t *testing.T, section string, catchUp schedule.CatchUp) *fixture {
	t.Helper()
	f := open(t, func(c *service.Config) { c.CatchUp = catchUp })
	_, err := f.push("1", from("2026-03-01T00:00:00Z"), "w.dig", "schedule:\n  daily>: 10:00:00\n"+section+"+a:\n  echo>: 1\n")
	must(t, err)
	_, err = f.Disable(t.Context(), 1)
	must(t, err)
	return f
}

func TestEnablingMakesUpForAPauseAsTheScheduleSays(t *testing.T) {
	t.Parallel()
	const disabled = "skipped 8 from 1T00 to 8T00: the schedule was disabled"
	for _, test := range []struct {
		name     string
		section  string
		instance schedule.CatchUp
		next     string
		ticks    []string
	}{
		{"as ever", "", 0, "2026-03-01T00:00:00Z", nil},
		{"all", "  catch_up: all\n", schedule.CatchUpNone, "2026-03-01T00:00:00Z", nil},
		{"latest", "  catch_up: latest\n", 0, "2026-03-09T00:00:00Z", []string{disabled}},
		{"none", "  catch_up: none\n", 0, "2026-03-09T00:00:00Z", []string{disabled}},
		{"three", "  catch_up: 3\n", 0, "2026-03-09T00:00:00Z", []string{disabled}},
		{"the default", "", schedule.CatchUpLatest, "2026-03-09T00:00:00Z", []string{disabled}},
		{"unless late ones are spoken of", "  skip_delayed_by: 1h\n", schedule.CatchUpLatest, "2026-03-01T00:00:00Z", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := paused(t, test.section, test.instance)
			s, err := f.Enable(t.Context(), 1, false, time.Time{})
			must(t, err)
			if s.NextTime != model.InstantOf(at(t, test.next)) || s.NextRun != s.NextTime.Add(10*time.Hour) || s.Disabled != 0 {
				t.Errorf("it is %+v", s)
			}
			if diff := cmp.Diff(test.ticks, f.ticks()); diff != "" {
				t.Error(diff)
			}
			// What was passed over stays so when the same is pushed again.
			f.pushed("2", "w.dig", "schedule:\n  daily>: 10:00:00\n"+test.section+"+a:\n  echo>: 2\n")
			if again := f.schedule(); test.ticks != nil && (again.NextTime != s.NextTime || again.Evaluated != s.Evaluated) {
				t.Errorf("after a push it is %+v", again)
			}
		})
	}
}

func TestEnablingWhatIsNotDueChangesNothingElse(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.dig", "schedule:\n  daily>: 10:00:00\n  catch_up: latest\n+a:\n  echo>: 1\n")
	before := f.schedule()
	for range 2 { // it is not disabled the second time
		_, err := f.Enable(t.Context(), 1, false, time.Time{})
		must(t, err)
	}
	_, err := f.Disable(t.Context(), 1)
	must(t, err)
	s, err := f.Enable(t.Context(), 1, false, time.Time{})
	must(t, err)
	if s.NextRun != before.NextRun || s.NextTime != before.NextTime || len(f.ticks()) > 0 {
		t.Errorf("it is %+v with %q", s, f.ticks())
	}
}

func TestWhatIsSkippedByHandIsTold(t *testing.T) {
	t.Parallel()
	f := paused(t, "", 0)
	_, err := f.Skip(t.Context(), 1, service.Skip{From: at(t, "2026-03-01T00:00:00Z"), Count: 1, DryRun: true})
	must(t, err)
	_, err = f.Skip(t.Context(), 1, service.Skip{From: at(t, "2026-03-01T00:00:00Z"), Count: 1})
	must(t, err)
	s, err := f.Enable(t.Context(), 1, true, time.Time{})
	must(t, err)
	want := []string{
		"skipped 7 from 2T00 to 8T00: the schedule was disabled",
		"skipped 1 from 1T00: somebody moved the schedule ahead",
	}
	got := f.ticks()
	if diff := cmp.Diff(want, got); diff != "" || s.Evaluated != model.InstantOf(at(t, "2026-03-08T00:00:00Z")) {
		t.Errorf("%s\n%+v", diff, s)
	}
}

func TestAPushThatDropsWhatWasDueIsTold(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.dig", daily)
	f.fired("2026-03-05T00:00:00Z")
	s := f.schedule()
	s.NextTime, s.NextRun = model.InstantOf(at(t, "2026-03-06T00:00:00Z")), model.InstantOf(at(t, "2026-03-06T10:00:00Z"))
	_, err := f.store.ChangeSchedule(t.Context(), s)
	must(t, err)
	f.pushed("2", "w.dig", hourly)
	if got := f.ticks(); len(got) != 1 || got[0] != "skipped 1 from 6T00: the schedule was changed before this session, and those due after it, were started" {
		t.Errorf("ticks %q", got)
	}
	if at := f.schedule(); at.Rule != "0 * * * * UTC" {
		t.Errorf("its rule is %q", at.Rule)
	}
}
