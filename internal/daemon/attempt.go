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
	"github.com/pawlhq/pawl/internal/worker"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// open returns what turns the dispatches of an attempt into jobs for a worker.
func (d *Daemon) open(by *worker.Worker) func(store.Attempt, *workflow.Workflow) func(*engine.Effect) runner.Job {
	return func(a store.Attempt, w *workflow.Workflow) func(*engine.Effect) runner.Job {
		opened := by.Attempt(a, w.Dialect)
		d.listen(&a)
		return opened.Job
	}
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
	d.cfg.Log.Error("an attempt does not go on, as something stored of it can't be read; it is tried again now and then", "attempt", int64(id), "error", err)
}

// timedOut returns what tells that an attempt takes too long.
func (d *Daemon) timedOut(by *worker.Worker) func(conductor.Timeout) {
	return func(t conductor.Timeout) {
		message := "Workflow execution timeout"
		if t.Task != "" {
			message = "Task execution timeout: " + t.Task
		}
		d.cfg.Log.Warn("attempt takes too long", "attempt", int64(t.Attempt.ID), "workflow", t.Attempt.Session.Workflow, "task", t.Task)
		if to := by.Notifier(&t.Attempt); to != nil {
			d.telling.Go(func() { d.notify(to, message, &t) }) // the conductor does not wait for it
		}
	}
}

// notify sends a notification about an attempt.
func (d *Daemon) notify(to operator.Notifier, message string, t *conductor.Timeout) {
	s := &t.Attempt.Session
	n := operator.Notification{Message: message, Time: d.cfg.Clock.Now(), Params: params.Of(
		"project_id", int64(s.Project), "session_id", int64(s.ID), "attempt_id", int64(t.Attempt.ID),
		"task_name", t.Task, "timezone", t.Attempt.Zone, "session_uuid", s.UUID,
		"session_time", s.Time.Time().Format(time.RFC3339),
	)}
	if err := to.Notify(context.Background(), n); err != nil {
		d.cfg.Log.Error("notification failed", "error", err)
	}
}
