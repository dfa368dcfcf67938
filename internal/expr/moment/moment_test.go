package moment_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/expr/js"
	"github.com/pawlhq/pawl/internal/expr/moment"
)

// noon is the time of the clock.
var noon = time.Date(2016, 1, 30, 12, 0, 0, 0, time.UTC)

func newLib(t testing.TB, zone string) *moment.Lib {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return moment.New(loc, func() time.Time { return noon })
}

// step is a call of a method.
type step struct {
	method string
	args   []moment.Value
}

func do(method string, args ...moment.Value) step { return step{method, args} }

// run calls methods one after the other, each on what the one before returned.
func run(t testing.TB, v moment.Value, steps ...step) moment.Value {
	t.Helper()
	for _, s := range steps {
		lookUp := moment.Method
		if _, ok := v.(*moment.Duration); ok {
			lookUp = moment.DurationMethod
		}
		f, ok := lookUp(s.method)
		if !ok {
			t.Fatalf("there is no method %s", s.method)
		}
		var err error
		if v, err = f(v, s.args...); err != nil {
			t.Fatalf("%s: %v", s.method, err)
		}
	}
	return v
}

func static(t testing.TB, l *moment.Lib, name string, args ...moment.Value) moment.Value {
	t.Helper()
	v, _ := l.Static(name)
	f, ok := v.(moment.Func)
	if !ok {
		t.Fatalf("moment.%s is no function", name)
	}
	v, err := f(moment.Undefined{}, args...)
	if err != nil {
		t.Fatalf("moment.%s: %v", name, err)
	}
	return v
}

func show(v moment.Value) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case float64:
		return js.FormatNumber(v)
	case []moment.Value:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = show(e)
		}
		return strings.Join(parts, " ")
	case *moment.Object:
		text, _ := json.Marshal(v.Properties) // a test's own values have no errors
		return string(text)
	}
	return fmt.Sprint(v)
}

func object(pairs ...any) *moment.Object {
	o := &moment.Object{}
	for i := 0; i < len(pairs); i += 2 {
		o.Properties = append(o.Properties, moment.Property{Name: pairs[i].(string), Value: pairs[i+1]})
	}
	return o
}

type list = []moment.Value

var undefined = moment.Undefined{}

