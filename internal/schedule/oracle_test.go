package schedule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

// drawn is a field of a random pattern: its text and, worked out beside it,
// the values that it stands for.
type drawn struct {
	text   string
	values map[int]bool
	last   bool // L is among them
}

func drawField(t *rapid.T, f field) drawn {
	d := drawn{values: make(map[int]bool)}
	if rapid.IntRange(0, 2).Draw(t, "any "+f.name) == 0 {
		d.text = "*"
		for v := f.min; v <= f.max; v++ {
			d.values[v] = true
		}
		return d
	}
	var items []string
	for range rapid.IntRange(1, 3).Draw(t, "items") {
		text, values := drawItem(t, f)
		if f.last && rapid.IntRange(0, 4).Draw(t, "last") == 0 {
			text, values, d.last = "L", nil, true
		}
		items = append(items, text)
		for _, v := range values {
			d.values[v] = true
		}
	}
	d.text = strings.Join(items, ",")
	return d
}

func drawItem(t *rapid.T, f field) (string, []int) {
	from := rapid.IntRange(f.min, f.max).Draw(t, "from")
	text, values := drawNumber(t, f, from), []int{from}
	switch rapid.IntRange(0, 2).Draw(t, "form") {
	case 0:
		return text, values
	case 1:
		to := rapid.IntRange(f.min, f.max).Draw(t, "to")
		text += "-" + drawNumber(t, f, to)
		for v := from; v != to; {
			if v++; v > f.max {
				v = f.min
			}
			values = append(values, v)
		}
	default:
		text, values = "*", nil
		for v := f.min; v <= f.max; v++ {
			values = append(values, v)
		}
	}
	if !rapid.Bool().Draw(t, "stepped") {
		return text, values
	}
	step := rapid.IntRange(1, 70).Draw(t, "step")
	var picked []int
	for i, v := range values {
		if i%step == 0 {
			picked = append(picked, v)
		}
	}
	return fmt.Sprintf("%s/%d", text, step), picked
}

func drawNumber(t *rapid.T, f field, v int) string {
	if f.names != nil && rapid.Bool().Draw(t, "named") {
		name := f.names[v-f.min]
		return rapid.SampledFrom([]string{name, strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]}).Draw(t, "name")
	}
	return fmt.Sprint(v)
}

type drawnPattern [5]drawn

func drawPattern(t *rapid.T) drawnPattern {
	var p drawnPattern
	for i, f := range fields {
		p[i] = drawField(t, f)
	}
	return p
}

func (p drawnPattern) String() string {
	return fmt.Sprintf("%s %s %s %s %s", p[0].text, p[1].text, p[2].text, p[3].text, p[4].text)
}

func (p drawnPattern) matches(wall time.Time) bool {
	lastOfMonth := wall.AddDate(0, 0, 1).Day() == 1
	return p[0].values[wall.Minute()] && p[1].values[wall.Hour()] &&
		(p[2].values[wall.Day()] || p[2].last && lastOfMonth) &&
		p[3].values[int(wall.Month())] && p[4].values[int(wall.Weekday())]
}

// slots looks at every minute between two instants, and at the wall times that
// the clock skips.
func (p drawnPattern) slots(zone *time.Location, from, to time.Time) []time.Time {
	const early = 26 * 60 // to know what the clock has shown before
	start := from.Add(-early * time.Minute)
	minutes := int(to.Sub(start)/time.Minute) + 1
	everyHour := len(p[1].values) == 24
	is := make([]bool, minutes+early)
	seen := make(map[int64]bool)
	previous := int64(0)
	for i := range minutes {
		t := start.Add(time.Duration(i) * time.Minute)
		_, offset := t.In(zone).Zone()
		wall := t.Unix()/60 + int64(offset)/60
		if (everyHour || !seen[wall]) && p.matches(time.Unix(wall*60, 0).UTC()) {
			is[i] = true
		}
		seen[wall] = true
		for skipped := previous + 1; !everyHour && i > 0 && skipped < wall; skipped++ {
			if p.matches(time.Unix(skipped*60, 0).UTC()) {
				is[i+int(skipped-previous-1)] = true
			}
		}
		previous = wall
	}
	var list []time.Time
	for i := early; i < minutes; i++ {
		if is[i] {
			list = append(list, start.Add(time.Duration(i)*time.Minute))
		}
	}
	return list
}

// drawWindow draws a zone and some days in it, often around a change of its
// clock.
func drawWindow(t *rapid.T) (zone *time.Location, from, to time.Time) {
	name := rapid.SampledFrom([]string{
		"UTC", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata",
		"Australia/Lord_Howe",               // changes by half an hour
		"Africa/Cairo", "America/Sao_Paulo", // skip midnight
		"Atlantic/Azores", "America/Havana", // repeat midnight
		"Pacific/Apia", "Africa/Casablanca", // skipped a day; changes four times a year
		"America/Caracas", "Antarctica/Troll", // changed by half an hour; changes by two
		"America/St_Johns", "Antarctica/Casey", // changed at 00:01; by three hours
	}).Draw(t, "zone")
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	hours := rapid.IntRange(0, 24*365*60).Draw(t, "hours")
	from = time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour)
	if _, change := from.In(zone).ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "near a change") {
		from = change.UTC().Truncate(time.Hour).Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "before")) * time.Hour)
	}
	return zone, from, from.AddDate(0, 0, 2)
}

func TestCronAgreesWithLookingAtEveryMinute(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		zone, from, to := drawWindow(t)
		drawn := []drawnPattern{drawPattern(t)}
		text := drawn[0].String()
		want := drawn[0].slots(zone, from, to)
		patterns, err := parsePatterns(text)
		if err != nil {
			t.Fatal(err)
		}
		c := &cron{patterns[0], zone}

		var forward []time.Time
		for at, ok := c.after(from.Add(-1)); ok && !at.After(to); at, ok = c.after(at) {
			forward = append(forward, at)
		}
		if !slices.EqualFunc(want, forward, time.Time.Equal) {
			t.Fatalf("%q forward from %v (-want +got):\n%s", text, from.In(zone), cmp.Diff(want, forward))
		}
		var backward []time.Time
		for at, ok := c.before(to.Add(1)); ok && !at.Before(from); at, ok = c.before(at) {
			backward = append(backward, at)
		}
		slices.Reverse(backward)
		if !slices.EqualFunc(want, backward, time.Time.Equal) {
			t.Fatalf("%q backward from %v (-want +got):\n%s", text, to.In(zone), cmp.Diff(want, backward))
		}
	})
}

func TestJoinedPatternsAreTheUnionOfTheirParts(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		zone, from, to := drawWindow(t)
		a, b := drawPattern(t), drawPattern(t)
		is := make(map[time.Time]bool)
		for _, slot := range append(a.slots(zone, from, to), b.slots(zone, from, to)...) {
			is[slot] = true
		}
		patterns, err := parsePatterns(a.String() + "|" + b.String())
		if err != nil {
			t.Fatal(err)
		}
		u := union{&cron{patterns[0], zone}, &cron{patterns[1], zone}}
		count := 0
		for at, ok := u.after(from.Add(-1)); ok && !at.After(to); at, ok = u.after(at) {
			count++
			if !is[at] {
				t.Fatalf("%v is in neither of %q and %q", at.In(zone), a, b)
			}
			if back, ok := u.before(at.Add(1)); !ok || !back.Equal(at) {
				t.Fatalf("last slot up to %v is %v", at, back)
			}
		}
		if count != len(is) {
			t.Fatalf("%d slots, want %d", count, len(is))
		}
	})
}
