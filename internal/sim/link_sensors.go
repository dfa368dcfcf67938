package sim

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Sensor implements store.Sensors.
func (l *link) Sensor(ctx context.Context, id model.SensorID) (store.Sensor, error) {
	return get(l, func() (store.Sensor, error) { return l.Store.Sensor(ctx, id) })
}

// DueSensors implements store.Sensors.
func (l *link) DueSensors(ctx context.Context, pool store.Pool, now model.Instant, n int) ([]store.Sensor, model.Instant, error) {
	if err := l.read(); err != nil {
		return nil, 0, err
	}
	return l.Store.DueSensors(ctx, pool, now, n)
}

// KnownRunKeys implements store.Sensors.
func (l *link) KnownRunKeys(ctx context.Context, id model.SensorID, keys []string) ([]string, error) {
	return get(l, func() ([]string, error) { return l.Store.KnownRunKeys(ctx, id, keys) })
}

// ChangeSensor implements store.Sensors.
func (l *link) ChangeSensor(ctx context.Context, s store.Sensor) (changed store.Sensor, err error) {
	err = l.write("change sensor", func() (err error) {
		changed, err = l.Store.ChangeSensor(ctx, s)
		return err
	})
	return changed, err
}

// SensorTicked implements store.Sensors.
func (l *link) SensorTicked(ctx context.Context, s store.Sensor, t store.Tick, keys []string) (changed store.Sensor, err error) {
	err = l.write("what came of a sensor", func() (err error) {
		changed, err = l.Store.SensorTicked(ctx, s, t, keys)
		return err
	})
	return changed, err
}
