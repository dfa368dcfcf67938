package worker

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/items"
	"github.com/pawlhq/pawl/internal/memo"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// Attempt returns what makes the tries of an attempt, of a workflow of that
// dialect.
func (w *Worker) Attempt(a store.Attempt, dialect string) *executor.Attempt {
	info := w.info(&a, dialect)
	info.Carried, info.Items, info.Watch = w.carried(a.Resume), items.Lists{Store: w.cfg.Store, Resume: a.Resume}, w.watch(&a)
	made := memo.Memo{Addresses: w.cfg.Store, Project: a.Session.Project, Afresh: a.Resume.Again()}
	if w.cfg.Outputs != nil {
		shelf := w.cfg.Outputs.Of(a.Session.Project)
		info.Services.Outputs, made.Outputs = shelf, shelf
	}
	info.Memo = made
	return w.executor.Open(info)
}

// info is what all have in common that runs for a workflow of a project.
func (w *Worker) info(a *store.Attempt, dialect string) executor.AttemptInfo {
	zone, err := schedule.ParseZone(a.Zone)
	if err != nil {
		zone = time.UTC // it was checked when the attempt was started
	}
	services := w.services
	services.Sessions, services.Runs = sessions{w, a.Session.Project}, w.runs(a.Session.Project)
	services.Notifier = w.Notifier(a)
	info := executor.AttemptInfo{
		ID: a.ID, Session: a.Session.ID, SessionUUID: a.Session.UUID,
		SessionTime: a.Session.Time.Time(), Project: a.Session.Project, Name: a.Name,
		Zone: zone, Dialect: dialect, Params: a.Params, Defaults: w.cfg.Defaults,
		Services: services,
	}
	if dialect != pipeline.Dialect { // which has no expressions
		info.Evaluator = expr.New(expr.Env{Zone: zone, Now: w.cfg.Clock.Now})
	}
	if info.ProjectDir, info.Workdir = w.cfg.Folder, w.cfg.Folder; w.cfg.Folder == "" {
		info.Workspace = func(ctx context.Context) (executor.Workspace, error) { return w.workspace(ctx, a) }
	}
	if w.cfg.Vault != nil {
		info.Secrets = w.cfg.Vault.Secrets(a.Session.Project)
	}
	return info
}

// carried returns what gives the results that an attempt takes over.
func (w *Worker) carried(r store.Resume) func(context.Context) (executor.Results, error) {
	if r.Attempt == 0 {
		return nil
	}
	return executor.ReadOnce(func(ctx context.Context) (executor.Results, error) { return service.Carried(ctx, w.cfg.Store, r) })
}

// workspace makes a folder with the files of an attempt's revision.
func (w *Worker) workspace(ctx context.Context, a *store.Attempt) (executor.Workspace, error) {
	of, err := w.cfg.Store.Workflow(ctx, a.Workflow)
	if err != nil {
		return nil, err
	}
	w.used.Add(1)
	return w.workspaces.Make(ctx, strconv.FormatInt(int64(of.Revision), 10), func(ctx context.Context) (io.ReadCloser, error) {
		w.fetched.Add(1)
		r, err := w.cfg.Store.Revision(ctx, of.Project, of.RevisionName)
		if err != nil {
			return nil, err
		}
		return w.cfg.Service.OpenArchive(ctx, r)
	})
}
