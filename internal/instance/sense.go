package instance

import (
	"context"
	"os"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Sense evaluates the sensor of a workflow once, as servers do, and starts nothing.
func (in *Instance) Sense(ctx context.Context, w *workflow.Workflow, s *sensor.Sensor, given params.Map) (sensor.Answer, error) {
	calendar, err := CalendarOf(w)
	if err != nil {
		return sensor.Answer{}, err
	}
	services := in.services
	services.Outputs = nil // which belong to attempts
	return in.executor.Evaluate(ctx, executor.AttemptInfo{
		SessionUUID: uuid.NewString(), SessionTime: in.cfg.Clock.Now(), Project: 1,
		Zone: calendar.Zone, Dialect: w.Dialect, Params: given,
		ProjectDir: in.cfg.Project, Workdir: in.cfg.Workdir,
		Secrets: in.cfg.Secrets, Services: services,
		Evaluator: expr.New(expr.Env{Zone: calendar.Zone, Now: in.cfg.Clock.Now}),
	}, w.Root.Name, s, given, os.TempDir())
}
