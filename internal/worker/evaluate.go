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
	a := &store.Attempt{
		AttemptRow: engine.AttemptRow{Params: given}, Zone: of.Zone, Workflow: of.ID,
		Session: store.Session{UUID: uuid.NewString(), Project: of.Project, Workflow: of.Name, Time: model.InstantOf(w.cfg.Clock.Now())},
	}
	return w.executor.Evaluate(ctx, w.info(a, of.Definition.Dialect), of.Definition.Root.Name, s, given, w.home.Path())
}
