package sim

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Push implements store.Projects.
func (l *link) Push(ctx context.Context, p store.Push) (store.Project, error) {
	var pushed store.Project
	err := l.write("push", func() (err error) {
		pushed, err = l.Store.Push(ctx, p)
		if err == nil {
			l.host.pushed(&p, &pushed)
		}
		return err
	})
	if err != nil {
		return store.Project{}, err
	}
	return pushed, nil
}

// Workflow implements store.Projects.
func (l *link) Workflow(ctx context.Context, id model.WorkflowID) (store.Workflow, error) {
	return get(l, func() (store.Workflow, error) { return l.Store.Workflow(ctx, id) })
}

// LastSessionTime implements store.Attempts.
func (l *link) LastSessionTime(ctx context.Context, project model.ProjectID, workflow string, before model.Instant) (model.Instant, error) {
	return get(l, func() (model.Instant, error) { return l.Store.LastSessionTime(ctx, project, workflow, before) })
}

// Schedule implements store.Schedules.
func (l *link) Schedule(ctx context.Context, id model.ScheduleID) (store.Schedule, error) {
	return get(l, func() (store.Schedule, error) { return l.Store.Schedule(ctx, id) })
}

// DueSchedules implements store.Schedules.
func (l *link) DueSchedules(ctx context.Context, now model.Instant, n int) ([]store.Schedule, model.Instant, error) {
	if err := l.read(); err != nil {
		return nil, 0, err
	}
	l.host.looked()
	return l.Store.DueSchedules(ctx, now, n)
}

// Fire implements store.Schedules.
func (l *link) Fire(ctx context.Context, firings []store.Firing) ([]store.Fired, error) {
	var fired []store.Fired
	err := l.write("fire", func() (err error) {
		fired, err = l.Store.Fire(ctx, firings)
		for i := range fired {
			if a := &fired[i].Attempt; a.ID != 0 {
				l.host.made(a, firings[i].Start.Definition)
			}
		}
		if err == nil {
			l.host.fired(firings, fired)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return fired, nil
}

// ChangeSchedule implements store.Schedules.
func (l *link) ChangeSchedule(ctx context.Context, s store.Schedule, ticks ...store.Tick) (store.Schedule, error) {
	var changed store.Schedule
	err := l.write("change schedule", func() (err error) {
		changed, err = l.Store.ChangeSchedule(ctx, s, ticks...)
		if err == nil {
			l.host.changed(&changed)
		}
		return err
	})
	if err != nil {
		return store.Schedule{}, err
	}
	return changed, nil
}
