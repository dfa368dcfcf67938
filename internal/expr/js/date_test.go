package js_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/expr/js"
	"github.com/pawlhq/pawl/internal/prop"
)

func zone(t *testing.T, name string) js.Zone {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return js.In(loc)
}

// millis draws time values within what Go's own calendar can check.
var millis = rapid.Int64Range(-8_000_000_000_000_000, 8_000_000_000_000_000)

func TestFieldsAreThoseOfTheCalendar(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		ms := millis.Draw(t, "ms")
		f, want := js.FieldsOf(float64(ms)), time.UnixMilli(ms).UTC()
		got := time.Date(f.Year, time.Month(f.Month+1), f.Day, f.Hour, f.Minute, f.Second, f.Milli*1e6, time.UTC)
		if !got.Equal(want) || f.Year != want.Year() || f.Weekday != int(want.Weekday()) {
			t.Fatalf("%d is %+v, want %v", ms, f, want)
		}
	})
}

func TestLocalTimeLeadsBack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z := zone(t, name)
			prop.Check(t, func(t *rapid.T) {
				instant := float64(rapid.Int64Range(0, 4e12).Draw(t, "ms"))
				if back := z.UTC(z.Local(instant)); z.Local(back) != z.Local(instant) || back > instant {
					t.Fatalf("%v is %v in local time, which leads to %v", instant, z.Local(instant), back)
				}
			})
		})
	}
}

func TestLocalTimesAtClockChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, want string
		local            [7]float64
	}{
		{"skipped hour", "America/Los_Angeles", "2016-03-13T10:30:00.000Z", [7]float64{2016, 2, 13, 2, 30}},
		{"repeated hour", "America/Los_Angeles", "2016-11-06T08:30:00.000Z", [7]float64{2016, 10, 6, 1, 30}},
		{"skipped half hour", "Australia/Lord_Howe", "2016-10-01T15:45:00.000Z", [7]float64{2016, 9, 2, 2, 15}},
		{"repeated half hour", "Australia/Lord_Howe", "2016-04-02T14:45:00.000Z", [7]float64{2016, 3, 3, 1, 45}},
		{"skipped day", "Pacific/Apia", "2011-12-30T22:00:00.000Z", [7]float64{2011, 11, 30, 12}},
		{"carried components", "UTC", "2017-03-01T00:59:00.000Z", [7]float64{2016, 13, 29, 0, 59}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := js.ISO(zone(t, c.zone).Date(c.local)); got != c.want {
				t.Errorf("%v is %s, want %s", c.local, got, c.want)
			}
		})
	}
}

func TestSettingFields(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/Berlin")
	start := z.Date([7]float64{2016, 0, 31, 12})
	for _, c := range []struct {
		name, want string
		got        float64
	}{
		{"a month that is too short carries over", "2016-03-02T11:00:00.000Z", z.Set(start, js.Month, 1)},
		{"several fields at once", "2016-02-29T11:00:00.000Z", z.Set(start, js.Month, 1, 29)},
		{"the clock over a change", "2016-07-31T10:00:00.000Z", z.Set(start, js.Month, 6)},
		{"an invalid date by its year", "2015-12-31T23:00:00.000Z", z.Set(math.NaN(), js.Year, 2016)},
	} {
		if got := js.ISO(c.got); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for name, got := range map[string]float64{
		"an invalid date by its month": z.Set(math.NaN(), js.Month, 1),
		"nonsense":                     z.Set(start, js.Hour, math.NaN()),
		"beyond the range of dates":    z.Set(start, js.Year, 300_000),
	} {
		if !math.IsNaN(got) {
			t.Errorf("%s is %v, want no number", name, got)
		}
	}
}

func TestParsingDates(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Tokyo")
	for text, want := range map[string]string{
		"2016-01-31":                       "2016-01-31T00:00:00.000Z",
		"2016-01":                          "2016-01-01T00:00:00.000Z",
		"2016":                             "2016-01-01T00:00:00.000Z",
		"2016-01-31T10:00":                 "2016-01-31T01:00:00.000Z",
		"2016-01-31T10:00:00.123456Z":      "2016-01-31T10:00:00.123Z",
		"2016-01-31T24:00:00+05:30":        "2016-01-31T18:30:00.000Z",
		"+002016-01-31T00:00:00-0800":      "2016-01-31T08:00:00.000Z",
		"2016-01-31 10:00:00":              "2016-01-31T01:00:00.000Z",
		"2016/1/31":                        "2016-01-30T15:00:00.000Z",
		"Jan 31, 2016 10:00 PM":            "2016-01-31T13:00:00.000Z",
		"31 January 2016 10:00 GMT+0900":   "2016-01-31T01:00:00.000Z",
		"Sun Jan 31 2016 00:00:00 EST (x)": "2016-01-31T05:00:00.000Z",
		"1/31/16 12:30 AM":                 "2016-01-30T15:30:00.000Z",
		"1/31/70":                          "1970-01-30T15:00:00.000Z",
		"Jan-31-2016 10::30":               "2016-01-31T01:00:30.000Z",
		"2016-01-31 10:00:00.5 UTC":        "2016-01-31T10:00:00.500Z",
		"2016-01-31 10:00 +5:30":           "2016-01-31T04:30:00.000Z",
	} {
		got := z.Parse(text)
		if math.IsNaN(got) || js.ISO(got) != want {
			t.Errorf("%q is %v, want %s", text, got, want)
		}
	}
	for _, text := range []string{
		"", "x", "2016-13-01", "2016-01-31T10", "2016-01-31T25:00", "2016-01-31T10:00 PM", "31 Foo 2016", "x1", "1/2/3/4", "13:00 PM 1/1/2016",
		"2016-01-31 24:01", "1/1/2016)",
	} {
		if got := z.Parse(text); !math.IsNaN(got) {
			t.Errorf("%q is %s, want no date", text, js.ISO(got))
		}
	}
}

func TestDatesAsText(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/Los_Angeles")
	date := z.Date([7]float64{2016, 0, 31, 15, 4, 5, 6})
	for want, got := range map[string]string{
		"2016-01-31T23:04:05.006Z":                   js.ISO(date),
		"-000001-01-01T00:00:00.000Z":                js.ISO(js.MakeDate([7]float64{js.Year: -1, js.Day: 1})),
		"+010000-01-01T00:00:00.000Z":                js.ISO(js.MakeDate([7]float64{js.Year: 10000, js.Day: 1})),
		"Sun Jan 31 2016 15:04:05 GMT-0800 (PST)":    z.String(date),
		"Sun Jan 31 2016":                            z.DateString(date),
		"1/31/2016, 3:04:05 PM":                      z.LocaleString(date),
		"Thu Jan 01 1970 00:00:00 GMT+0000 (UTC)":    js.Zone{}.String(0),
		js.InvalidDate:                               z.String(math.NaN()),
		"12:00:00 AM":                                js.Zone{}.LocaleTimeString(0),
		"Fri Dec 31 -000001 00:00:00 GMT+0000 (UTC)": js.Zone{}.String(js.MakeDate([7]float64{js.Year: 0, js.Day: 0})),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
