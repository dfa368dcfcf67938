package service

import (
	"context"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
)

// Skip asks to move a schedule ahead.
type Skip struct {
	// To is the time from which on sessions are wanted: those that are due
	// before it are passed over. Zero uses From and Count.
	To time.Time
	// Count is how many sessions to pass over, from those due at From on.
	From  time.Time
	Count int
	// Run, if not zero, is when the next session is to be started.
	Run time.Time
	// DryRun changes nothing.
	DryRun bool
}

// maxSlots bounds how many sessions one request can pass over or fill in.
const maxSlots = 10_000

// Skip moves a schedule ahead and returns what it is then. Moving it back, or
// not at all, is a Conflict.
func (s *Service) Skip(ctx context.Context, id model.ScheduleID, r Skip) (store.Schedule, error) {
	return s.change(ctx, id, r.DryRun, func(at *store.Schedule, c schedule.Calendar) error {
		return s.skip(at, c.Schedule, r)
	})
}

func (s *Service) skip(at *store.Schedule, of *schedule.Schedule, r Skip) error {
	var slot schedule.Time
	switch {
	case !r.To.IsZero():
		slot = of.First(r.To)
	case !r.From.IsZero() && r.Count > maxSlots:
		return model.Errorf(model.Invalid, "can't skip %d sessions at once: at most %d", r.Count, maxSlots)
	case !r.From.IsZero() && r.Count >= 0:
		slot = of.First(r.From)
		for range r.Count {
			slot = of.NextAfter(slot.Session)
			if slot.Session.Equal(schedule.Never) {
				break
			}
		}
	default:
		return model.Errorf(model.Invalid, "say up to when to skip, or how many sessions from when").
			WithHint("give nextTime, or fromTime and count")
	}
	next := model.InstantOf(slot.Session)
	if next <= at.NextTime {
		return model.Errorf(model.Conflict, "the next session of schedule %d is at %s already", at.ID, at.NextTime.Time().Format(time.RFC3339))
	}
	at.NextTime, at.NextRun = next, model.InstantOf(slot.Run)
	if !r.Run.IsZero() {
		at.NextRun = model.InstantOf(r.Run.Truncate(time.Second))
	}
	return nil
}

// Disable keeps a schedule from starting sessions. What becomes due is made up
// for once it is enabled again.
func (s *Service) Disable(ctx context.Context, id model.ScheduleID) (store.Schedule, error) {
	return s.change(ctx, id, false, func(at *store.Schedule, _ schedule.Calendar) error {
		at.Disabled = model.InstantOf(s.now())
		return nil
	})
}

// Enable lets a schedule start sessions again, with skip after it was moved
// ahead to a time, or to now for a zero one.
func (s *Service) Enable(ctx context.Context, id model.ScheduleID, skip bool, to time.Time) (store.Schedule, error) {
	return s.change(ctx, id, false, func(at *store.Schedule, c schedule.Calendar) error {
		at.Disabled = 0
		if !skip {
			return nil
		}
		if to.IsZero() {
			to = s.now()
		}
		return s.skip(at, c.Schedule, Skip{To: to})
	})
}

// changeTries bounds how often a change is tried again that another overtook.
const changeTries = 10

// change changes a schedule as it is at one moment.
func (s *Service) change(ctx context.Context, id model.ScheduleID, dry bool, f func(*store.Schedule, schedule.Calendar) error) (store.Schedule, error) {
	for try := 1; ; try++ {
		at, err := s.cfg.Store.Schedule(ctx, id)
		if err != nil {
			return at, err
		}
		c, err := s.calendar(ctx, at.Workflow)
		if err != nil {
			return at, err
		}
		to := at
		to.Updated = model.InstantOf(s.now())
		if err := f(&to, c); err != nil || dry {
			return to, err
		}
		done, err := s.cfg.Store.ChangeSchedule(ctx, to)
		if model.CodeOf(err) != model.Conflict || try == changeTries {
			return done, err
		}
	}
}

// Backfill asks for the sessions of a schedule from a time on up to its next
// one.
type Backfill struct {
	From time.Time
	// Name is that of the attempts.
	Name string
	// Count is how many sessions there are to be, or 0 for all.
	Count int
	// DryRun starts nothing.
	DryRun bool
}

