package conductor

import (
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/shape"
	"github.com/pawlhq/pawl/internal/workflow"
)

// GivenNames are the names of the parameters that sessions get because of their times.
var GivenNames = []string{"session_time", "last_session_time", "next_session_time", "last_executed_session_time"}

// Given returns the parameters that a session gets because of its time: those of
// the sessions around it, and the time itself where a workflow has no parameters
// of its own for that, as one whose tasks are functions of a program.
func Given(w *workflow.Workflow, c schedule.Calendar, at time.Time) params.Map {
	given := c.Around(at)
	if w.Dialect == workflow.Program {
		given = given.Set("session_time", schedule.FormatTime(at, c.Zone))
	}
	return given
}

// Scheduled returns the parameters of a session that its schedule starts: those
// that the schedule has, and those because of the time.
func Scheduled(w *workflow.Workflow, c schedule.Calendar, at time.Time) params.Map {
	given := c.Schedule.Params
	if w.Inputs.Len() > 0 {
		// What does not fit was refused when the definition was read.
		given, _ = shape.Fit(w.Inputs, given)
	}
	return given.Merge(Given(w, c, at))
}
