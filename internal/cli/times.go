package cli

import (
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
)

// parseInstant reads the time of an option: one with its offset, or seconds
// since the epoch.
func parseInstant(option, text string, now time.Time) (time.Time, error) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0), nil
	}
	if t, err := time.Parse(timeFormat, text); err == nil {
		return t, nil
	}
	if t, err := schedule.ParseTime(text, nil); err == nil {
		return t, nil
	}
	return time.Time{}, model.Errorf(model.Invalid, "%s needs a time such as 'yyyy-MM-dd HH:mm:ss +0900' or a unix time, not %q", option, text).
		WithHint("now it is '%s'", now.Local().Format(timeFormat))
}

// parseMoment reads the time of an option on the clock of this machine: a date,
// a date and a time, or what parseInstant reads.
func parseMoment(option, text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.DateTime} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return parseInstant(option, text, now)
}

// parseWallTime reads the time of an option on the clock of a workflow, whose
// zone only the server knows: a date, or a date and a time; or a time with an
// offset. It returns ISO 8601.
func parseWallTime(option, text string) (string, error) {
	for _, layout := range []string{time.DateOnly, time.DateTime} {
		if t, err := time.Parse(layout, text); err == nil && len(text) == len(layout) {
			return t.Format("2006-01-02T15:04:05"), nil
		}
	}
	if t, err := time.Parse(timeFormat, text); err == nil {
		return t.Format(time.RFC3339), nil
	}
	if _, err := schedule.ParseTime(text, time.UTC); err == nil && strings.Contains(text, "T") {
		return text, nil
	}
	return "", model.Errorf(model.Invalid, "%s: invalid time %q", option, text).
		WithHint("write yyyy-MM-dd or \"yyyy-MM-dd HH:mm:ss\"")
}
