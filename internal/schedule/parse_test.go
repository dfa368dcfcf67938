package schedule_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
)

func TestOptionsAreRead(t *testing.T) {
	t.Parallel()
	s := parse(t, "UTC", "daily>", "07:00:00", "skip_on_overtime", "true", "skip_delayed_by", "1d 2h")
	if !s.SkipOnOvertime || s.SkipDelayedBy != 26*time.Hour {
		t.Errorf("skip_on_overtime %v, skip_delayed_by %v, want true and 26h", s.SkipOnOvertime, s.SkipDelayedBy)
	}
	s = parse(t, "UTC", "daily>", "07:00:00", "start", nil, "end", nil, "skip_delayed_by", nil, "skip_on_overtime", nil)
	if s.SkipOnOvertime || s.SkipDelayedBy != 0 {
		t.Errorf("skip_on_overtime %v, skip_delayed_by %v, want neither", s.SkipOnOvertime, s.SkipDelayedBy)
	}
}

func TestOlderFormsAreRead(t *testing.T) {
	t.Parallel()
	now := at(t, "2016-02-03 06:00:00 +0000")
	for _, config := range [][]any{
		{"_type", "daily", "at", "07:00:00"},
		{"_type", "daily", "_command", "07:00:00"},
		{"daily>", nil, "at", "07:00:00"},
		{"daily>", "7:0:0"},
		{"daily>", "06:59:60"},
	} {
		check(t, "first", parse(t, "UTC", config...).First(now), "2016-02-03 00:00:00 +0000", "2016-02-03 07:00:00 +0000")
	}
	cron := parse(t, "UTC", "_type", "cron", "_command", "0 7 * * *", "delay", "60")
	check(t, "first", cron.First(now), "2016-02-03 07:00:00 +0000", "2016-02-03 07:01:00 +0000")
}

func TestFaultyConfigurationsAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		config []any
		want   string
	}{
		{nil, "a schedule needs one key that says its type, such as daily>: 07:00:00, but has 0"},
		{[]any{"start", "2016-01-01"}, "a schedule needs one key that says its type, such as daily>: 07:00:00, but has 0"},
		{[]any{"daily>", "07:00:00", "hourly>", "00:00"}, "a schedule needs one key that says its type, such as daily>: 07:00:00, but has 2"},
		{[]any{"dayly>", "07:00:00"}, `unknown type of schedule "dayly"`},
		{[]any{"_type", "crontab", "_command", "x"}, `unknown type of schedule "crontab"`},
		{[]any{"fortnightly_on_tuesdays>", "x"}, `unknown type of schedule "fortnightly_on_tuesdays"`},
		{[]any{"_type", nil, "at", "x"}, "Parameter '_type' is required but null"},
		{[]any{"daily>", nil}, "Parameter 'daily>' is required but null"},
		{[]any{"_type", "daily"}, "Parameter '_command' is required but not set"},
		{[]any{"daily>", "07:00:00", "at", "08:00:00"}, "a daily schedule has its time twice, under daily> and at"},
		{[]any{"hourly>", "00:00:00"}, "hourly>: scheduler requires MM:SS format: 00:00:00"},
		{[]any{"daily>", "07:00"}, "daily>: scheduler requires HH:MM:SS format: 07:00"},
		{[]any{"daily>", "-1:00:00"}, "daily>: scheduler requires HH:MM:SS format: -1:00:00"},
		{[]any{"daily>", "07:00:xx"}, "daily>: scheduler requires HH:MM:SS format: 07:00:xx"},
		{[]any{"daily>", "2147483647:00:00"}, "daily>: scheduler requires HH:MM:SS format: 2147483647:00:00"},
		{[]any{"daily>", 7}, "daily>: scheduler requires HH:MM:SS format: 7"},
		{[]any{"weekly>", "07:00:00"}, "weekly>: scheduler requires DAY,HH:MM:SS format: 07:00:00"},
		{[]any{"weekly>", "Son,07:00:00"}, "weekly>: scheduler requires DAY,HH:MM:SS format: Son,07:00:00"},
		{[]any{"weekly>", "-1,07:00:00"}, "weekly>: scheduler requires DAY,HH:MM:SS format: -1,07:00:00"},
		{[]any{"weekly>", "8,07:00:00"}, "weekly>: scheduler requires DAY,HH:MM:SS format: 8,07:00:00"},
		{[]any{"monthly>", "1,07:00"}, "monthly>: scheduler requires DAY,HH:MM:SS format: 1,07:00"},
		{[]any{"monthly>", "32,07:00:00"}, "monthly>: scheduler requires DAY,HH:MM:SS format: 32,07:00:00"},
		{[]any{"monthly>", ",07:00:00"}, "monthly>: scheduler requires DAY,HH:MM:SS format: ,07:00:00"},
		{[]any{"minutes_interval>", 0}, "minutes_interval>: scheduler requires a number of at least 1: 0"},
		{[]any{"minutes_interval>", "ten"}, `Expected integer (long) type for key 'minutes_interval>' but got "ten" (string)`},
		{[]any{"seconds_interval>", -5}, "seconds_interval>: scheduler requires a number of at least 1: -5"},
		{[]any{"cron>", "* * * *"}, `invalid cron pattern "* * * *": it must have 5 fields (minutes, hours, days of month, months, days of week), not 4`},
		{[]any{"cron>", "* * * * *", "delay", -1}, "delay must be a number of seconds from 0 on: -1"},
		{[]any{"cron>", "* * * * *", "delay", 9_300_000_000}, "delay must be a number of seconds from 0 on: 9300000000"},
		{[]any{"daily>", "07:00:00", "delay", 1}, `a daily schedule has no key "delay"`},
		{[]any{"cron>", "* * * * *", "at", "07:00:00"}, `a cron schedule has no key "at"`},
		{[]any{"daily>", "07:00:00", "_command", "x"}, `a daily schedule has no key "_command"`},
		{[]any{"daily>", "07:00:00", "skip_on_overtme", true}, `a daily schedule has no key "skip_on_overtme"`},
		{[]any{"daily>", "07:00:00", "starts", "x"}, `a daily schedule has no key "starts"`},
		{[]any{"daily>", "07:00:00", "start", "2016-02-30"}, "Invalid start: 2016-02-30 (it must be a day as in 2016-01-30)"},
		{[]any{"daily>", "07:00:00", "end", "2016-2-3"}, "Invalid end: 2016-2-3 (it must be a day as in 2016-01-30)"},
		{[]any{"daily>", "07:00:00", "start", "2016-02-03", "end", "2016-02-02"}, "The schedule of end is earlier than start"},
		{[]any{"daily>", "07:00:00", "skip_on_overtime", "maybe"}, `Expected 'true' or 'false' for key 'skip_on_overtime' but got "maybe" (string)`},
		{[]any{"daily>", "07:00:00", "skip_delayed_by", "soon"}, `skip_delayed_by: invalid duration "soon"`},
		{[]any{"daily>", "07:00:00", "params", 3}, "Expected object type for key 'params' but got 3 (number)"},
		{[]any{"daily>", "07:00:00", "skip_delayed_by", "0s"}, "skip_delayed_by must be at least 1s"},
		{[]any{"daily>", "07:00:00", "catch_up", "lates"}, `catch_up: "lates" is none of none, latest, all and a number from 1 to 1000`},
		{[]any{"daily>", "07:00:00", "catch_up", 0}, `catch_up: "0" is none of none, latest, all and a number from 1 to 1000`},
		{[]any{"daily>", "07:00:00", "catch_up", 1001}, `catch_up: "1001" is none of none, latest, all and a number from 1 to 1000`},
		{[]any{"daily>", "07:00:00", "catch_up", -1}, `catch_up: "-1" is none of none, latest, all and a number from 1 to 1000`},
		{[]any{"daily>", "07:00:00", "catch_up", ""}, `catch_up: "" is none of none, latest, all and a number from 1 to 1000`},
		{[]any{"daily>", "07:00:00", "catch_up", "latest", "skip_delayed_by", "1h"}, "catch_up and skip_delayed_by both say what becomes of a session that is late: only one of them can"},
		{[]any{"daily>", "07:00:00", "catch_up", 3, "skip_on_overtime", true}, "catch_up: 3 asks for sessions that skip_on_overtime passes over: of several at once, only the first would be started"},
		{[]any{"daily>", "07:00:00", "catch_up", "all", "skip_on_overtime", true}, "catch_up: all asks for sessions that skip_on_overtime passes over: of several at once, only the first would be started"},
	} {
		s, err := schedule.Parse(params.Of(tt.config...), time.UTC)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%v\n got error %v\nwant %s", tt.config, err, tt.want)
			continue
		}
		if s != nil || model.CodeOf(err) != model.Invalid {
			t.Errorf("%v: schedule %v, code %v, want none and invalid", tt.config, s, model.CodeOf(err))
		}
	}
}

