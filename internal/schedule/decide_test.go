package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/schedule"
)

// told is a verdict in few words.
func told(v schedule.Verdict) (list []string) {
	day := func(t time.Time) string {
		if t.Equal(schedule.Never) {
			return "never"
		}
		return t.Format("2T15:04")
	}
	for _, p := range v.Passed {
		list = append(list, fmt.Sprintf("%d from %s to %s: %s", p.Slots, day(p.First), day(p.Last), p.Reason))
	}
	if v.Starts() {
		list = append(list, "start "+day(v.Start.Session))
	}
	return append(list, "next "+day(v.Next.Session))
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	const late, missed, busy = ": it came more than 1h30m0s late (skip_delayed_by)", ": it was missed (catch_up: ", ": an earlier attempt has not ended (skip_on_overtime)"
	daily := []any{"daily>", "10:00:00"}
	with := func(more ...any) []any { return append(append([]any{}, daily...), more...) }
	strict := with("skip_on_overtime", true, "skip_delayed_by", "1h 30m")
	const days = 24 * time.Hour
	for _, tt := range []struct {
		name       string
		section    []any
		late       time.Duration // after the slot of the third, which is due at ten
		unfinished bool
		instance   schedule.CatchUp
		want       []string
	}{
		{"no rules", daily, 1000 * time.Hour, true, 0, []string{"start 3T00:00", "next 4T00:00"}},
		{"in time", strict, 0, false, 0, []string{"start 3T00:00", "next 4T00:00"}},
		{"as late as allowed", strict, 90 * time.Minute, false, 0, []string{"start 3T00:00", "next 4T00:00"}},
		{"later than allowed", strict, 90*time.Minute + 1, false, 0, []string{"1 from 3T00:00 to 3T00:00" + late, "next 4T00:00"}},
		{"in time but not finished", strict, 0, true, 0, []string{"1 from 3T00:00 to 3T00:00" + busy, "next 4T00:00"}},
		{"late and not finished", strict, 2 * time.Hour, true, 0, []string{"1 from 3T00:00 to 3T00:00" + late, "next 4T00:00"}},
		{"several late", strict, 3*days + time.Hour, false, 0, []string{"3 from 3T00:00 to 5T00:00" + late, "start 6T00:00", "next 7T00:00"}},
		{"several late, and not finished", strict, 3*days + time.Hour, true, 0, []string{"3 from 3T00:00 to 5T00:00" + late, "1 from 6T00:00 to 6T00:00" + busy, "next 7T00:00"}},
		{"all late", strict, 3*days + 2*time.Hour, true, 0, []string{"4 from 3T00:00 to 6T00:00" + late, "next 7T00:00"}},
		{"all late, and no more to come", with("skip_delayed_by", "1h 30m", "end", "2016-02-05"), 9 * days, true, 0, []string{"3 from 3T00:00 to 5T00:00" + late, "next never"}},
		{"several while one runs", with("skip_on_overtime", true), 3 * days, true, 0, []string{"4 from 3T00:00 to 6T00:00" + busy, "next 7T00:00"}},

		{"none: in time", with("catch_up", "none"), time.Minute, false, 0, []string{"start 3T00:00", "next 4T00:00"}},
		{"none: missed", with("catch_up", "none"), time.Minute + 1, false, 0, []string{"1 from 3T00:00 to 3T00:00" + missed + "none)", "next 4T00:00"}},
		{"none: the last in time", with("catch_up", "none"), 2 * days, false, 0, []string{"2 from 3T00:00 to 4T00:00" + missed + "none)", "start 5T00:00", "next 6T00:00"}},
		{"none: not finished", with("catch_up", "none", "skip_on_overtime", true), 2 * days, true, 0, []string{"2 from 3T00:00 to 4T00:00" + missed + "none)", "1 from 5T00:00 to 5T00:00" + busy, "next 6T00:00"}},
		{"none: no more to come", with("catch_up", "none", "end", "2016-02-05"), 9 * days, false, 0, []string{"3 from 3T00:00 to 5T00:00" + missed + "none)", "next never"}},

		{"latest: one", with("catch_up", "latest"), 23 * time.Hour, false, 0, []string{"start 3T00:00", "next 4T00:00"}},
		{"latest: several", with("catch_up", "latest"), 3*days + time.Hour, false, 0, []string{"3 from 3T00:00 to 5T00:00" + missed + "latest)", "start 6T00:00", "next 7T00:00"}},
		{"latest: no more to come", with("catch_up", "latest", "end", "2016-02-05"), 9 * days, false, 0, []string{"2 from 3T00:00 to 4T00:00" + missed + "latest)", "start 5T00:00", "next never"}},
		{"a number: fewer", with("catch_up", 3), 2 * days, false, 0, []string{"start 3T00:00", "next 4T00:00"}},
		{"a number: more", with("catch_up", 3), 3 * days, false, 0, []string{"1 from 3T00:00 to 3T00:00" + missed + "3)", "start 4T00:00", "next 5T00:00"}},
		{"all", with("catch_up", "all"), 20 * days, false, 0, []string{"start 3T00:00", "next 4T00:00"}},
		{"all of too many", with("catch_up", "all"), 1000 * days, false, 0, []string{"1 from 3T00:00 to 3T00:00" + missed + "all)", "start 4T00:00", "next 5T00:00"}},

		{"the instance's", daily, 3 * days, false, schedule.CatchUpLatest, []string{"3 from 3T00:00 to 5T00:00" + missed + "latest)", "start 6T00:00", "next 7T00:00"}},
		{"the schedule's own", with("catch_up", "all"), 3 * days, false, schedule.CatchUpLatest, []string{"start 3T00:00", "next 4T00:00"}},
		{"what the schedule says of late ones", strict, 90 * time.Minute, false, schedule.CatchUpNone, []string{"start 3T00:00", "next 4T00:00"}},
	} {
		s := parse(t, "UTC", tt.section...)
		run := at(t, "2016-02-03 10:00:00 +0000")
		got := s.WithDefault(tt.instance).Decide(s.First(run), run.Add(tt.late), tt.unfinished)
		if diff := cmp.Diff(tt.want, told(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// A slot whose run time was moved is due by that: it may be started early, and is not
// late when it was put off.
func TestDecisionsAboutASlotThatWasMoved(t *testing.T) {
	t.Parallel()
	now := at(t, "2016-02-03 12:00:00 +0000")
	for _, tt := range []struct {
		policy schedule.CatchUp
		due    string
		want   []string
	}{
		{schedule.CatchUpNone, "2016-02-03 00:00:00 +0000", []string{"start 3T00:00", "next 4T00:00"}},
		{schedule.CatchUpLatest, "2016-02-09 00:00:00 +0000", []string{"start 9T00:00", "next 10T00:00"}},
		{schedule.CatchUpNone, "2016-02-09 00:00:00 +0000", []string{"start 9T00:00", "next 10T00:00"}},
		{5, "2016-02-09 00:00:00 +0000", []string{"start 9T00:00", "next 10T00:00"}},
	} {
		s := parse(t, "UTC", "daily>", "10:00:00").WithDefault(tt.policy)
		got := s.Decide(schedule.Time{Session: at(t, tt.due), Run: now}, now, false)
		if diff := cmp.Diff(tt.want, told(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.policy, diff)
		}
	}
}

// Decisions about many slots agree with looking at each alone, in what they start and
// in what they pass over, and pass over each only once.
func TestDecisionsAgreeWithLookingAtEverySlot(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		section := []any{"seconds_interval>", rapid.SampledFrom([]int{7, 30, 3600}).Draw(t, "interval")}
		if rapid.Bool().Draw(t, "cron") {
			section = []any{"cron>", rapid.SampledFrom([]string{"* * * * *", "3,4,50 * * * *", "0 2 * * *", "30 2 29 2 *"}).Draw(t, "pattern")}
		}
		if rapid.Bool().Draw(t, "delayed") {
			section = append(section, "delay", rapid.IntRange(0, 100_000).Draw(t, "delay"))
		}
		if rapid.Bool().Draw(t, "bounded") {
			section = append(section, "start", "2016-02-03", "end", rapid.SampledFrom([]string{"2016-02-03", "2016-02-05"}).Draw(t, "end"))
		}
		if rapid.Bool().Draw(t, "skips late ones") {
			section = append(section, "skip_delayed_by", rapid.SampledFrom([]string{"1s", "1h", "1d"}).Draw(t, "by"))
		}
		s := parse(t, rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York"}).Draw(t, "zone"), section...)
		from := at(t, "2016-02-02 23:00:00 +0000").Add(time.Duration(rapid.IntRange(0, 90_000).Draw(t, "from")) * time.Second)
		due := s.First(from)
		now := due.Run.Add(time.Duration(rapid.Int64Range(0, int64(300*time.Hour)).Draw(t, "late")))
		if due.Run.Equal(schedule.Never) {
			return
		}
		s = s.WithDefault(schedule.CatchUp(rapid.SampledFrom([]int{0, 1, 2, 50, -1, -2}).Draw(t, "policy")))
		want := lookAtEach(s, due, now)

		next := due
		for i, n := 0, 0; ; n++ {
			if next.Run.After(now) {
				if i != len(want) {
					t.Fatalf("nothing became of %d slots from %v on", len(want)-i, want[i])
				}
				return
			}
			v := s.Decide(next, now, false)
			for _, p := range v.Passed {
				if p.Reason == "" || p.First != want[i].Session {
					t.Fatalf("passed %+v, want to begin with %v", p, want[i])
				}
				begin := i
				for ; i < len(want) && !want[i].Session.After(p.Last); i++ {
					if want[i].started {
						t.Fatalf("%v is passed over", want[i])
					}
				}
				if want[i-1].Session != p.Last || p.Slots != min(i-begin, max(p.Slots, schedule.MaxCounted)) {
					t.Fatalf("passed %+v: %d up to %v", p, i-begin, want[i-1])
				}
			}
			if v.Starts() {
				if !want[i].started || v.Start != want[i].Time {
					t.Fatalf("%v is started, want %+v", v.Start, want[i])
				}
				i++
			}
			next = v.Next
		}
	})
}

type fate struct {
	schedule.Time
	started bool
}

// lookAtEach says what is to become of each slot that is due.
func lookAtEach(s *schedule.Schedule, due schedule.Time, now time.Time) (all []fate) {
	for slot := due; !slot.Run.After(now); slot = s.NextAfter(slot.Session) {
		all = append(all, fate{Time: slot})
	}
	for i := range all {
		newer := len(all) - i - 1
		switch s.CatchUp {
		case schedule.CatchUpUnsaid:
			all[i].started = s.SkipDelayedBy == 0 || now.Sub(all[i].Run) <= s.SkipDelayedBy
		case schedule.CatchUpNone:
			all[i].started = newer == 0 && now.Sub(all[i].Run) <= schedule.Punctual
		case schedule.CatchUpAll:
			all[i].started = newer < schedule.MaxCatchUp
		default:
			all[i].started = newer < int(s.CatchUp)
		}
	}
	return all
}

func TestTheRuleIsWhatSlotsFollowFrom(t *testing.T) {
	t.Parallel()
	same := [][]any{
		{"daily>", "07:00:00"}, {"daily>", "09:30:00", "skip_on_overtime", true}, {"cron>", " 0 0  * * *", "delay", 9},
		{"cron>", "0 0 * * *", "catch_up", "latest"}, {"cron>", "0 0 * * *", "params", nil},
	}
	for _, section := range same {
		if got := parse(t, "Europe/Berlin", section...).Rule(); got != "0 0 * * * Europe/Berlin" {
			t.Errorf("%v has the rule %q", section, got)
		}
	}
	seen := make(map[string]bool)
	for _, section := range [][]any{
		{"hourly>", "00:00"}, {"daily>", "00:00:00"}, {"weekly>", "Mon,00:00:00"}, {"monthly>", "1,00:00:00"},
		{"minutes_interval>", 5}, {"minutes_interval>", 6}, {"seconds_interval>", 5}, {"cron>", "1 0 * * *"},
		{"daily>", "00:00:00", "start", "2016-01-30"}, {"daily>", "00:00:00", "end", "2016-01-30"}, {"daily>", "00:00:00", "end", "2016-01-31"},
	} {
		rule := parse(t, "Europe/Berlin", section...).Rule()
		if seen[rule] {
			t.Errorf("%v has the rule of another: %q", section, rule)
		}
		seen[rule] = true
	}
	if a, b := parse(t, "UTC", "daily>", "00:00:00").Rule(), parse(t, "Asia/Tokyo", "daily>", "00:00:00").Rule(); a == b {
		t.Errorf("%q in two zones", a)
	}
}

func TestCatchUpIsWrittenAsItIsRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"none", "latest", "all", "2", "1000"} {
		c, err := schedule.ParseCatchUp(text)
		if err != nil || c.String() != text {
			t.Errorf("%s: %v, error %v", text, c, err)
		}
	}
	if c, err := schedule.ParseCatchUp("1"); err != nil || c != schedule.CatchUpLatest {
		t.Errorf("1: %v, error %v", c, err)
	}
}

func BenchmarkDecide(b *testing.B) {
	zone := must(schedule.ParseZone("Europe/Berlin"))
	for name, policy := range map[string]schedule.CatchUp{"unsaid": 0, "latest": 1, "all": schedule.CatchUpAll} {
		s := must(schedule.Parse(params.Of("daily>", "07:00:00"), zone)).WithDefault(policy)
		due := s.First(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.Decide(due, due.Run, false)
			}
		})
	}
}
