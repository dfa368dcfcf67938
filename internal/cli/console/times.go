package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
)

// ParseInstant reads the time of an option: one with its offset, or seconds
// since the epoch.
func ParseInstant(option, text string, now time.Time) (time.Time, error) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0), nil
	}
	if t, err := time.Parse(TimeFormat, text); err == nil {
		return t, nil
	}
	if t, err := schedule.ParseTime(text, nil); err == nil {
		return t, nil
	}
	return time.Time{}, model.Errorf(model.Invalid, "%s needs a time such as 'yyyy-MM-dd HH:mm:ss +0900' or a unix time, not %q", option, text).
		WithHint("now it is '%s'", now.Local().Format(TimeFormat))
}

// ParseMoment reads the time of an option on the clock of this machine: a date,
// a date and a time, or what parseInstant reads.
func ParseMoment(option, text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.DateTime} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return ParseInstant(option, text, now)
}

// ParseWallTime reads the time of an option on the clock of a workflow, whose
// zone only the server knows: a date, or a date and a time; or a time with an
// offset. It returns ISO 8601.
func ParseWallTime(option, text string) (string, error) {
	for _, layout := range []string{time.DateOnly, time.DateTime} {
		if t, err := time.Parse(layout, text); err == nil && len(text) == len(layout) {
			return t.Format("2006-01-02T15:04:05"), nil
		}
	}
	if t, err := time.Parse(TimeFormat, text); err == nil {
		return t.Format(time.RFC3339), nil
	}
	if _, err := schedule.ParseTime(text, time.UTC); err == nil && strings.Contains(text, "T") {
		return text, nil
	}
	return "", model.Errorf(model.Invalid, "%s: invalid time %q", option, text).
		WithHint("write yyyy-MM-dd or \"yyyy-MM-dd HH:mm:ss\"")
}

// TimeFormat is how times are shown to people.
const TimeFormat = "2006-01-02 15:04:05 -0700"

// Away says how far a time is from now.
func Away(d time.Duration) string {
	if d < 0 {
		return "(" + spell(-d) + " ago)"
	}
	return "(in " + spell(d) + ")"
}

// spell writes a duration as hours, minutes and seconds, as Digdag does.
func spell(d time.Duration) string {
	seconds := int64(d / time.Second)
	var parts []string
	for _, unit := range []struct {
		size int64
		name string
	}{{3600, "h"}, {60, "m"}, {1, "s"}} {
		n := seconds / unit.size
		seconds %= unit.size
		if n > 0 || len(parts) > 0 || unit.size == 1 {
			parts = append(parts, fmt.Sprintf("%d%s", n, unit.name))
		}
	}
	return strings.Join(parts, " ")
}
