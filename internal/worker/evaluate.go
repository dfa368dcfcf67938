package worker

import (
	"context"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/store"
)

// Evaluate evaluates the sensor of a workflow, as a try of its project that no attempt
// has: with the files of its revision, its secrets and the operators of tasks.
func (w *Worker) Evaluate(ctx context.Context, of *store.Workflow, s *sensor.Sensor, given params.Map) (sensor.Answer, error) {
	n, err := s.Node()
	if err != nil {
		return sensor.Answer{}, err
	}
	a := &store.Attempt{
		AttemptRow: engine.AttemptRow{Params: given}, Zone: of.Zone, Workflow: of.ID,
		Session: store.Session{UUID: uuid.NewString(), Project: of.Project, Workflow: of.Name, Time: model.InstantOf(w.cfg.Clock.Now())},
	}
	e, err := w.executor.Evaluate(ctx, w.info(a, of.Definition.Dialect), "+"+of.Name+"+sensor", n, given, w.home.Path())
	said := s.Printed(e.Printed, e.Output)
	if err != nil {
		return sensor.Answer{Printed: said, Hide: e.Hide}, err
	}
	answer, err := s.Answer(e.Output, e.Store, e.Hide)
	answer.Printed = said
	return answer, err
}
