package service

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/store"
)

// DisableSensor keeps a sensor from being evaluated. What there is to be seen meanwhile
// it sees once it is enabled again, as its cursor stays.
func (s *Service) DisableSensor(ctx context.Context, id model.SensorID) (store.Sensor, error) {
	return s.changeSensor(ctx, id, func(at *store.Sensor, now model.Instant) {
		if at.Disabled == 0 {
			at.Disabled = now
		}
	})
}

// EnableSensor has a sensor evaluated again, the first time at once.
func (s *Service) EnableSensor(ctx context.Context, id model.SensorID) (store.Sensor, error) {
	return s.changeSensor(ctx, id, func(at *store.Sensor, now model.Instant) {
		at.Disabled, at.NextTick, at.Failures = 0, now, 0
	})
}

// ResetSensor gives a sensor another cursor, and has it evaluated at once. The run keys
// that it has used stay used.
func (s *Service) ResetSensor(ctx context.Context, id model.SensorID, cursor string) (store.Sensor, error) {
	if _, err := sensor.ParseAnswer(params.Of("cursor", cursor)); err != nil {
		return store.Sensor{}, err
	}
	return s.changeSensor(ctx, id, func(at *store.Sensor, now model.Instant) {
		at.Cursor, at.NextTick, at.Failures = cursor, now, 0
	})
}

// changeSensor changes a sensor as it is at one moment.
func (s *Service) changeSensor(ctx context.Context, id model.SensorID, f func(*store.Sensor, model.Instant)) (store.Sensor, error) {
	for try := 1; ; try++ {
		at, err := s.cfg.Store.Sensor(ctx, id)
		if err != nil {
			return at, err
		}
		now := model.InstantOf(s.now())
		at.Updated = now
		f(&at, now)
		done, err := s.cfg.Store.ChangeSensor(ctx, at)
		if model.CodeOf(err) != model.Conflict || try == changeTries {
			return done, err
		}
	}
}
