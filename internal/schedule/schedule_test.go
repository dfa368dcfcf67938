package schedule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/schedule"
)

func zone(t rapid.TB, name string) *time.Location {
	t.Helper()
	z, err := schedule.ParseZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// at reads an instant such as "2016-02-03 10:00:00 +0900".
func at(t rapid.TB, text string) time.Time {
	t.Helper()
	v, err := time.Parse("2006-01-02 15:04:05 -0700", text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func parse(t rapid.TB, zoneName string, config ...any) *schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(params.Of(config...), zone(t, zoneName))
	if err != nil {
		t.Fatalf("Parse %v: %v", config, err)
	}
	return s
}

// check compares a slot with the session and run time wanted.
func check(t *testing.T, what string, got schedule.Time, session, run string) {
	t.Helper()
	want := schedule.Time{Session: at(t, session).UTC(), Run: at(t, run).UTC()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestFirstSlotIsTheEarliestDueNowOrLater(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind, command, zone string
		now, session, run   string
	}{
		{"hourly>", "30:10", "UTC", "2016-02-03 10:30:10 +0000", "2016-02-03 10:00:00 +0000", "2016-02-03 10:30:10 +0000"},
		{"hourly>", "30:10", "UTC", "2016-02-03 10:30:11 +0000", "2016-02-03 11:00:00 +0000", "2016-02-03 11:30:10 +0000"},
		{"hourly>", "30:10", "Asia/Kolkata", "2016-02-03 10:30:10 +0000", "2016-02-03 10:30:00 +0000", "2016-02-03 11:00:10 +0000"},
		{"daily>", "10:00:00", "UTC", "2016-02-03 09:00:00 +0000", "2016-02-03 00:00:00 +0000", "2016-02-03 10:00:00 +0000"},
		{"daily>", "10:00:00", "UTC", "2016-02-03 10:00:00 +0000", "2016-02-03 00:00:00 +0000", "2016-02-03 10:00:00 +0000"},
		{"daily>", "10:00:00", "UTC", "2016-02-03 16:00:00 +0000", "2016-02-04 00:00:00 +0000", "2016-02-04 10:00:00 +0000"},
		{"daily>", "00:00:00", "UTC", "2016-02-03 00:00:00 +0000", "2016-02-03 00:00:00 +0000", "2016-02-03 00:00:00 +0000"},
		{"daily>", "10:00:00", "Asia/Tokyo", "2016-02-03 09:00:00 +0900", "2016-02-03 00:00:00 +0900", "2016-02-03 10:00:00 +0900"},
		{"daily>", "10:00:00", "+09:00", "2016-02-03 16:00:00 +0900", "2016-02-04 00:00:00 +0900", "2016-02-04 10:00:00 +0900"},
		// More than a day late: the session of the day before yesterday.
		{"daily>", "49:00:00", "UTC", "2016-02-03 00:30:00 +0000", "2016-02-01 00:00:00 +0000", "2016-02-03 01:00:00 +0000"},
		{"weekly>", "Wed,17:15:00", "UTC", "2016-02-03 17:15:00 +0000", "2016-02-03 00:00:00 +0000", "2016-02-03 17:15:00 +0000"},
		{"weekly>", "Wed,17:15:00", "UTC", "2016-02-03 17:15:01 +0000", "2016-02-10 00:00:00 +0000", "2016-02-10 17:15:00 +0000"},
		{"weekly>", "3,17:15:00", "UTC", "2016-02-01 00:00:00 +0000", "2016-02-03 00:00:00 +0000", "2016-02-03 17:15:00 +0000"},
		{"weekly>", "7,00:00:00", "UTC", "2016-02-01 00:00:00 +0000", "2016-02-07 00:00:00 +0000", "2016-02-07 00:00:00 +0000"},
		{"weekly>", "Mon-Fri, 01:00:00", "UTC", "2016-02-06 00:00:00 +0000", "2016-02-08 00:00:00 +0000", "2016-02-08 01:00:00 +0000"},
		{"weekly>", "Tue,Sat,01:00:00", "UTC", "2016-02-03 00:00:00 +0000", "2016-02-06 00:00:00 +0000", "2016-02-06 01:00:00 +0000"},
		{"monthly>", "1,09:00:00", "UTC", "2016-02-03 00:00:00 +0000", "2016-03-01 00:00:00 +0000", "2016-03-01 09:00:00 +0000"},
		{"monthly>", "31,09:00:00", "UTC", "2016-02-01 00:00:00 +0000", "2016-03-31 00:00:00 +0000", "2016-03-31 09:00:00 +0000"},
		{"monthly>", "29,09:00:00", "UTC", "2015-02-01 00:00:00 +0000", "2015-03-29 00:00:00 +0000", "2015-03-29 09:00:00 +0000"},
		{"monthly>", "L,09:00:00", "UTC", "2016-02-03 00:00:00 +0000", "2016-02-29 00:00:00 +0000", "2016-02-29 09:00:00 +0000"},
		{"minutes_interval>", "25", "UTC", "2016-02-03 10:51:00 +0000", "2016-02-03 11:00:00 +0000", "2016-02-03 11:00:00 +0000"},
		{"minutes_interval>", "90", "UTC", "2016-02-03 10:01:00 +0000", "2016-02-03 11:00:00 +0000", "2016-02-03 11:00:00 +0000"},
		{"seconds_interval>", "45", "UTC", "1970-01-01 00:01:31 +0000", "1970-01-01 00:02:15 +0000", "1970-01-01 00:02:15 +0000"},
		{"seconds_interval>", "45", "UTC", "1970-01-01 00:01:30 +0000", "1970-01-01 00:01:30 +0000", "1970-01-01 00:01:30 +0000"},
		{"seconds_interval>", "45", "UTC", "1969-12-31 23:59:30 +0000", "1970-01-01 00:00:00 +0000", "1970-01-01 00:00:00 +0000"},
		{"cron>", "00 10 * * *", "UTC", "2016-02-03 10:00:00 +0000", "2016-02-03 10:00:00 +0000", "2016-02-03 10:00:00 +0000"},
		{"cron>", "00 10 * * *", "UTC", "2016-02-03 10:00:01 +0000", "2016-02-04 10:00:00 +0000", "2016-02-04 10:00:00 +0000"},
		// Both days must match: the next Friday the 13th.
		{"cron>", "0 0 13 * Fri", "UTC", "2016-02-01 00:00:00 +0000", "2016-05-13 00:00:00 +0000", "2016-05-13 00:00:00 +0000"},
		{"cron>", "0 5 * * *|8 10 * * *|22 17 * * *", "UTC", "2016-02-03 06:00:00 +0000", "2016-02-03 10:08:00 +0000", "2016-02-03 10:08:00 +0000"},
		{"cron>", "0 0 29 2 Mon", "UTC", "2016-02-29 00:00:01 +0000", "2044-02-29 00:00:00 +0000", "2044-02-29 00:00:00 +0000"},
		{"cron>", "0 0 29 2 Mon", "UTC", "2072-03-01 00:00:00 +0000", "2112-02-29 00:00:00 +0000", "2112-02-29 00:00:00 +0000"},
	} {
		s := parse(t, tt.zone, tt.kind, tt.command)
		check(t, tt.kind+" "+tt.command+" from "+tt.now, s.First(at(t, tt.now)), tt.session, tt.run)
	}
}

func TestDelayMovesTheRunTimeOnly(t *testing.T) {
	t.Parallel()
	for _, kind := range [][2]string{{"cron>", "0 * * * *"}, {"minutes_interval>", "60"}, {"seconds_interval>", "3600"}} {
		s := parse(t, "UTC", kind[0], kind[1], "delay", 90)
		check(t, kind[0], s.First(at(t, "2016-02-03 10:01:00 +0000")), "2016-02-03 10:00:00 +0000", "2016-02-03 10:01:30 +0000")
		check(t, kind[0], s.First(at(t, "2016-02-03 10:01:31 +0000")), "2016-02-03 11:00:00 +0000", "2016-02-03 11:01:30 +0000")
		check(t, kind[0], s.NextAfter(at(t, "2016-02-03 10:00:00 +0000")), "2016-02-03 11:00:00 +0000", "2016-02-03 11:01:30 +0000")
	}
}

func TestNextAndLastGoBySessionTime(t *testing.T) {
	t.Parallel()
	daily := parse(t, "America/Los_Angeles", "daily>", "10:00:00")
	// The clock of this day has 23 hours, so that ten hours later it is 11:00.
	check(t, "first", daily.First(at(t, "2016-03-13 09:00:00 -0700")), "2016-03-13 00:00:00 -0800", "2016-03-13 11:00:00 -0700")
	check(t, "next", daily.NextAfter(at(t, "2016-03-12 00:00:00 -0800")), "2016-03-13 00:00:00 -0800", "2016-03-13 10:00:00 -0800")
	check(t, "next", daily.NextAfter(at(t, "2016-03-13 00:00:00 -0800")), "2016-03-14 00:00:00 -0700", "2016-03-14 10:00:00 -0700")
	check(t, "last", daily.LastBefore(at(t, "2016-03-14 00:00:00 -0700")), "2016-03-13 00:00:00 -0800", "2016-03-13 10:00:00 -0800")
	check(t, "last", daily.LastBefore(at(t, "2016-03-13 00:00:00 -0800")), "2016-03-12 00:00:00 -0800", "2016-03-12 10:00:00 -0800")

	weekly := parse(t, "America/Los_Angeles", "weekly>", "Sat,17:15:00")
	check(t, "next", weekly.NextAfter(at(t, "2016-03-13 12:34:56 -0700")), "2016-03-19 00:00:00 -0700", "2016-03-19 17:15:00 -0700")
	check(t, "last", weekly.LastBefore(at(t, "2016-03-13 12:34:56 -0700")), "2016-03-12 00:00:00 -0800", "2016-03-12 17:15:00 -0800")

	seconds := parse(t, "UTC", "seconds_interval>", 45)
	check(t, "next", seconds.NextAfter(at(t, "1970-01-01 00:00:45 +0000")), "1970-01-01 00:01:30 +0000", "1970-01-01 00:01:30 +0000")
	check(t, "last", seconds.LastBefore(at(t, "1970-01-01 00:00:45 +0000")), "1970-01-01 00:00:00 +0000", "1970-01-01 00:00:00 +0000")
}

// slots lists the session times of a cron schedule from one instant to
// another, as the clock of the zone shows them.
func slots(t *testing.T, pattern, zoneName, from, to string) []string {
	t.Helper()
	s := parse(t, zoneName, "cron>", pattern)
	var list []string
	for slot := s.First(at(t, from)); !slot.Session.After(at(t, to)); slot = s.NextAfter(slot.Session) {
		list = append(list, slot.Session.In(zone(t, zoneName)).Format("2 15:04 -07"))
	}
	return list
}

func TestChangesOfTheClock(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, pattern, zone, from, to string
		want                          string
	}{
		{"a skipped time happens as late as the clock jumps", "30 2 * * *", "America/Los_Angeles",
			"2026-03-07 00:00:00 -0800", "2026-03-09 12:00:00 -0700", "7 02:30 -08, 8 03:30 -07, 9 02:30 -07"},
		{"a skipped full hour happens at the jump", "0 2 * * *", "Europe/Berlin",
			"2026-03-28 00:00:00 +0100", "2026-03-30 12:00:00 +0200", "28 02:00 +01, 29 03:00 +02, 30 02:00 +02"},
		{"what falls on one instant happens once", "0 2,3 * * *", "Europe/Berlin",
			"2026-03-28 12:00:00 +0100", "2026-03-29 12:00:00 +0200", "29 03:00 +02"},
		{"a repeated time happens the first time", "30 1 * * *", "America/Los_Angeles",
			"2026-10-31 00:00:00 -0700", "2026-11-02 12:00:00 -0800", "31 01:30 -07, 1 01:30 -07, 2 01:30 -08"},
		{"a repeated time happens the first time", "15,45 2 * * *", "Europe/Berlin",
			"2026-10-25 00:00:00 +0200", "2026-10-25 12:00:00 +0100", "25 02:15 +02, 25 02:45 +02"},
		{"every hour leaves out the skipped one", "0 * * * *", "America/Los_Angeles",
			"2026-03-08 00:00:00 -0800", "2026-03-08 05:00:00 -0700", "8 00:00 -08, 8 01:00 -08, 8 03:00 -07, 8 04:00 -07, 8 05:00 -07"},
		{"every hour happens in the repeated one", "0 * * * *", "America/Los_Angeles",
			"2026-11-01 00:00:00 -0700", "2026-11-01 03:00:00 -0800", "1 00:00 -07, 1 01:00 -07, 1 01:00 -08, 1 02:00 -08, 1 03:00 -08"},
		{"half hours follow the time that passes", "*/30 * * * *", "Europe/Berlin",
			"2026-10-25 02:00:00 +0200", "2026-10-25 03:00:00 +0100", "25 02:00 +02, 25 02:30 +02, 25 02:00 +01, 25 02:30 +01, 25 03:00 +01"},
		{"a day without midnight begins when its clock does", "0 0 * * *", "Africa/Cairo",
			"2026-04-23 00:00:00 +0200", "2026-04-25 12:00:00 +0300", "23 00:00 +02, 24 01:00 +03, 25 00:00 +03"},
		{"a day with two midnights begins with the first", "0 0 * * *", "Atlantic/Azores",
			"2026-10-24 00:00:00 +0000", "2026-10-26 12:00:00 -0100", "24 00:00 +00, 25 00:00 +00, 26 00:00 -01"},
		{"a clock that jumps by half an hour", "15 2 * * *", "Australia/Lord_Howe",
			"2026-10-04 00:00:00 +1030", "2026-10-05 12:00:00 +1100", "4 02:45 +11, 5 02:15 +11"},
		{"a zone that skipped a day", "0 0 * * *", "Pacific/Apia",
			"2011-12-29 00:00:00 -1000", "2012-01-01 00:00:00 +1400", "29 00:00 -10, 31 00:00 +14, 1 00:00 +14"},
		{"the end of a leap year beyond the tables of the zone", "0 0 * * *", "America/Los_Angeles",
			"2040-12-29 00:00:00 -0800", "2041-01-01 00:00:00 -0800", "29 00:00 -08, 30 00:00 -08, 31 00:00 -08, 1 00:00 -08"},
	} {
		if got := strings.Join(slots(t, tt.pattern, tt.zone, tt.from, tt.to), ", "); got != tt.want {
			t.Errorf("%s: %s in %s\n got %s\nwant %s", tt.name, tt.pattern, tt.zone, got, tt.want)
		}
	}
}

func TestEveryDayHasOneSession(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/Los_Angeles", "Europe/Berlin", "Africa/Cairo", "America/Havana", "Australia/Lord_Howe", "America/Sao_Paulo"} {
		s, z := parse(t, name, "daily>", "30:00:00"), zone(t, name)
		slot := s.First(at(t, "2005-01-02 00:00:00 +0000"))
		for day := slot.Session.In(z); day.Year() < 2030; {
			slot = s.NextAfter(slot.Session)
			next := slot.Session.In(z)
			y, m, d := day.Date()
			if ny, nm, nd := next.Date(); time.Date(ny, nm, nd, 0, 0, 0, 0, time.UTC) != time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC) {
				t.Fatalf("%s: after the session of %v comes %v", name, day, next)
			}
			day = next
		}
	}
}

