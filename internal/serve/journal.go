package serve

import (
	"log/slog"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/store"
)

// journal writes what a server does to its log, a line for each thing.
type journal struct{ log *slog.Logger }

func (j journal) listener() daemon.Listener {
	return daemon.Listener{Driven: j.driven, Left: j.left, Try: j.try, Fired: j.fired, Pruned: j.pruned}
}

// about returns a log that says which attempt it is about.
func (j journal) about(a *store.Attempt) *slog.Logger {
	s := &a.Session
	return j.log.With("project", int64(s.Project), "workflow", s.Workflow, "session", int64(s.ID), "attempt", int64(a.ID))
}

func (j journal) driven(a *store.Attempt) {
	if a.Started != 0 {
		j.about(a).Debug("attempt taken up")
		return
	}
	j.about(a).Info("attempt started", "session_time", a.Session.Time.Time(), "retry", a.Name)
}

func (j journal) left(a *store.Attempt, end *engine.AttemptRow) {
	if end == nil {
		j.about(a).Debug("attempt waits")
		return
	}
	log := j.about(a).With("state", end.State.String(), "seconds", end.Ended.Time().Sub(end.Started.Time()).Seconds())
	if end.State == engine.AttemptFailed {
		log.Warn("attempt ended")
		return
	}
	log.Info("attempt ended")
}

func (j journal) try(a *store.Attempt, t *executor.Try) ([]string, func(engine.Command)) {
	began := time.Now()
	return nil, func(c engine.Command) {
		switch c.Kind {
		case engine.Fail:
			j.about(a).Warn("try failed", "task", t.Name, "try", t.ID.Try, "operator", t.Operator(),
				"seconds", time.Since(began).Seconds(), "error", messageOf(c))
		case engine.Lose:
			j.about(a).Warn("try lost", "task", t.Name, "try", t.ID.Try, "operator", t.Operator())
		}
	}
}

func (j journal) fired(s conductor.Slot) {
	log := j.log.With("project", int64(s.Schedule.Project), "workflow", s.Schedule.WorkflowName,
		"schedule", int64(s.Schedule.ID), "session_time", s.Schedule.NextTime.Time(), "late", s.Late.Seconds())
	switch s.Outcome {
	case conductor.SlotStarted:
		log.Info("schedule fired", "attempt", int64(s.Attempt.ID))
	case conductor.SlotTaken:
		log.Info("schedule skipped", "reason", "the session exists")
	case conductor.SlotSkipped:
		log.Info("schedule skipped", "slots", s.Slots, "reason", s.Reason)
	case conductor.SlotRefused:
		log.Warn("schedule postponed", "reason", "too many attempts are unfinished")
	case conductor.SlotFaulty:
		log.Warn("schedule postponed", "reason", s.Reason)
	}
}

func (j journal) pruned(p *store.Pruned) {
	if len(p.Attempts)+len(p.Sessions)+len(p.Revisions)+len(p.Projects)+p.Values+p.Audit+p.Ticks == 0 {
		return
	}
	j.log.Info("retention", "attempts", len(p.Attempts), "sessions", len(p.Sessions), "revisions", len(p.Revisions),
		"projects", len(p.Projects), "values", p.Values, "audit", p.Audit, "ticks", p.Ticks)
}
