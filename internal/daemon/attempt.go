package daemon

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// open turns the dispatches of an attempt into jobs.
func (d *Daemon) open(a store.Attempt, w *workflow.Workflow) func(*engine.Effect) runner.Job {
	zone, err := schedule.ParseZone(a.Zone)
	if err != nil {
		zone = time.UTC // it was checked when the attempt was started
	}
	services := d.services
	services.Sessions = sessions{d, a.Session.Project}
	info := executor.AttemptInfo{
		ID: a.ID, Session: a.Session.ID, SessionUUID: a.Session.UUID,
		SessionTime: a.Session.Time.Time(), Project: a.Session.Project, Name: a.Name,
		Zone: zone, Dialect: w.Dialect, Params: a.Params, Defaults: d.cfg.Defaults,
		Evaluator: expr.New(expr.Env{Zone: zone, Now: d.cfg.Clock.Now}),
		Services:  services,
		Carried:   d.carried(a.Resume),
	}
	if info.ProjectDir, info.Workdir = d.cfg.Folder, d.cfg.Folder; d.cfg.Folder == "" {
		info.Workspace = func(ctx context.Context) (executor.Workspace, error) { return d.workspace(ctx, &a) }
	}
	if d.cfg.Vault != nil {
		info.Secrets = d.cfg.Vault.Secrets(a.Session.Project)
	}
	info.Watch = d.watch(&a)
	d.listen(&a)
	return d.executor.Open(info).Job
}

// carried returns what gives the results that an attempt takes over. They are
// read when the first task asks for them.
func (d *Daemon) carried(r store.Resume) func(context.Context) (map[string]*engine.Result, error) {
	if r.Attempt == 0 {
		return nil
	}
	var mu sync.Mutex
	var results map[string]*engine.Result
	return func(ctx context.Context) (map[string]*engine.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		if results != nil {
			return results, nil
		}
		var err error
		results, err = service.Carried(ctx, d.cfg.Store, r)
		return results, err
	}
}

// archives counts the uses of the archives of revisions.
type archives struct{ used, fetched atomic.Int64 }

// workspace makes a folder with the files of an attempt's revision.
func (d *Daemon) workspace(ctx context.Context, a *store.Attempt) (executor.Workspace, error) {
	w, err := d.cfg.Store.Workflow(ctx, a.Workflow)
	if err != nil {
		return nil, err
	}
	d.archives.used.Add(1)
	return d.workspaces.Make(ctx, strconv.FormatInt(int64(w.Revision), 10), func(ctx context.Context) (io.ReadCloser, error) {
		d.archives.fetched.Add(1)
		r, err := d.cfg.Store.Revision(ctx, w.Project, w.RevisionName)
		if err != nil {
			return nil, err
		}
		return d.cfg.Service.OpenArchive(ctx, r)
	})
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

// timedOut tells that an attempt takes too long.
func (d *Daemon) timedOut(t conductor.Timeout) {
	message := "Workflow execution timeout"
	if t.Task != "" {
		message = "Task execution timeout: " + t.Task
	}
	s := &t.Attempt.Session
	d.cfg.Log.Warn("attempt takes too long", "attempt", int64(t.Attempt.ID), "workflow", s.Workflow, "task", t.Task)
	d.loops.Go(func() { // the conductor does not wait for it
		n := operator.Notification{Message: message, Time: d.cfg.Clock.Now(), Params: params.Of(
			"project_id", int64(s.Project), "session_id", int64(s.ID), "attempt_id", int64(t.Attempt.ID),
			"task_name", t.Task, "timezone", t.Attempt.Zone, "session_uuid", s.UUID,
			"session_time", s.Time.Time().Format(time.RFC3339),
		)}
		if err := d.services.Notifier.Notify(context.Background(), n); err != nil {
			d.cfg.Log.Error("notification failed", "error", err)
		}
	})
}

// sessions are what the tasks of a project may require.
type sessions struct {
	d   *Daemon
	own model.ProjectID
}

var _ operator.Sessions = sessions{}

// Start implements operator.Sessions.
func (s sessions) Start(ctx context.Context, r operator.StartRequest) (operator.SessionStatus, error) {
	w, err := s.workflow(ctx, r)
	if model.CodeOf(err) == model.NotFound {
		return operator.SessionStatus{}, operator.ErrNoWorkflow
	}
	if err != nil {
		return operator.SessionStatus{}, err
	}
	a, err := s.d.cfg.Service.Start(ctx, service.Start{Workflow: &w, Session: r.Time, Name: r.Name, Params: r.Params})
	exists := model.CodeOf(err) == model.Conflict
	if err != nil && !exists {
		return operator.SessionStatus{}, err
	}
	return statusOf(a, !exists), nil
}

// workflow finds what a task requires, as it is in the newest revision.
func (s sessions) workflow(ctx context.Context, r operator.StartRequest) (store.Workflow, error) {
	var p store.Project
	var err error
	switch {
	case r.ProjectID != 0:
		p, err = s.d.cfg.Store.Project(ctx, model.ProjectID(r.ProjectID))
	case r.Project != "":
		p, err = s.d.cfg.Store.ProjectNamed(ctx, r.Project)
	default:
		p, err = s.d.cfg.Store.Project(ctx, s.own)
	}
	if err != nil {
		return store.Workflow{}, err
	}
	return s.d.cfg.Store.WorkflowNamed(ctx, p.Latest.ID, r.Workflow)
}

// Status implements operator.Sessions.
func (s sessions) Status(ctx context.Context, session int64) (operator.SessionStatus, error) {
	of, err := s.d.cfg.Store.Session(ctx, model.SessionID(session))
	return statusOf(of.Last, false), err
}

func statusOf(a store.Attempt, made bool) operator.SessionStatus {
	return operator.SessionStatus{
		Session: int64(a.Session.ID), Attempt: int64(a.ID), Made: made,
		Done: a.State.Done(), Success: a.State == engine.AttemptSuccess,
	}
}
