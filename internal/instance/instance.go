// Package instance puts the rooms of a local installation together: a store,
// a conductor, a runner and an executor with all operators, for the workflows
// of one project. It decides what a new run of a session takes over from
// earlier ones.
package instance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/items"
	"github.com/pawlhq/pawl/internal/keeper"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/memo"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators"
	"github.com/pawlhq/pawl/internal/operators/notify"
	task "github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/operators/value"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python/pool"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/sqlite"
	"github.com/pawlhq/pawl/internal/values"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// Config says what an instance works with.
type Config struct {
	// Project is the folder with the workflows' files, as an absolute path.
	Project string
	// Workdir is the folder that tasks work in. Defaults to the project.
	Workdir string
	// Workflows are those that can be started.
	Workflows []*workflow.Workflow
	// Database is the file of the store. Empty keeps everything in memory.
	Database string
	// Shared is an installation whose database, logs and values count in the place of
	// Database and Logs, or nil.
	Shared *Shared
	// Status is the folder of what earlier runs finished. Empty means that
	// nothing is taken over or saved.
	Status string
	// Logs is the folder of the tasks' output. Required, unless Shared has logs.
	Logs string
	// Scratch is the folder below which a run has one of its own, for files that
	// tasks hand to programs. Defaults to one in the project.
	Scratch string
	// Slots bounds the tasks that run at a time. Defaults to the number of
	// processors.
	Slots int
	// Env is the environment of programs that tasks start.
	Env []string
	// Pool has the Pythons of pipelines. Nil makes one that ends with the
	// instance.
	Pool *pool.Pool
	// Secrets are those that tasks may read.
	Secrets operator.Secrets
	// Settings configure operators, by full key such as "config.http.proxy.host".
	Settings map[string]string
	// DryRun evaluates the parameters of tasks, but runs none.
	DryRun bool
	// Began, when set, is called when a try begins to run, from any goroutine:
	// the store says only that it was handed over, and it may have to wait for
	// others. It is not called for those that don't have to run.
	Began func(model.TryID)
	// Ended, when set, is called when a try is over that Began was called for,
	// before that is stored. From any goroutine.
	Ended func(model.TryID)
	// Judged, when set, is called with why a task is to make its products, before
	// it does, from any goroutine. The store knows it when the try is over.
	Judged func(model.TryID, engine.Verdict)
	// Evaluated, when set, is called with the parameters of each task before
	// it runs, from any goroutine.
	Evaluated func(task string, p params.Map)
	// Explain, when set, says of a task's failure in one line what it means for
	// who wrote the task. It is called from any goroutine.
	Explain func(task, operator string, err error) string
	// Observe, when set, is called with each batch after it is committed.
	Observe func(*store.Batch)
	// Warn, when set, is told what people should know though all goes on, from
	// any goroutine.
	Warn func(text string)
	// LogLevel is the least level of the messages of tasks that are kept, unless a task
	// says another. Zero is logs.Info.
	LogLevel logs.Level
	// Clock tells the time. Required.
	Clock clock.Clock
	// Log receives what operators. Required.
	Log *slog.Logger
}

// Instance is an open installation. Its methods are safe for concurrent use.
type Instance struct {
	cfg       Config
	store     store.Store
	runner    runner.Runner
	conductor *conductor.Conductor
	executor  *executor.Executor
	services  operator.Services
	// endOperators ends what operators keep between tasks.
	endOperators func() error
	logs         logs.Store
	scratch      *scratchFolder
	values       *values.Outputs
	saver        *saver
	alarm        *alarm

	mu   sync.Mutex
	runs map[model.AttemptID]*run

	// begun are the sessions that tasks of this instance required. The lock is
	// held while one is begun, so that each is begun once.
	starting sync.Mutex
	begun    map[requirement]model.AttemptID
}

// Project is the name of the project that local runs are of. It is not stored.
const Project = "default"

// Open opens the store and begins to work. On an error nothing stays open.
func Open(ctx context.Context, cfg Config) (*Instance, error) {
	if cfg.Workdir == "" {
		cfg.Workdir = cfg.Project
	}
	if cfg.Slots <= 0 {
		cfg.Slots = runtime.NumCPU()
	}
	in := &Instance{
		cfg:     cfg,
		logs:    logsOf(cfg),
		scratch: newScratch(cfg),
		runs:    make(map[model.AttemptID]*run),
		begun:   make(map[requirement]model.AttemptID),
	}
	if err := in.openStore(); err != nil {
		return nil, err
	}
	notifier, err := notify.New(cfg.Settings, cfg.Log)
	if err != nil {
		return nil, errors.Join(err, in.closeStore())
	}
	in.values = in.outputs()
	in.services = operator.Services{
		Sessions: in, Values: value.Service{Store: in.store, Now: cfg.Clock.Now},
		Notifier: notifier, Settings: cfg.Settings, History: task.History{Store: in.store},
		Outputs: in.values.Of(in.project()),
	}
	shared := cfg.Pool
	if shared == nil {
		shared = &pool.Pool{}
	}
	all, end := operators.All(shared)
	in.endOperators = end
	if cfg.Pool == nil {
		in.endOperators = func() error { shared.Close(); return end() }
	}
	in.executor = &executor.Executor{
		Operators: all, Logs: in.logs, LogLevel: cfg.LogLevel, Env: cfg.Env, Now: cfg.Clock.Now, Scratch: in.scratch.path,
		Compilers: map[string]executor.Compiler{
			dig.Dialect: executor.CompilerFunc(pawlfile.CompileSubtasks), pawlfile.Dialect: executor.CompilerFunc(pawlfile.CompileSubtasks),
		},
		Before: in.before, Products: &keeper.Keeper{Pool: shared}, DryRun: cfg.DryRun,
	}
	if cfg.Evaluated != nil {
		in.executor.Evaluated = func(t *executor.Try, p params.Map) { cfg.Evaluated(t.Name, p) }
	}
	if cfg.Explain != nil {
		in.executor.Explain = func(t *executor.Try, err error) string { return cfg.Explain(t.Name, t.Node.Operator, err) }
	}
	if cfg.Began != nil {
		in.executor.Began = func(t *executor.Try) { cfg.Began(t.ID) }
	}
	if cfg.Ended != nil {
		in.executor.Ended = func(t *executor.Try) { cfg.Ended(t.ID) }
	}
	if cfg.Judged != nil {
		in.executor.Judged = func(_ context.Context, t *executor.Try, v engine.Verdict) { cfg.Judged(t.ID, v) }
	}
	in.runner = local.New(local.Config{Slots: cfg.Slots})
	in.saver = newSaver()
	in.alarm = newAlarm(func(id model.AttemptID, c engine.Command) {
		_ = in.conductor.Send(context.WithoutCancel(ctx), id, c) // it fails only where nobody waits any more
	})
	in.conductor = conductor.New(conductor.Config{
		Store: in.store, Runner: in.runner, Open: in.open, Clock: cfg.Clock, TakeOver: operators.EndLeftovers,
		Owner: fmt.Sprintf("%d-%s", os.Getpid(), uuid.NewString()), Observe: in.observe,
		Pool: store.Private, Patrol: in.patrol(),
	})
	if err := in.conductor.Start(ctx); err != nil {
		return nil, errors.Join(err, in.saver.close(), in.closeStore())
	}
	return in, nil
}

