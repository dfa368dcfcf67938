package schedule

import (
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// SLA says when a workflow is late, and what is to be done about it.
type SLA struct {
	// Alert notifies, and Fail fails the attempt.
	Alert, Fail bool
	// within is the time allowed, or, with daily set, the time of day.
	within time.Duration
	daily  bool
}

// Passed returns when an attempt is late that is due at a time.
func (s SLA) Passed(due time.Time, zone *time.Location) time.Time {
	if !s.daily {
		return due.Add(s.within)
	}
	day := wallOf(due, zone).Truncate(24 * time.Hour)
	at := instantOf(day.Add(s.within), zone)
	if !at.After(due) {
		at = instantOf(day.Add(24*time.Hour+s.within), zone)
	}
	return at
}

// ParseSLA reads a workflow's sla section. It leaves the tasks in it alone.
// Errors have the code Invalid.
func ParseSLA(config params.Map) (SLA, error) {
	if _, err := CheckSLA(config); err != nil {
		return SLA{}, err
	}
	var s SLA
	var err error
	if s.Alert, err = config.BoolOr("alert", true); err != nil {
		return SLA{}, err
	}
	if s.Fail, err = config.BoolOr("fail", false); err != nil {
		return SLA{}, err
	}
	text, daily := config.Get("time")
	if !daily {
		text, _ = config.Get("duration")
	}
	s.daily = daily
	s.within, err = clockOrDuration(params.Literal(text))
	return s, err
}

// clockOrDuration reads HH:MM, HH:MM:SS, or a time such as 1h 30m.
func clockOrDuration(text string) (time.Duration, error) {
	if !isClock(text) {
		return ParseDuration(text)
	}
	var total time.Duration
	unit := time.Hour
	for part := range strings.SplitSeq(text, ":") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return 0, err
		}
		total += time.Duration(n) * unit
		unit /= 60
	}
	return total, nil
}

// isClock reports whether a text is like 1:30, 01:30 or 01:30:00.
func isClock(text string) bool {
	hours, rest := leading(text, digits)
	if len(hours) != 1 && len(hours) != 2 {
		return false
	}
	return isClockRest(rest) || len(rest) == 6 && isClockRest(rest[:3]) && isClockRest(rest[3:])
}

func isClockRest(text string) bool {
	return len(text) == 3 && text[0] == ':' && strings.Trim(text[1:], digits) == ""
}

// isTimeOfDay reports whether a day has the time of a clock.
func isTimeOfDay(text string) bool {
	hours, rest, _ := strings.Cut(text, ":")
	minutes, seconds, _ := strings.Cut(rest, ":")
	h, _ := strconv.Atoi(hours) // digits, as those that follow
	return minutes <= "59" && seconds <= "59" && (h < 24 || h == 24 && strings.Trim(rest, "0:") == "")
}

// CheckSLA tells what is wrong with a workflow's sla section, and which of its
// keys that is about; none where it is about the whole. Errors have the code
// Invalid.
func CheckSLA(config params.Map) (key string, err error) {
	at, hasTime := config.Get("time")
	within, hasDuration := config.Get("duration")
	switch {
	case hasTime && hasDuration:
		return "duration", model.Errorf(model.Invalid, "an sla has either a time or a duration")
	case hasTime && !isClock(params.Literal(at)):
		return "time", model.Errorf(model.Invalid, "time must be HH:MM or HH:MM:SS, not %s", params.Literal(at))
	case hasTime && !isTimeOfDay(params.Literal(at)):
		return "time", model.Errorf(model.Invalid, "time must be a time of day from 00:00 to 24:00, not %s", params.Literal(at)).
			WithHint("give a duration for how long an attempt may take")
	case hasDuration && !isClock(params.Literal(within)):
		if _, err := ParseDuration(params.Literal(within)); err != nil {
			return "duration", model.Errorf(model.Invalid, "duration must be HH:MM:SS or a time such as 1h 30m, not %s", params.Literal(within))
		}
	case !hasTime && !hasDuration:
		return "", model.Errorf(model.Invalid, "an sla needs a time or a duration")
	}
	return "", nil
}