func TestTimesThatAreOnNoClockAreDoubted(t *testing.T) {
	t.Parallel()
	for command, want := range map[[2]string]string{
		{"daily>", "23:59:59"}:      "",
		{"daily>", "25:00:00"}:      "25:00:00 is no time on a clock: it runs 25h0m0s after the session time",
		{"daily>", "24:00:00"}:      "24:00:00 is no time on a clock: it runs 24h0m0s after the session time",
		{"daily>", "00:60:00"}:      "00:60:00 is no time on a clock: it runs 1h0m0s after the session time",
		{"hourly>", "59:59"}:        "",
		{"hourly>", "90:00"}:        "90:00 is no time on a clock: it runs 1h30m0s after the session time",
		{"weekly>", "Mon,30:00:00"}: "30:00:00 is no time on a clock: it runs 30h0m0s after the session time",
		{"minutes_interval>", "90"}: "",
		{"cron>", "0 7 * * *"}:      "",
	} {
		s, err := schedule.Parse(params.Of(command[0], command[1]), time.UTC)
		if err != nil || s.Doubt != want {
			t.Errorf("%v: %v, got %q, want %q", command, err, s.Doubt, want)
		}
	}
}

func TestHintsOfferWhatIsNear(t *testing.T) {
	t.Parallel()
	for want, config := range map[string][]any{
		`did you mean "daily"?`:            {"dayly>", "07:00:00"},
		`did you mean "skip_on_overtime"?`: {"daily>", "07:00:00", "skip_on_overtme", true},
	} {
		if _, err := schedule.Parse(params.Of(config...), time.UTC); model.HintsOf(err) != want {
			t.Errorf("hint %q, want %q", model.HintsOf(err), want)
		}
	}
}

func TestAlarmsAreChecked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		config    []any
		key, want string
	}{
		{[]any{"time", "03:00", "+a", params.Map{}}, "", ""},
		{[]any{"time", "03:00:10"}, "", ""},
		{[]any{"duration", "01:30:00"}, "", ""},
		{[]any{"duration", "1h 30m"}, "", ""},
		{[]any{"time", "24:00"}, "", ""},
		{[]any{"time", "99:00"}, "time", "time must be a time of day from 00:00 to 24:00, not 99:00"},
		{[]any{"time", "24:01"}, "time", "time must be a time of day from 00:00 to 24:00, not 24:01"},
		{[]any{"time", "12:60"}, "time", "time must be a time of day from 00:00 to 24:00, not 12:60"},
		{[]any{"time", "12:00:61"}, "time", "time must be a time of day from 00:00 to 24:00, not 12:00:61"},
		{[]any{"duration", "99:00"}, "", ""},
		{[]any{"time", 99}, "time", "time must be HH:MM or HH:MM:SS, not 99"},
		{[]any{"time", "3 pm"}, "time", "time must be HH:MM or HH:MM:SS, not 3 pm"},
		{[]any{"duration", "soon"}, "duration", "duration must be HH:MM:SS or a time such as 1h 30m, not soon"},
		{[]any{"duration", []any{}}, "duration", "duration must be HH:MM:SS or a time such as 1h 30m, not []"},
		{[]any{"time", "03:00", "duration", "1h"}, "duration", "an sla has either a time or a duration"},
		{[]any{"alert", true}, "", "an sla needs a time or a duration"},
	} {
		key, err := schedule.CheckSLA(params.Of(tt.config...))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if key != tt.key || got != tt.want {
			t.Errorf("%v: got %q, %q, want %q, %q", tt.config, key, got, tt.key, tt.want)
		}
	}
}