func (in *Instance) openStore() (err error) {
	switch {
	case in.cfg.Shared != nil:
		in.store = in.cfg.Shared.Store
		return nil
	case in.cfg.Database == "":
		in.store = memory.New()
		return nil
	}
	in.store, err = sqlite.Open(in.cfg.Database)
	code := model.CodeOf(err)
	if err != nil && (code == model.Internal || code == model.Invalid && model.HintsOf(err) == "") {
		// The file is not what it should be.
		return model.Errorf(code, "%v", err).
			WithHint("move %s away: what was finished is kept in %s", filepath.Dir(in.cfg.Database), in.cfg.Status)
	}
	return err
}

// Close ends what runs, writes what is still to be written and closes the
// store.
func (in *Instance) Close() error {
	err := errors.Join(in.runner.Close(), in.endOperators(), in.conductor.Stop())
	in.alarm.close()
	err = errors.Join(err, in.values.Close())
	in.scratch.clean()
	return errors.Join(err, in.saver.close(), in.closeStore())
}

func (in *Instance) observe(b *store.Batch) {
	in.saver.observe(b)
	in.alarm.observe(b)
	if in.cfg.Observe != nil {
		in.cfg.Observe(b)
	}
}

func (in *Instance) warn(format string, args ...any) {
	if in.cfg.Warn != nil {
		in.cfg.Warn(fmt.Sprintf(format, args...))
	}
}

// Logs returns the output of the tasks.
func (in *Instance) Logs() logs.Store { return in.logs }

// open turns the dispatches of an attempt into jobs.
func (in *Instance) open(a store.Attempt, w *workflow.Workflow) func(*engine.Effect) runner.Job {
	return in.attempt(a, w).Job
}

// attempt returns what makes the tries of an attempt.
func (in *Instance) attempt(a store.Attempt, w *workflow.Workflow) *executor.Attempt {
	calendar, err := CalendarOf(w)
	if err != nil {
		calendar = Calendar{Zone: time.UTC} // it was checked before it was started
	}
	services := in.services
	services.Notifier = notify.Describe(services.Notifier, func(context.Context) (params.Map, error) {
		return params.Of("project_name", Project, "workflow_name", a.Session.Workflow), nil
	})
	info := executor.AttemptInfo{
		ID: a.ID, Session: a.Session.ID, SessionUUID: a.Session.UUID,
		SessionTime: a.Session.Time.Time(), Project: 1,
		Zone: calendar.Zone, Dialect: w.Dialect, Params: a.Params,
		ProjectDir: in.cfg.Project, Workdir: in.cfg.Workdir,
		Secrets: in.cfg.Secrets, Services: services,
		Items: items.Lists{Store: in.store, Resume: a.Resume, Earlier: in.earlier(&a)},
		Memo:  memo.Memo{Addresses: in.store, Project: a.Session.Project, Afresh: a.Resume.Again(), Outputs: in.values.Of(in.project())},
	}
	if w.Dialect != pipeline.Dialect { // which has no expressions
		info.Evaluator = expr.New(expr.Env{Zone: calendar.Zone, Now: in.cfg.Clock.Now})
	}
	return in.executor.Open(info)
}

// Wait returns the final state of an attempt once it is done.
func (in *Instance) Wait(ctx context.Context, id model.AttemptID) (engine.AttemptRow, error) {
	return in.conductor.Wait(ctx, id)
}

// Kill asks an attempt to end.
func (in *Instance) Kill(ctx context.Context, id model.AttemptID) error {
	return in.conductor.Send(ctx, id, engine.Command{Kind: engine.Kill})
}

// Done is closed when the instance can't work on, because its store is lost.
func (in *Instance) Done() <-chan struct{} { return in.conductor.Done() }

// Look returns the tasks of an attempt as they are stored.
func (in *Instance) Look(ctx context.Context, id model.AttemptID) (*engine.Attempt, error) {
	s, err := in.store.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.Restore()
}

// StatePath returns where a project keeps a file or folder of its own.
func StatePath(project, name string) string { return filepath.Join(project, ".pawl", name) }
