package schedule

import (
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Calendar is when a workflow's sessions are.
type Calendar struct {
	Zone *time.Location
	// Schedule is nil for a workflow without one.
	Schedule *Schedule
}

// NewCalendar reads the time zone of a workflow, where empty is UTC, and its
// schedule section, which may be empty. Errors have the code Invalid.
func NewCalendar(zone string, section params.Map) (c Calendar, err error) {
	if zone == "" {
		zone = "UTC"
	}
	if c.Zone, err = ParseZone(zone); err != nil {
		return Calendar{}, err
	}
	if section.Len() > 0 {
		if c.Schedule, err = Parse(section, c.Zone); err != nil {
			return Calendar{}, model.Errorf(model.Invalid, "schedule: %w", err)
		}
	}
	return c, nil
}

// Around returns the parameters for the sessions before and after one, which
// only a schedule gives.
func (c Calendar) Around(session time.Time) params.Map {
	if c.Schedule == nil {
		return params.Map{}
	}
	return params.Of(
		"last_session_time", FormatTime(c.Schedule.LastBefore(session).Session, c.Zone),
		"next_session_time", FormatTime(c.Schedule.NextAfter(session).Session, c.Zone),
	)
}