func TestStartAndEndLimitTheRunTime(t *testing.T) {
	t.Parallel()
	s := parse(t, "Asia/Tokyo", "daily>", "10:00:00", "start", "2016-02-03", "end", "2016-02-05")
	first := s.First(at(t, "2016-01-01 00:00:00 +0900"))
	check(t, "first, before the start", first, "2016-02-03 00:00:00 +0900", "2016-02-03 10:00:00 +0900")
	check(t, "next, before the start", s.NextAfter(at(t, "2016-01-01 00:00:00 +0900")), "2016-02-03 00:00:00 +0900", "2016-02-03 10:00:00 +0900")
	check(t, "first, on the last day", s.First(at(t, "2016-02-05 10:00:00 +0900")), "2016-02-05 00:00:00 +0900", "2016-02-05 10:00:00 +0900")
	never := schedule.Time{Session: schedule.Never, Run: schedule.Never}
	if got := s.NextAfter(at(t, "2016-02-05 00:00:00 +0900")); got != never {
		t.Errorf("next after the last day: %v, want never", got)
	}
	if got := s.First(at(t, "2016-02-05 10:00:01 +0900")); got != never {
		t.Errorf("first when all is over: %v, want never", got)
	}
	check(t, "last, after the end", s.LastBefore(at(t, "2020-01-01 00:00:00 +0900")), "2019-12-31 00:00:00 +0900", "2019-12-31 10:00:00 +0900")

	// The session of the last day would run on the day after it.
	late := parse(t, "UTC", "daily>", "24:00:00", "start", "2016-02-03", "end", "2016-02-05")
	check(t, "first of a late one", late.First(at(t, "2016-01-01 00:00:00 +0000")), "2016-02-03 00:00:00 +0000", "2016-02-04 00:00:00 +0000")
	check(t, "first of a late one, just before the start", late.First(at(t, "2016-02-02 12:00:00 +0000")), "2016-02-02 00:00:00 +0000", "2016-02-03 00:00:00 +0000")
	if got := late.NextAfter(at(t, "2016-02-04 00:00:00 +0000")); got != never {
		t.Errorf("late one after the last day: %v, want never", got)
	}

	none := parse(t, "UTC", "weekly>", "Wed,00:00:00", "start", "2016-02-04", "end", "2016-02-09")
	if got := none.First(at(t, "2016-01-01 00:00:00 +0000")); got != never {
		t.Errorf("no Wednesday between start and end, but %v", got)
	}
	seconds := parse(t, "UTC", "seconds_interval>", 10, "start", "2016-02-03", "end", "2016-02-03")
	check(t, "seconds", seconds.First(at(t, "2016-01-01 00:00:00 +0000")), "2016-02-03 00:00:00 +0000", "2016-02-03 00:00:00 +0000")
	if got := seconds.NextAfter(at(t, "2016-02-03 23:59:50 +0000")); got != never {
		t.Errorf("seconds after the last day: %v, want never", got)
	}
}

