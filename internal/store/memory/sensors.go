package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// sensors are those of a store.
type sensors struct {
	// list is in order of id; newest is the id of the newest.
	list   []*store.Sensor
	newest model.SensorID
	// keys are the run keys that they know.
	keys map[model.SensorID]map[string]bool
}

// sense gives the workflows of a push their sensors, and drops the others of the
// project.
func (s *sensors) sense(of *store.Project, workflows []*store.Workflow, now model.Instant) {
	s.keep(of.ID, workflows)
	for _, w := range workflows {
		if w.Definition.Sensor.Len() == 0 {
			continue
		}
		i := slices.IndexFunc(s.list, func(one *store.Sensor) bool { return one.Project == of.ID && one.WorkflowName == w.Name })
		if i < 0 {
			s.newest++
			i = len(s.list)
			s.list = append(s.list, &store.Sensor{ID: s.newest, Project: of.ID, ProjectName: of.Name, WorkflowName: w.Name, Created: now})
		}
		one := s.list[i]
		one.Workflow, one.Pool, one.NextTick, one.Failures, one.Updated = w.ID, store.PoolOf(w), now, 0, now
		one.Version++
	}
}

// keep drops the sensors of a project that are not of these workflows.
func (s *sensors) keep(of model.ProjectID, workflows []*store.Workflow) {
	s.list = slices.DeleteFunc(s.list, func(one *store.Sensor) bool {
		gone := one.Project == of && !slices.ContainsFunc(workflows, func(w *store.Workflow) bool {
			return w.Name == one.WorkflowName && w.Definition.Sensor.Len() > 0
		})
		if gone {
			delete(s.keys, one.ID)
		}
		return gone
	})
}

func (s *sensors) find(id model.SensorID) (*store.Sensor, error) {
	i, found := slices.BinarySearchFunc(s.list, id, func(one *store.Sensor, id model.SensorID) int { return cmp.Compare(one.ID, id) })
	if !found {
		return nil, model.Errorf(model.NotFound, "there is no sensor %d", id)
	}
	return s.list[i], nil
}

// Sensor implements store.Sensors.
func (s *Store) Sensor(ctx context.Context, id model.SensorID) (store.Sensor, error) {
	if err := s.enter(ctx); err != nil {
		return store.Sensor{}, err
	}
	defer s.mu.Unlock()
	one, err := s.sensors.find(id)
	if err != nil {
		return store.Sensor{}, err
	}
	return *one, nil
}

// ListSensors implements store.Sensors.
func (s *Store) ListSensors(ctx context.Context, f store.SensorFilter, p store.Page) ([]store.Sensor, string, error) {
	limit, past, err := s.enterPage(ctx, p)
	if err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	list, next := page(limit, slices.Values(s.sensors.list), func(one *store.Sensor) (store.Sensor, bool) {
		return *one, int64(one.ID) > past && (f.Project == 0 || f.Project == one.Project) &&
			(f.WorkflowName == "" || f.WorkflowName == one.WorkflowName)
	}, func(one store.Sensor) int64 { return int64(one.ID) })
	return list, next, nil
}

// DueSensors implements store.Sensors.
func (s *Store) DueSensors(ctx context.Context, pool store.Pool, now model.Instant, n int) ([]store.Sensor, model.Instant, error) {
	if err := s.enter(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	byDue := slices.SortedStableFunc(slices.Values(s.sensors.list), func(a, b *store.Sensor) int {
		return cmp.Compare(a.NextTick, b.NextTick)
	})
	var due []store.Sensor
	for _, one := range byDue {
		switch {
		case one.Disabled != 0 || one.Pool != pool:
		case one.NextTick > now || len(due) >= n:
			return due, one.NextTick, nil
		default:
			due = append(due, *one)
		}
	}
	return due, model.Never, nil
}

// ChangeSensor implements store.Sensors.
func (s *Store) ChangeSensor(ctx context.Context, to store.Sensor) (changed store.Sensor, err error) {
	err = s.write(ctx, func() (bool, error) {
		one, err := s.sensors.change(&to)
		if err == nil {
			changed = *one
		}
		return err == nil, err
	})
	return changed, err
}

// SensorTicked implements store.Sensors.
func (s *Store) SensorTicked(ctx context.Context, to store.Sensor, t store.Tick, keys []string) (changed store.Sensor, err error) {
	err = s.write(ctx, func() (bool, error) {
		one, err := s.sensors.change(&to)
		if err != nil {
			return false, err
		}
		t = t.Kept()
		one.LastOutcome, one.LastReason = t.Outcome, t.Reason
		s.sensors.know(to.ID, keys)
		s.tick(t)
		changed = *one
		return true, nil
	})
	return changed, err
}

// change changes a sensor, if it is the version that is meant.
func (s *sensors) change(to *store.Sensor) (*store.Sensor, error) {
	one, err := s.find(to.ID)
	if err == nil && one.Version != to.Version {
		err = model.Errorf(model.Conflict, "sensor %d was changed by another", to.ID)
	}
	if err != nil {
		return nil, err
	}
	one.Cursor, one.LastKey, one.LastTick, one.NextTick = to.Cursor, to.LastKey, to.LastTick, to.NextTick
	one.Failures, one.Disabled, one.Updated = to.Failures, to.Disabled, to.Updated
	one.Version++
	return one, nil
}

// know adds run keys to those of a sensor.
func (s *sensors) know(id model.SensorID, keys []string) {
	if s.keys == nil {
		s.keys = make(map[model.SensorID]map[string]bool)
	}
	if s.keys[id] == nil {
		s.keys[id] = make(map[string]bool, len(keys))
	}
	for _, key := range keys {
		s.keys[id][key] = true
	}
}

// KnownRunKeys implements store.Sensors.
func (s *Store) KnownRunKeys(ctx context.Context, id model.SensorID, keys []string) ([]string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var known []string
	for _, key := range keys {
		if s.sensors.keys[id][key] {
			known = append(known, key)
		}
	}
	return known, nil
}
