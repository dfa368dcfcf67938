package instance

import (
	"fmt"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/resume"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Calendar is when a workflow's sessions are.
type Calendar struct {
	Zone *time.Location
	// Schedule is nil for a workflow without one.
	Schedule *schedule.Schedule
}

// CalendarOf reads the time zone and the schedule of a workflow. Errors have
// the code Invalid.
func CalendarOf(w *workflow.Workflow) (Calendar, error) {
	name := w.Zone
	if name == "" {
		name = "UTC"
	}
	zone, err := schedule.ParseZone(name)
	if err != nil {
		return Calendar{}, model.Errorf(model.Invalid, "workflow %s: %w", w.Name, err)
	}
	c := Calendar{Zone: zone}
	if w.Schedule.Len() > 0 {
		if c.Schedule, err = schedule.Parse(w.Schedule, zone); err != nil {
			return Calendar{}, model.Errorf(model.Invalid, "workflow %s: schedule: %w", w.Name, err)
		}
	}
	return c, nil
}

// Session finds the session time that the user means: last, hourly, daily,
// schedule, or a date. The root is the full name of the workflow's root task.
func (c Calendar) Session(kind string, now time.Time, root string, status resume.Status) (time.Time, error) {
	switch kind {
	case "last":
		return c.lastSession(now, root, status)
	case "hourly":
		return schedule.TruncateHour(now, c.Zone), nil
	case "daily":
		return schedule.TruncateDay(now, c.Zone), nil
	case "schedule":
		if c.Schedule == nil {
			return time.Time{}, model.Errorf(model.Invalid, "session %q needs a workflow with a schedule", kind).
				WithHint("use daily, hourly, last or a date")
		}
		return c.Schedule.LastBefore(now).Session, nil
	}
	if t, err := schedule.ParseSession(kind, c.Zone); err == nil {
		return t, nil
	}
	if t, err := schedule.ParseTime(isoForm(kind), c.Zone); err == nil {
		return t.Truncate(time.Second), nil
	}
	return time.Time{}, model.Errorf(model.Invalid, "session: invalid session time %q", kind).
		WithHint("use daily, hourly, schedule, last, yyyy-MM-dd, \"yyyy-MM-dd HH:mm:ss\" or an ISO 8601 time")
}

// isoForm makes an ISO 8601 time of one as people see it, such as
// "2026-01-30 12:00:00 +0900".
func isoForm(text string) string {
	text = strings.ReplaceAll(strings.Replace(text, " ", "T", 1), " ", "")
	n := len(text)
	if n < 5 || text[n-5] != '+' && text[n-5] != '-' || strings.Contains(text[n-4:], ":") || !strings.Contains(text, "T") {
		return text
	}
	return text[:n-2] + ":" + text[n-2:]
}

// lastSession is the newest session that was run here, else the last slot of
// the schedule, else today.
func (c Calendar) lastSession(now time.Time, root string, status resume.Status) (time.Time, error) {
	t, ok, err := status.Last(root)
	switch {
	case err != nil:
		return time.Time{}, fmt.Errorf("look for the last session: %w", err)
	case ok:
		return t, nil
	case c.Schedule != nil:
		if last := c.Schedule.LastBefore(now).Session; !last.IsZero() {
			return last, nil
		}
	}
	return schedule.TruncateDay(now, c.Zone), nil
}

// Around returns the parameters for the sessions before and after one, which
// only a schedule gives.
func (c Calendar) Around(session time.Time) params.Map {
	if c.Schedule == nil {
		return params.Map{}
	}
	return params.Of(
		"last_session_time", schedule.FormatTime(c.Schedule.LastBefore(session).Session, c.Zone),
		"next_session_time", schedule.FormatTime(c.Schedule.NextAfter(session).Session, c.Zone),
	)
}