func TestNeverStaysNever(t *testing.T) {
	t.Parallel()
	never := schedule.Time{Session: schedule.Never, Run: schedule.Never}
	for _, kind := range [][2]string{{"daily>", "07:00:00"}, {"seconds_interval>", "7"}} {
		s := parse(t, "UTC", kind[0], kind[1])
		if got := s.NextAfter(schedule.Never); got != never {
			t.Errorf("%s: after never comes %v", kind[0], got)
		}
		if got := s.First(schedule.Never.Add(1)); got != never {
			t.Errorf("%s: first after never is %v", kind[0], got)
		}
	}
}

func TestImpossibleDatesNeverCome(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"0 0 30 2 *", "0 0 31 4,6,9,11 *", "* * 31 feb *"} {
		for _, name := range []string{"UTC", "Europe/Berlin"} {
			s := parse(t, name, "cron>", pattern)
			now := at(t, "2016-01-01 00:00:00 +0000")
			if got := s.First(now); !got.Session.Equal(schedule.Never) || !got.Run.Equal(schedule.Never) {
				t.Errorf("%s in %s: first slot %v, want never", pattern, name, got)
			}
			if got := s.LastBefore(now); !got.Session.IsZero() || !got.Run.IsZero() {
				t.Errorf("%s in %s: last slot %v, want none", pattern, name, got)
			}
		}
	}
}

