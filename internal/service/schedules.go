package service

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
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
	return s.change(ctx, id, r.DryRun, func(at *store.Schedule, of *schedule.Schedule) ([]store.Tick, error) {
		return skip(at, of, r, "somebody moved the schedule ahead")
	})
}

// skip moves a schedule ahead, and returns the ticks of what it passes over.
func skip(at *store.Schedule, of *schedule.Schedule, r Skip, why string) ([]store.Tick, error) {
	var slot schedule.Time
	switch {
	case !r.To.IsZero():
		slot = of.First(r.To)
	case !r.From.IsZero() && r.Count > maxSlots:
		return nil, model.Errorf(model.Invalid, "can't skip %d sessions at once: at most %d", r.Count, maxSlots)
	case !r.From.IsZero() && r.Count >= 0:
		slot = of.First(r.From)
		for range r.Count {
			slot = of.NextAfter(slot.Session)
			if slot.Session.Equal(schedule.Never) {
				break
			}
		}
	default:
		return nil, model.Errorf(model.Invalid, "say up to when to skip, or how many sessions from when").
			WithHint("give nextTime, or fromTime and count")
	}
	if model.InstantOf(slot.Session) <= at.NextTime {
		return nil, model.Errorf(model.Conflict, "the next session of schedule %d is at %s already", at.ID, at.NextTime.Time().Format(time.RFC3339))
	}
	ticks := passOver(at, of, slot, why)
	if !r.Run.IsZero() {
		at.NextRun = model.InstantOf(r.Run.Truncate(time.Second))
	}
	return ticks, nil
}

// passOver moves a schedule on to a later slot, and returns the ticks that say so.
func passOver(at *store.Schedule, of *schedule.Schedule, to schedule.Time, why string) []store.Tick {
	first, last := at.NextTime.Time(), of.Before(to).Session
	at.NextTime, at.NextRun = model.InstantOf(to.Session), model.InstantOf(to.Run)
	if last.Before(first) {
		return nil
	}
	at.Evaluated = max(at.Evaluated, model.InstantOf(last))
	return []store.Tick{conductor.TickPassed(at, at.Updated, of.Passed(first, last, why))}
}

// Disable keeps a schedule from starting sessions. What of those that become due is
// made up for once it is enabled again, the schedule says.
func (s *Service) Disable(ctx context.Context, id model.ScheduleID) (store.Schedule, error) {
	return s.change(ctx, id, false, func(at *store.Schedule, _ *schedule.Schedule) ([]store.Tick, error) {
		at.Disabled = at.Updated
		return nil, nil
	})
}

// whyDisabled is why sessions are passed over that came while nothing was to be
// started.
const whyDisabled = "the schedule was disabled"

// Enable lets a schedule start sessions again, with ahead after it was moved ahead to
// a time, or to now for a zero one. Without, the sessions that became due while it was
// disabled are passed over where it says which missed ones are wanted
// (schedule.CatchUp.Resumes).
func (s *Service) Enable(ctx context.Context, id model.ScheduleID, ahead bool, to time.Time) (store.Schedule, error) {
	return s.change(ctx, id, false, func(at *store.Schedule, of *schedule.Schedule) ([]store.Tick, error) {
		was := at.Disabled
		at.Disabled = 0
		now := at.Updated.Time()
		switch {
		case ahead && to.IsZero():
			to = now
			fallthrough
		case ahead:
			return skip(at, of, Skip{To: to}, whyDisabled)
		case was == 0 || of.CatchUp.Resumes() || at.NextRun >= at.Updated:
			return nil, nil
		}
		first, next := of.First(now), of.NextAfter(at.NextTime.Time())
		if first.Session.Before(next.Session) {
			first = next
		}
		return passOver(at, of, first, whyDisabled), nil
	})
}

// changeTries bounds how often a change is tried again that another overtook.
const changeTries = 10

// change changes a schedule as it is at one moment.
func (s *Service) change(ctx context.Context, id model.ScheduleID, dry bool, f func(*store.Schedule, *schedule.Schedule) ([]store.Tick, error)) (store.Schedule, error) {
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
		ticks, err := f(&to, c.Schedule)
		if err != nil || dry {
			return to, err
		}
		done, err := s.cfg.Store.ChangeSchedule(ctx, to, ticks...)
		if model.CodeOf(err) != model.Conflict || try == changeTries {
			return done, err
		}
	}
}