// Backfill starts the past sessions of a schedule, one after the other, the
// oldest first. They are all made at once: from then on they are as sure to
// run as any other attempt. Attempts of a dry run have no ids.
func (s *Service) Backfill(ctx context.Context, id model.ScheduleID, r Backfill) (store.Schedule, []store.Attempt, error) {
	if err := project.CheckRetryAttemptName(r.Name); err != nil {
		return store.Schedule{}, nil, err
	}
	at, err := s.cfg.Store.Schedule(ctx, id)
	if err != nil {
		return at, nil, err
	}
	w, err := s.cfg.Store.Workflow(ctx, at.Workflow)
	if err != nil {
		return at, nil, err
	}
	c, err := s.calendarOf(&w)
	if err != nil {
		return at, nil, err
	}
	slots, err := s.slots(&at, c.Schedule, r)
	if err != nil {
		return at, nil, err
	}
	starts, err := s.backfill(ctx, id, &w, c, slots, r)
	switch {
	case err != nil:
		return at, nil, err
	case r.DryRun:
		return at, dryAttempts(starts), nil
	}
	list, err := s.cfg.Store.StartAll(ctx, starts)
	return at, list, err
}

// slots returns the session times to be filled in.
func (s *Service) slots(at *store.Schedule, of *schedule.Schedule, r Backfill) ([]time.Time, error) {
	most := maxSlots
	if s.cfg.Limits.Attempts > 0 {
		most = min(most, s.cfg.Limits.Attempts)
	}
	var list []time.Time
	next := at.NextTime.Time()
	for slot := of.First(r.From).Session; slot.Before(next) && (r.Count == 0 || len(list) < r.Count); slot = of.NextAfter(slot).Session {
		if len(list) == most {
			return nil, model.Errorf(model.Exhausted, "too many attempts: at most %d may be unfinished", most).
				WithHint("begin later, or give a count")
		}
		list = append(list, slot)
	}
	if len(list) < r.Count {
		return nil, model.Errorf(model.Invalid, "the schedule has %d sessions from then on until its next one, not %d", len(list), r.Count)
	}
	return list, nil
}

func (s *Service) backfill(ctx context.Context, at model.ScheduleID, w *store.Workflow, c schedule.Calendar, slots []time.Time, r Backfill) ([]store.Start, error) {
	if len(slots) == 0 {
		return nil, nil
	}
	former, err := s.sessionBefore(ctx, w, slots[0])
	if err != nil {
		return nil, err
	}
	now := model.InstantOf(s.now())
	starts := make([]store.Start, len(slots))
	for i, slot := range slots {
		given := conductor.Scheduled(w.Definition, c, slot)
		if !former.IsZero() {
			given = given.Merge(params.Of("last_executed_session_time", schedule.FormatTime(former, c.Zone)))
		}
		former = slot
		starts[i] = store.Start{
			Session: store.Session{
				UUID: s.cfg.NewUUID(), Project: w.Project, Workflow: w.Name,
				Key: conductor.SessionKey(slot), Time: model.InstantOf(slot),
			},
			Name: r.Name, Zone: c.Zone.String(), Params: given, Definition: w.Definition, Workflow: w.ID,
			AfterFormer: i > 0, MaxRunning: s.cfg.Limits.Attempts, Created: now,
			Tags: model.Tags{model.BackfillTag: r.Name, model.ScheduleTag: strconv.FormatInt(int64(at), 10)},
		}
		s.cfg.Turns.Ask(&starts[i], nil, 0)
	}
	return starts, nil
}

// sessionBefore returns the latest session time of a workflow before a time,
// or zero.
func (s *Service) sessionBefore(ctx context.Context, w *store.Workflow, t time.Time) (time.Time, error) {
	at, err := s.cfg.Store.LastSessionTime(ctx, w.Project, w.Name, model.InstantOf(t))
	return at.Time(), err
}

// dryAttempts returns what starts would make.
func dryAttempts(starts []store.Start) []store.Attempt {
	list := make([]store.Attempt, len(starts))
	for i := range starts {
		s := &starts[i]
		list[i] = store.Attempt{
			AttemptRow: engine.AttemptRow{}, Session: s.Session, Name: s.Name,
			Zone: s.Zone, Workflow: s.Workflow, Created: s.Created,
		}
	}
	return list
}