// drawSchedule draws a schedule of any kind without an end, and its start.
func drawSchedule(t *rapid.T) (s *schedule.Schedule, start time.Time) {
	number := func(name string, from, to int) int { return rapid.IntRange(from, to).Draw(t, name) }
	pick := func(list ...string) string { return rapid.SampledFrom(list).Draw(t, "of") }
	config := [][]any{
		{"hourly>", pick("00:00", "30:15", "90:00")},
		{"daily>", pick("00:00:00", "07:30:00", "31:00:01")},
		{"weekly>", pick("Sun,00:00:00", "1-5,12:00:00")},
		{"monthly>", pick("1,00:00:00", "31,07:00:00", "L,50:00:00")},
		{"minutes_interval>", number("minutes", 1, 100), "delay", number("delay", 0, 5000)},
		{"seconds_interval>", number("seconds", 1, 100_000), "delay", number("delay", 0, 5000)},
		{"cron>", pick("30 2 * * *", "15,45 1-3 * * *", "*/7 */5 * * *", "0 0 29 2 *", "0 3 * * 0|30 1 1 * *"), "delay", number("delay", 0, 5000)},
	}[number("kind", 0, 6)]
	zoneName := pick("UTC", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata", "Africa/Cairo", "Atlantic/Azores")
	if rapid.Bool().Draw(t, "started") {
		start = time.Date(2015, 6, 1, 0, 0, 0, 0, zone(t, zoneName))
		config = append(config, "start", "2015-06-01")
	}
	return parse(t, zoneName, config...), start
}

func drawTime(t *rapid.T) time.Time {
	seconds := rapid.Int64Range(1.3e9, 2.5e9).Draw(t, "seconds")
	return time.Unix(seconds, rapid.Int64Range(0, 1).Draw(t, "nanoseconds"))
}

func TestSlotsIncreaseAndLeadBack(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		s, start := drawSchedule(t)
		now := drawTime(t)
		first := s.First(now)
		if first.Run.Before(now) {
			t.Fatalf("first slot %v is due before %v", first, now)
		}
		slot := first
		for range 20 {
			next := s.NextAfter(slot.Session)
			if !next.Session.After(slot.Session) || !next.Run.After(slot.Run) {
				t.Fatalf("after %v comes %v", slot, next)
			}
			if last := s.LastBefore(next.Session); last != slot {
				t.Fatalf("before %v comes %v, want %v", next, last, slot)
			}
			if last := s.LastBefore(slot.Session.Add(1)); last != slot {
				t.Fatalf("the last slot up to %v is %v", slot, last)
			}
			slot = next
		}
		// No slot that is due lies between now and the first one.
		if before := s.LastBefore(first.Session); !before.Run.Before(now) && !before.Session.Before(start) {
			t.Fatalf("slot %v is due from %v on, but the first is %v", before, now, first)
		}
	})
}

func BenchmarkNextAfter(b *testing.B) {
	berlin := must(schedule.ParseZone("Europe/Berlin"))
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, pattern := range map[string]string{
		"quarter hours":       "*/15 * * * *",
		"29 February":         "0 0 29 2 *",
		"Monday, 29 February": "0 0 29 2 1",
		"30 February":         "0 0 30 2 *",
	} {
		s := must(schedule.Parse(params.Of("cron>", pattern), berlin))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.NextAfter(now)
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