func TestMomentsAreMadeOf(t *testing.T) {
	t.Parallel()
	l := newLib(t, "America/Los_Angeles")
	for _, c := range []struct {
		name string
		args list
		want string
	}{
		{"nothing, which is now", nil, "2016-01-30T04:00:00-08:00"},
		{"undefined", list{undefined}, "2016-01-30T04:00:00-08:00"},
		{"null, which is invalid", list{nil}, "Invalid date"},
		{"an empty string, which is invalid", list{""}, "Invalid date"},
		{"milliseconds", list{0.0}, "1969-12-31T16:00:00-08:00"},
		{"a date", list{moment.Date(0)}, "1969-12-31T16:00:00-08:00"},
		{"another moment", list{l.Call(0.0)}, "1969-12-31T16:00:00-08:00"},
		{"a list", list{list{2016.0, 1.0, 29.0, 5.0}}, "2016-02-29T05:00:00-08:00"},
		{"a list out of range", list{list{2016.0, 12.0}}, "Invalid date"},
		{"an empty list", list{list{}}, "2016-01-30T04:00:00-08:00"},
		{"an object", list{object("year", 2016.0, "M", 1.0, "days", 3.0)}, "2016-02-03T00:00:00-08:00"},
		{"an object without a date", list{object("hour", 5.0)}, "2016-01-30T05:00:00-08:00"},
		{"a truth, which is invalid", list{true}, "Invalid date"},
		{"ISO 8601 in local time", list{"2016-07-01T05:06"}, "2016-07-01T05:06:00-07:00"},
		{"ISO 8601 with an offset", list{"2016-07-01T05:06:07.8+09:00"}, "2016-06-30T13:06:07-07:00"},
		{"ISO 8601 by weeks", list{"2016-W05-1"}, "2016-02-01T00:00:00-08:00"},
		{"ISO 8601 by days of the year", list{"2016-060"}, "2016-02-29T00:00:00-08:00"},
		{"ISO 8601 without marks", list{"20160229T0506Z"}, "2016-02-28T21:06:00-08:00"},
		{"ISO 8601 at the end of a day", list{"2016-02-28T24:00"}, "2016-02-29T00:00:00-08:00"},
		{"ISO 8601 that no calendar has", list{"2016-02-30"}, "Invalid date"},
		{"RFC 2822", list{"Tue, 01 Mar 2016 05:06:07 +0900"}, "2016-02-29T12:06:07-08:00"},
		{"RFC 2822 on a wrong day of the week", list{"Mon, 01 Mar 2016 05:06:07 +0900"}, "Invalid date"},
		{"what Date reads", list{"March 1, 2016 05:06"}, "2016-03-01T05:06:00-08:00"},
		{"what nobody reads", list{"soon"}, "Invalid date"},
		{"text in a format", list{"1/3/16", "D/M/YY"}, "2016-03-01T00:00:00-08:00"},
		{"text with names", list{"Tuesday 1st March 2016 5pm", "dddd Do MMMM YYYY ha"}, "2016-03-01T17:00:00-08:00"},
		{"text around which there is more", list{"on 2016-03-01, they said", "YYYY-MM-DD"}, "2016-03-01T00:00:00-08:00"},
		{"text around which there is more, strictly", list{"on 2016-03-01", "YYYY-MM-DD", true}, "Invalid date"},
		{"text in a format, strictly", list{"2016-3-1", "YYYY-MM-DD", true}, "Invalid date"},
		{"text in one of some formats", list{"01.03.2016", list{"MM/DD/YYYY", "DD.MM.YYYY", moment.ISO8601}, true}, "2016-03-01T00:00:00-08:00"},
		{"text in no format", list{"2016", list{}}, "Invalid date"},
		{"a number in a format", list{20160301.0, "YYYYMMDD"}, "2016-03-01T00:00:00-08:00"},
		{"seconds in a format", list{"1456837567", "X"}, "2016-03-01T05:06:07-08:00"},
		{"text that must be ISO 8601", list{"March 1, 2016", moment.ISO8601}, "Invalid date"},
		{"a time that clocks skip", list{"2016-03-13T02:30"}, "2016-03-13T03:30:00-07:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := show(run(t, l.Call(c.args...), do("format"))); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestMomentMethods(t *testing.T) {
	t.Parallel()
	l := newLib(t, "Europe/Berlin")
	const start = "2016-01-31T10:20:30.456+01:00"
	for _, c := range []struct {
		name  string
		input moment.Value
		steps []step
		want  string
	}{
		{"add months to the end of one", start, []step{do("add", 1.0, "month"), do("format", "L")}, "02/29/2016"},
		{"add in the old order of arguments", start, []step{do("add", "days", "2"), do("format", "L")}, "02/02/2016"},
		{"add an object", start, []step{do("add", object("years", 1.0, "h", -1.0)), do("format")}, "2017-01-31T09:20:30+01:00"},
		{"add a duration", start, []step{do("add", static(t, l, "duration", "P1DT2H")), do("format")}, "2016-02-01T12:20:30+01:00"},
		{"add days over a clock change", "2016-03-26T10:00", []step{do("add", 1.0, "d"), do("format")}, "2016-03-27T10:00:00+02:00"},
		{"add hours over a clock change", "2016-03-26T10:00", []step{do("add", 24.0, "h"), do("format")}, "2016-03-27T11:00:00+02:00"},
		{"add half a day, which rounds up", start, []step{do("add", 1.5, "days"), do("format", "L")}, "02/02/2016"},
		{"subtract", start, []step{do("subtract", 1.0, "quarter"), do("format", "L")}, "10/31/2015"},
		{"start of a week", start, []step{do("startOf", "week"), do("format", "L LTS")}, "01/31/2016 12:00:00 AM"},
		{"start of an ISO week", start, []step{do("startOf", "isoWeek"), do("format", "L")}, "01/25/2016"},
		{"start of a quarter", "2016-05-05", []step{do("startOf", "Q"), do("format", "L")}, "04/01/2016"},
		{"end of a month", start, []step{do("endOf", "month"), do("toISOString")}, "2016-01-31T22:59:59.999Z"},
		{"start of what is no unit", start, []step{do("startOf", "x"), do("toISOString", true)}, "2016-01-31T10:20:30.456+01:00"},
		{"tokens", start, []step{do("format", "YYYY YY Q Qo M MM MMM MMMM D DD Do DDDD d dd ddd dddd E e")}, "2016 16 1 1st 1 01 Jan January 31 31 31st 031 0 Su Sun Sunday 7 0"},
		{"tokens of weeks", start, []step{do("format", "w ww wo W WW gg gggg GG GGGG")}, "6 06 6th 4 04 16 2016 16 2016"},
		{"tokens of time", start, []step{do("format", "H HH h hh k kk m mm s ss S SS SSS SSSSSS A a Z ZZ X x hmm Hmmss")}, "10 10 10 10 10 10 20 20 30 30 4 45 456 456000 AM am +01:00 +0100 1454232030 1454232030456 1020 102030"},
		{"formats of the locale", start, []step{do("format", "LT|LTS|L|LL|LLL|LLLL|l|ll")}, "10:20 AM|10:20:30 AM|01/31/2016|January 31, 2016|January 31, 2016 10:20 AM|Sunday, January 31, 2016 10:20 AM|1/31/2016|Jan 31, 2016"},
		{"text in formats", start, []step{do("format", `[in YYYY] YYYY \YYYYY [a]`)}, "in YYYY 2016 YYYYY a"},
		{"unclosed text in formats", start, []step{do("format", "[D")}, "[31"},
		{"difference", start, []step{do("diff", "2015-11-30", "months")}, "2"},
		{"difference with a fraction", "2016-03-28", []step{do("diff", "2016-03-27", "days", true)}, "1"},
		{"difference in hours over a clock change", "2016-03-28", []step{do("diff", "2016-03-27", "hours")}, "23"},
		{"order", start, []step{do("isAfter", "2016-01-31")}, "true"},
		{"order by a unit", start, []step{do("isAfter", "2016-01-31", "day")}, "false"},
		{"between, with an end", "2016-01-31", []step{do("isBetween", "2016-01-31", "2016-02-01", nil, "[)")}, "true"},
		{"set by name", start, []step{do("month", "march"), do("day", "Friday"), do("format", "L")}, "04/01/2016"},
		{"set in order of rank", start, []step{do("set", object("month", 1.0, "date", 5.0)), do("format", "L")}, "02/05/2016"},
		{"get by name", start, []step{do("get", "isoWeek")}, "4"},
		{"set the week", start, []step{do("isoWeek", 1.0), do("format", "L")}, "01/10/2016"},
		{"set the week year", start, []step{do("isoWeekYear", 2015.0), do("format", "L")}, "01/25/2015"},
		{"in UTC", start, []step{do("utc"), do("format")}, "2016-01-31T09:20:30Z"},
		{"at an offset", start, []step{do("utcOffset", 9.0), do("format")}, "2016-01-31T18:20:30+09:00"},
		{"at an offset, keeping the clock", start, []step{do("utcOffset", "-03:00", true), do("format")}, "2016-01-31T10:20:30-03:00"},
		{"at the offset of the input", "2016-01-31T10:00:00-08:00", []step{do("parseZone"), do("format")}, "2016-01-31T10:00:00-08:00"},
		{"back in local time", start, []step{do("utcOffset", 9.0), do("local"), do("format")}, "2016-01-31T10:20:30+01:00"},
		{"summer time", "2016-07-01", []step{do("isDST")}, "true"},
		{"as a list", start, []step{do("toArray")}, "2016 0 31 10 20 30 456"},
		{"as an object", "2016-01-31", []step{do("toObject")}, `[{"Name":"years","Value":2016},{"Name":"months","Value":0},{"Name":"date","Value":31},{"Name":"hours","Value":0},{"Name":"minutes","Value":0},{"Name":"seconds","Value":0},{"Name":"milliseconds","Value":0}]`},
		{"as text", start, []step{do("toString")}, "Sun Jan 31 2016 10:20:30 GMT+0100"},
		{"from now", start, []step{do("fromNow")}, "in 21 hours"},
		{"to another time", start, []step{do("to", "2016-05-01", true)}, "3 months"},
		{"on the calendar", start, []step{do("calendar")}, "Tomorrow at 10:20 AM"},
		{"on another calendar", start, []step{do("calendar", nil, object("nextDay", "[morgen]"))}, "morgen"},
		{"invalid", "x", []step{do("add", 1.0, "day"), do("startOf", "day"), do("year")}, "NaN"},
		{"invalid as JSON", "x", []step{do("toJSON")}, "null"},
		{"invalid at a component", "2016-02-30", []step{do("invalidAt")}, "2"},
		{"beyond the range of dates", start, []step{do("add", 1e9, "years"), do("format")}, "Invalid date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := show(run(t, l.Call(c.input), c.steps...)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	l := newLib(t, "UTC")
	for _, c := range []struct {
		name string
		args list
		step step
		want string
	}{
		{"of an amount", list{90.0, "minutes"}, do("asHours"), "1.5"},
		{"of milliseconds", list{1500.0}, do("asSeconds"), "1.5"},
		{"of an object", list{object("days", 1.0, "hours", 12.0)}, do("humanize"), "2 days"},
		{"of a clock", list{"1.02:03:04.5"}, do("toISOString"), "P1DT2H3M4.5S"},
		{"of ISO 8601", list{"-P1Y2M3DT4H"}, do("humanize", true), "a year ago"},
		{"of two moments", list{object("from", "2016-01-01", "to", "2016-03-02")}, do("toISOString"), "P2MT24H"},
		{"of nothing", list{undefined}, do("toISOString"), "P0D"},
		{"in parts", list{36.0, "hours"}, do("hours"), "12"},
		{"with a fraction of two units", list{object("days", 1.5, "hours", 1.0)}, do("isValid"), "false"},
		{"of less than a second", list{62.5}, do("toISOString"), "PT0.063S"},
		{"in a unit", list{2.0, "weeks"}, do("as", "d"), "14"},
		{"by comparison", list{1.0, "month"}, do("valueOf"), "2592000000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := show(run(t, static(t, l, "duration", c.args...), c.step)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	as, _ := moment.DurationMethod("as")
	if _, err := as(static(t, l, "duration", 1.0), "fortnight"); err == nil || err.Error() != "Unknown unit undefined" {
		t.Errorf("in an unknown unit: %v", err)
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	l := newLib(t, "Asia/Tokyo")
	early, late := l.Call(0.0), l.Call(1e12)
	for _, c := range []struct {
		name, function string
		args           list
		want           moment.Value
	}{
		{"min", "min", list{late, early}, early},
		{"max of a list", "max", list{list{late, early}}, late},
		{"isMoment", "isMoment", list{early}, true},
		{"isMoment of a date", "isMoment", list{moment.Date(0)}, false},
		{"isDate", "isDate", list{moment.Date(0)}, true},
		{"normalizeUnits", "normalizeUnits", list{"Days"}, "day"},
		{"month by number", "months", list{-1.0}, "December"},
		{"weekday by number", "weekdaysMin", list{true, 8.0}, "Mo"},
		{"locale", "locale", list{"fr"}, "en"},
		{"now", "now", nil, float64(noon.UnixMilli())},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := static(t, l, c.function, c.args...); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	for name, made := range map[string]moment.Value{
		"1970-01-01T00:00:05Z":      static(t, l, "utc", 5000.0),
		"1970-01-01T09:00:05+09:00": static(t, l, "unix", 5.0),
		"2016-01-31T10:00:00-08:00": static(t, l, "parseZone", "2016-01-31T10:00:00-08:00"),
		"Invalid date":              static(t, l, "invalid"),
	} {
		if got := show(run(t, made, do("format"))); got != name {
			t.Errorf("got %s, want %s", got, name)
		}
	}
	if got := show(static(t, l, "weekdaysShort")); got != "Sun Mon Tue Wed Thu Fri Sat" {
		t.Errorf("weekdays: %s", got)
	}
	if _, ok := l.Static("tz"); ok {
		t.Error("moment.tz is there")
	}
	if _, ok := moment.Method("tz"); ok {
		t.Error("moment#tz is there")
	}
}

func TestMethodsNeedTheirReceiver(t *testing.T) {
	t.Parallel()
	format, _ := moment.Method("format")
	if _, err := format("2016"); err == nil {
		t.Error("format of a string has a result")
	}
}

func TestMomentsOfOneLibDoNotMeet(t *testing.T) {
	t.Parallel()
	l := newLib(t, "UTC")
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 500 {
				m := l.Call(float64(n) * js.MillisPerDay)
				run(t, m, do("add", float64(i), "days"))
				if got, want := run(t, m, do("diff", 0.0, "days")), float64(n+i); got != want {
					t.Errorf("got %v days, want %v", got, want)
				}
				run(t, m, do("format", fmt.Sprintf("YYYY %d", n)))
			}
		})
	}
	group.Wait()
}
