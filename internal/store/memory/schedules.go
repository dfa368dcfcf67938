package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// plans returns the schedules that workflows of a push are to have, by name.
func (s *Store) plans(p *store.Push, workflows []*store.Workflow) map[string]store.Schedule {
	plans := make(map[string]store.Schedule)
	if p.Schedules == nil {
		return plans
	}
	for _, w := range workflows {
		asked, last := *w, s.scheduleOf(w)
		if last != nil {
			copied := *last
			last = &copied
		}
		if plan := p.Schedules(&asked, last); plan != nil {
			plans[w.Name] = *plan
		}
	}
	return plans
}

// scheduleOf returns the schedule of the workflow of that name, or nil.
func (s *Store) scheduleOf(w *store.Workflow) *store.Schedule {
	for _, one := range s.schedules {
		if one.Project == w.Project && one.WorkflowName == w.Name {
			return one
		}
	}
	return nil
}

// schedule makes the schedules of a project those that are planned.
func (s *Store) schedule(of *store.Project, workflows []*store.Workflow, plans map[string]store.Schedule, now model.Instant) {
	s.keepSchedules(of.ID, plans)
	for _, w := range workflows {
		plan, ok := plans[w.Name]
		if !ok {
			continue
		}
		one := s.scheduleOf(w)
		if one == nil {
			s.scheduleID++
			one = &store.Schedule{ID: s.scheduleID, Project: of.ID, ProjectName: of.Name, WorkflowName: w.Name, Created: now}
			s.schedules = append(s.schedules, one)
		} else if t, ok := store.TickOfPush(one, &plan, now); ok {
			s.tick(t)
		}
		one.Workflow, one.Updated = w.ID, now
		one.NextRun, one.NextTime, one.LastTime = plan.NextRun, plan.NextTime, plan.LastTime
		one.Evaluated, one.Rule = plan.Evaluated, plan.Rule
		one.Version++
	}
}

// keepSchedules removes the schedules of a project that are not planned.
func (s *Store) keepSchedules(of model.ProjectID, plans map[string]store.Schedule) {
	s.schedules = slices.DeleteFunc(s.schedules, func(one *store.Schedule) bool {
		_, kept := plans[one.WorkflowName]
		return one.Project == of && !kept
	})
}

func (s *Store) findSchedule(id model.ScheduleID) (*store.Schedule, error) {
	i, found := slices.BinarySearchFunc(s.schedules, id, func(one *store.Schedule, id model.ScheduleID) int {
		return cmp.Compare(one.ID, id)
	})
	if !found {
		return nil, model.Errorf(model.NotFound, "there is no schedule %d", id)
	}
	return s.schedules[i], nil
}

// Schedule implements store.Schedules.
func (s *Store) Schedule(ctx context.Context, id model.ScheduleID) (store.Schedule, error) {
	if err := s.enter(ctx); err != nil {
		return store.Schedule{}, err
	}
	defer s.mu.Unlock()
	one, err := s.findSchedule(id)
	if err != nil {
		return store.Schedule{}, err
	}
	return *one, nil
}

// ListSchedules implements store.Schedules.
func (s *Store) ListSchedules(ctx context.Context, f store.ScheduleFilter, p store.Page) ([]store.Schedule, string, error) {
	limit, past, err := s.enterPage(ctx, p)
	if err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	list, next := page(limit, slices.Values(s.schedules), func(one *store.Schedule) (store.Schedule, bool) {
		return *one, int64(one.ID) > past && (f.Project == 0 || f.Project == one.Project) &&
			(f.WorkflowName == "" || f.WorkflowName == one.WorkflowName)
	}, func(one store.Schedule) int64 { return int64(one.ID) })
	return list, next, nil
}

// DueSchedules implements store.Schedules.
func (s *Store) DueSchedules(ctx context.Context, now model.Instant, n int) ([]store.Schedule, model.Instant, error) {
	if err := s.enter(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	byDue := slices.SortedStableFunc(slices.Values(s.schedules), func(a, b *store.Schedule) int {
		return cmp.Compare(a.NextRun, b.NextRun)
	})
	var due []store.Schedule
	for _, one := range byDue {
		switch {
		case one.Disabled != 0:
		case one.NextRun > now || len(due) >= n:
			return due, one.NextRun, nil
		default:
			due = append(due, *one)
		}
	}
	return due, model.Never, nil
}

// ChangeSchedule implements store.Schedules.
func (s *Store) ChangeSchedule(ctx context.Context, to store.Schedule, ticks ...store.Tick) (store.Schedule, error) {
	var changed store.Schedule
	err := s.write(ctx, func() (bool, error) {
		one, err := s.scheduleAt(&to)
		if err != nil {
			return false, err
		}
		changeSchedule(one, &to)
		s.tick(ticks...)
		changed = *one
		return true, nil
	})
	return changed, err
}

// scheduleAt returns the schedule that is to be changed, if it is the version
// that whoever changes it knows.
func (s *Store) scheduleAt(to *store.Schedule) (*store.Schedule, error) {
	one, err := s.findSchedule(to.ID)
	if err == nil && one.Version != to.Version {
		err = model.Errorf(model.Conflict, "schedule %d has changed", to.ID)
	}
	return one, err
}

func changeSchedule(one, to *store.Schedule) {
	one.NextRun, one.NextTime, one.LastTime = to.NextRun, to.NextTime, to.LastTime
	one.Evaluated, one.Disabled, one.Updated = to.Evaluated, to.Disabled, to.Updated
	one.Version++
}

// Fire implements store.Schedules.
func (s *Store) Fire(ctx context.Context, firings []store.Firing) ([]store.Fired, error) {
	fired := make([]store.Fired, len(firings))
	err := s.write(ctx, func() (bool, error) {
		for i := range firings {
			fired[i].Attempt, fired[i].Err = s.fire(&firings[i])
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return fired, nil
}

func (s *Store) fire(f *store.Firing) (store.Attempt, error) {
	one, err := s.scheduleAt(&f.Schedule)
	if err != nil {
		return store.Attempt{}, err
	}
	if f.Start == nil {
		changeSchedule(one, &f.Schedule)
		s.tick(f.Ticks...)
		return store.Attempt{}, nil
	}
	var made store.Attempt
	a, isNew, err := s.start(f.Start)
	refused := err != nil && model.CodeOf(err) == model.Exhausted
	switch {
	case refused:
		changeSchedule(one, &f.Refused)
	case err != nil:
		return made, err
	default:
		changeSchedule(one, &f.Schedule)
	}
	if isNew {
		made = a.Attempt
	}
	s.tick(f.Ticks...)
	s.tick(store.TickOf(f.Start, made.ID, err))
	return made, err
}
