package schedule

import (
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Layouts of session times.
const (
	timeLayout     = "2006-01-02T15:04:05-07:00"
	dateLayout     = "2006-01-02"
	compactLayout  = "20060102"
	localLayout    = "2006-01-02 15:04:05"
	tzOffsetLayout = "-0700"
)

// FormatTime returns t in whole seconds with the offset of zone, such as
// 2016-01-30T00:00:00+00:00. UTC is +00:00, never Z.
func FormatTime(t time.Time, zone *time.Location) string {
	return t.In(zone).Format(timeLayout)
}

// TimeParams returns the six forms in which tasks see an instant, in the given
// zone: time, date, date_compact, local_time, tz_offset and unixtime, each
// after the prefix, which is session_, last_session_, next_session_ or
// last_executed_session_.
func TimeParams(prefix string, t time.Time, zone *time.Location) params.Map {
	t = t.In(zone)
	return params.Of(
		prefix+"time", t.Format(timeLayout),
		prefix+"date", t.Format(dateLayout),
		prefix+"date_compact", t.Format(compactLayout),
		prefix+"local_time", t.Format(localLayout),
		prefix+"tz_offset", t.Format(tzOffsetLayout),
		prefix+"unixtime", t.Unix(),
	)
}

// NoTimeParams returns the same keys for an instant that there is none of:
// all are empty but tz_offset, which is the offset of zone at the epoch.
func NoTimeParams(prefix string, zone *time.Location) params.Map {
	return params.Of(
		prefix+"time", "",
		prefix+"date", "",
		prefix+"date_compact", "",
		prefix+"local_time", "",
		prefix+"tz_offset", time.Unix(0, 0).In(zone).Format(tzOffsetLayout),
		prefix+"unixtime", "",
	)
}

// ParseSession reads a date or a date and a time, "2016-01-30" or
// "2016-01-30 12:00:00", on the clock of zone. What the clock skips is as long
// after the skip begins as the time is in it; of what it repeats, the first
// counts. The error has the code Invalid.
func ParseSession(text string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{dateLayout, localLayout} {
		// Of equal length: Go would let a fraction of a second pass.
		if wall, err := time.Parse(layout, text); err == nil && len(text) == len(layout) {
			return instantOf(wall, zone), nil
		}
	}
	return time.Time{}, model.Errorf(model.Invalid, "invalid session time %q", text).
		WithHint("write yyyy-MM-dd or yyyy-MM-dd HH:mm:ss")
}

// ParseTime reads an ISO 8601 time such as 2016-01-30T00:00:00Z or
// 2016-01-30T00:00+09:00, with or without seconds and their fraction, and with
// or without the name of the zone in brackets behind it. Without an offset the
// time is on the clock of zone, as in ParseSession; if zone is nil, it must
// have one. The error has the code Invalid.
func ParseTime(text string, zone *time.Location) (time.Time, error) {
	bare, name, named := strings.Cut(text, "[")
	if named {
		if _, err := ParseZone(strings.TrimSuffix(name, "]")); err != nil || !strings.HasSuffix(name, "]") {
			return time.Time{}, invalidTime(text)
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, bare); err == nil {
			return t.UTC(), nil
		}
		if zone == nil || named {
			continue
		}
		if wall, err := time.Parse(strings.TrimSuffix(layout, "Z07:00"), bare); err == nil {
			return instantOf(wall, zone), nil
		}
	}
	return time.Time{}, invalidTime(text)
}

func invalidTime(text string) error {
	return model.Errorf(model.Invalid, "invalid time %q", text).
		WithHint("write an ISO 8601 time such as 2016-01-30T00:00:00+00:00")
}

// TruncateDay returns the first instant of the day in zone that contains t.
func TruncateDay(t time.Time, zone *time.Location) time.Time {
	return instantOf(wallOf(t, zone).Truncate(24*time.Hour), zone)
}

// TruncateHour returns the start of the hour in zone that contains t. In an
// hour that the clock repeats, that is the start of the same repetition.
func TruncateHour(t time.Time, zone *time.Location) time.Time {
	wall := wallOf(t, zone)
	full := wall.Truncate(time.Hour)
	if start := t.Add(full.Sub(wall)); wallOf(start, zone).Equal(full) {
		return start.UTC()
	}
	return instantOf(full, zone)
}
