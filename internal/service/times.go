package service

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
)

// Rounding says which session time is meant by a time.
type Rounding string

// Roundings.
const (
	// Exactly is the time itself.
	Exactly Rounding = ""
	// ToHour and ToDay are the beginning of its hour and of its day, in the
	// zone of the workflow.
	ToHour Rounding = "hour"
	ToDay  Rounding = "day"
	// ToSchedule is the first session that is due then or later, and
	// ToNextSchedule the first one after it.
	ToSchedule     Rounding = "schedule"
	ToNextSchedule Rounding = "next_schedule"
)

// Round returns the session time of a workflow that is meant by t. A rounding
// that does not exist is NotFound; one to a schedule is Invalid for a workflow
// without one.
func (s *Service) Round(w *store.Workflow, t time.Time, to Rounding) (time.Time, error) {
	c, err := s.calendarOf(w)
	if err != nil {
		return t, err
	}
	if c.Schedule == nil && (to == ToSchedule || to == ToNextSchedule) {
		return t, model.Errorf(model.Invalid, "workflow %s has no schedule", w.Name)
	}
	switch to {
	case Exactly:
		return t, nil
	case ToHour:
		return schedule.TruncateHour(t, c.Zone), nil
	case ToDay:
		return schedule.TruncateDay(t, c.Zone), nil
	case ToSchedule:
		return c.Schedule.First(t).Session, nil
	case ToNextSchedule:
		return c.Schedule.NextAfter(t).Session, nil
	}
	return t, model.Errorf(model.NotFound, "there is no rounding %q of session times", to).
		WithHint("there are %s, %s, %s and %s", ToHour, ToDay, ToSchedule, ToNextSchedule)
}

// Zone returns the time zone that the times of a workflow are written in.
func (s *Service) Zone(ctx context.Context, id model.WorkflowID) (*time.Location, error) {
	c, err := s.calendar(ctx, id)
	return c.Zone, err
}
