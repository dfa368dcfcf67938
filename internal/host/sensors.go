package host

import (
	"context"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/sensor/sensing"
	"github.com/pawlhq/pawl/internal/store"
)

// starter starts an attempt as Host.Start does.
type starter func(context.Context, store.Start) (store.Attempt, bool, error)

// sensing returns what evaluates the sensors of the project.
func (c *Config) sensing(start starter) *sensing.Loop {
	return sensing.New(sensing.Config{
		Store: c.Store, Pool: store.Pool(c.Project), Clock: c.Clock, Log: c.Log,
		Evaluate: func(ctx context.Context, of *store.Workflow, _ *sensor.Sensor, given params.Map) (sensor.Answer, error) {
			if c.With != nil {
				ctx = c.With(ctx)
			}
			return c.Sense(ctx, of, given)
		},
		Start: func(ctx context.Context, of *store.Workflow, r sensing.Run) (store.Attempt, bool, error) {
			key := r.Key
			if key == "" {
				key = "sensor-" + uuid.NewString()
			}
			return start(ctx, store.Start{
				Session: store.Session{UUID: uuid.NewString(), Project: of.Project, Workflow: of.Name, Key: key},
				Zone:    of.Zone, Params: r.Params, Definition: of.Definition, Workflow: of.ID, Tags: r.Tags.With(r.Own),
			})
		},
	})
}
