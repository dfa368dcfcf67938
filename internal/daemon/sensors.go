package daemon

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/sensor/sensing"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/worker"
)

// sensorsAtOnce bounds the sensors that are evaluated at a time.
const sensorsAtOnce = 8

// sensorsLoop is the name of the loop that evaluates sensors, which goes round only
// where it is its turn.
const sensorsLoop = "sensors"

// sense evaluates sensors until ctx is done. It does so with a worker of its own, which
// outlasts a lease that is lost, and is opened for the first sensor that there is.
func (d *Daemon) sense(ctx context.Context) {
	var mu sync.Mutex
	var by *worker.Worker
	opened := func() (*worker.Worker, error) {
		mu.Lock()
		defer mu.Unlock()
		if by != nil {
			return by, nil
		}
		tries := d.cfg.Config
		tries.Watchers = nil
		w, err := worker.Open(tries)
		if err == nil {
			by = w
		}
		return w, err
	}
	sensing.New(sensing.Config{
		Store: d.cfg.Store, Clock: d.cfg.Clock, Start: d.startSensed, Parallel: sensorsAtOnce,
		Turned: d.cfg.Heart.Loop(sensorsLoop, 0).Turn, Log: d.cfg.Log,
		Evaluate: func(ctx context.Context, of *store.Workflow, s *sensor.Sensor, given params.Map) (sensor.Answer, error) {
			w, err := opened()
			if err != nil {
				return sensor.Answer{}, err
			}
			return w.Evaluate(ctx, of, s, given)
		},
	}).Run(ctx)
	mu.Lock()
	defer mu.Unlock()
	if by != nil {
		if err := by.Close(); err != nil {
			d.cfg.Log.Warn("what sensors have left can't be removed", "error", err)
		}
	}
}

// startSensed starts what a sensor asks for.
func (d *Daemon) startSensed(ctx context.Context, of *store.Workflow, r sensing.Run) (store.Attempt, bool, error) {
	key := r.Key
	if key == "" {
		key = "sensor-" + uuid.NewString()
	}
	a, err := d.cfg.Service.Start(ctx, service.Start{
		Workflow: of, Key: key, Session: r.Time, Params: r.Params, Tags: r.Tags, Own: r.Own,
	})
	if model.CodeOf(err) == model.Conflict && a.ID != 0 {
		return a, false, nil
	}
	return a, err == nil, err
}