func TestAFaultNamesTheKeyThatItIsAbout(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		config    []any
		key, want string
	}{
		{[]any{"daily>", "noon"}, "daily>", "daily>: scheduler requires HH:MM:SS format: noon"},
		{[]any{"_type", "daily", "_command", "noon"}, "_command", "daily>: scheduler requires HH:MM:SS format: noon"},
		{[]any{"dayly>", "07:00:00"}, "dayly>", `unknown type of schedule "dayly"`},
		{[]any{"start", "2016-01-01", "daily", "07:00:00"}, "daily", "a schedule needs one key that says its type, such as daily>: 07:00:00, but has 0"},
		{[]any{"daily>", "1:00:00", "cron>", "* * * * *"}, "", "a schedule needs one key that says its type, such as daily>: 07:00:00, but has 2"},
		{[]any{"daily>", "07:00:00", "skip_delyed_by", "1h"}, "skip_delyed_by", `a daily schedule has no key "skip_delyed_by"`},
		{[]any{"daily>", "07:00:00", "start", "soon"}, "start", "Invalid start: soon (it must be a day as in 2016-01-30)"},
		{[]any{"daily>", "07:00:00", "catch_up", []any{1}}, "catch_up", "catch_up must be none, latest, all or a number from 1 to 1000"},
		{[]any{"daily>", "07:00:00", "catch_up", "lates"}, "catch_up", `catch_up: "lates" is none of none, latest, all and a number from 1 to 1000`},
		{[]any{"daily>", "07:00:00", "skip_delayed_by", "soon"}, "skip_delayed_by", `skip_delayed_by: invalid duration "soon"`},
		{[]any{"daily>", "07:00:00", "params", 3}, "params", "Expected object type for key 'params' but got 3 (number)"},
		{[]any{"cron>", "* * * * *", "delay", -1}, "delay", "delay must be a number of seconds from 0 on: -1"},
	} {
		_, key, err := schedule.Check(params.Of(tt.config...), time.UTC)
		if err == nil || key != tt.key || err.Error() != tt.want {
			t.Errorf("%v: got %q, %v, want %q, %s", tt.config, key, err, tt.key, tt.want)
		}
	}
	_, err := schedule.Parse(params.Of("daily", "07:00:00"), time.UTC)
	if hint := model.HintsOf(err); hint != `did you mean "daily>"?` {
		t.Errorf("a type without its sign: hint %q", hint)
	}
}

func TestHintsListWhatThereIs(t *testing.T) {
	t.Parallel()
	_, err := schedule.Parse(params.Of("cron>", "* * * * *", "tz", "UTC"), time.UTC)
	want := "it has the keys cron>, start, end, catch_up, skip_on_overtime, skip_delayed_by, params, delay"
	if hint := model.HintsOf(err); hint != want {
		t.Errorf("unknown key: hint %q, want %q", hint, want)
	}
	_, err = schedule.Parse(params.Of("crontab>", "* * * * *"), time.UTC)
	want = "the types are hourly, daily, weekly, monthly, minutes_interval, cron, seconds_interval"
	if hint := model.HintsOf(err); hint != want {
		t.Errorf("unknown type: hint %q, want %q", hint, want)
	}
}

func TestCauseOfAFaultIsKept(t *testing.T) {
	t.Parallel()
	_, err := schedule.Parse(params.Of("daily>", "07:00:00", "skip_delayed_by", "soon"), time.UTC)
	if hint := model.HintsOf(err); !strings.Contains(hint, "1d 2h 3m 4s") {
		t.Errorf("hint %q does not show a duration", hint)
	}
	_, err = schedule.Parse(params.Of("daily>", nil), time.UTC)
	var missing *params.MissingError
	if !errors.As(err, &missing) || missing.Key != "daily>" {
		t.Errorf("error %v does not say which parameter is missing", err)
	}
}

func TestDurationsAreWrittenWithoutZeroEnds(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		48 * time.Hour: "48h", 90 * time.Minute: "1h30m", time.Minute: "1m", 90 * time.Second: "1m30s", 5 * time.Second: "5s", time.Hour + time.Second: "1h0m1s", 0: "0s",
	} {
		if got := schedule.FormatDuration(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
		if back, err := schedule.ParseDuration(want); err != nil || back != d {
			t.Errorf("%s is read as %v, error %v", want, back, err)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1d 2h 3m 4s":   26*time.Hour + 3*time.Minute + 4*time.Second,
		"1d2h3m4s":      26*time.Hour + 3*time.Minute + 4*time.Second,
		" 10 M  5 S\t":  10*time.Minute + 5*time.Second,
		"90m":           90 * time.Minute,
		"0s":            0,
		"100000d":       100_000 * 24 * time.Hour,
		"9223372036s":   9_223_372_036 * time.Second,
		"0d 0h 0m 001s": time.Second,
	} {
		if got, err := schedule.ParseDuration(text); err != nil || got != want {
			t.Errorf("%q is %v, error %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "  ", "1", "5 minutes", "1h 1d", "-1s", "1.5h", "1s 1s", "1d 2", "4ſ", "٣s",
		"9223372037s", "106752d", "99999999999999999999s", "106751d 24h"} {
		got, err := schedule.ParseDuration(text)
		if model.CodeOf(err) != model.Invalid || got != 0 {
			t.Errorf("%q is %v, error %v, want it refused", text, got, err)
		}
	}
}
