package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// open turns the dispatches of an attempt into jobs.
func (d *Daemon) open(a store.Attempt, w *workflow.Workflow) func(*engine.Effect) runner.Job {
	opened := d.worker.Attempt(a, w.Dialect)
	d.listen(&a)
	return opened.Job
}

// alarm says when an attempt is late, and what is to be done then.
func (d *Daemon) alarm(a store.Attempt, w *workflow.Workflow) (model.Instant, []*workflow.Node) {
	if a.Due == 0 || w.SLA.Len() == 0 {
		return 0, nil
	}
	zone, zoneErr := schedule.ParseZone(a.Zone)
	sla, slaErr := schedule.ParseSLA(w.SLA)
	tasks, err := dig.Alarm(w)
	if err := errors.Join(zoneErr, slaErr, err); err != nil {
		d.cfg.Log.Warn("an sla can't be watched", "attempt", int64(a.ID), "workflow", w.Name, "error", err)
		return 0, nil
	}
	return model.InstantOf(sla.Passed(a.Due.Time(), zone)), tasks
}

// unreadable tells that an attempt does not go on.
func (d *Daemon) unreadable(id model.AttemptID, err error) {
	d.cfg.Log.Error("an attempt can't be driven, as it can't be read; it is tried again each minute", "attempt", int64(id), "error", err)
}

// timedOut tells that an attempt takes too long.
func (d *Daemon) timedOut(t conductor.Timeout) {
	message := "Workflow execution timeout"
	if t.Task != "" {
		message = "Task execution timeout: " + t.Task
	}
	s := &t.Attempt.Session
	d.cfg.Log.Warn("attempt takes too long", "attempt", int64(t.Attempt.ID), "workflow", s.Workflow, "task", t.Task)
	if d.worker.Notifier() == nil {
		return
	}
	d.loops.Go(func() { // the conductor does not wait for it
		n := operator.Notification{Message: message, Time: d.cfg.Clock.Now(), Params: params.Of(
			"project_id", int64(s.Project), "session_id", int64(s.ID), "attempt_id", int64(t.Attempt.ID),
			"task_name", t.Task, "timezone", t.Attempt.Zone, "session_uuid", s.UUID,
			"session_time", s.Time.Time().Format(time.RFC3339),
		)}
		if err := d.worker.Notifier().Notify(context.Background(), n); err != nil {
			d.cfg.Log.Error("notification failed", "error", err)
		}
	})
}
