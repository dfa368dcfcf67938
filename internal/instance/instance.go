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
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
	"github.com/pawlhq/pawl/internal/resume"
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

// run is what an instance knows of an attempt that it runs.
type run struct {
	chooser *chooser
	// resumes reports that it takes over what earlier runs of its session finished.
	resumes bool
	earlier resume.Results
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

// Logs returns the output of the tasks.
func (in *Instance) Logs() logs.Store { return in.logs }

// Request asks for a run of a session.
type Request struct {
	Workflow *workflow.Workflow
	Calendar Calendar
	// Session is the session time. Where there is none, Key names the session.
	Session time.Time
	Key     string
	Params  params.Map
	// Selection says what is run. Anything but all of it makes a new attempt,
	// even if an earlier one was cut off.
	Selection Selection
}

// Begun is a run that has begun.
type Begun struct {
	Attempt store.Attempt
	// Recovered reports that an attempt goes on that was cut off.
	Recovered bool
	// Finished is the number of tasks that earlier runs finished.
	Finished int
}

// startOf describes the attempt that a request asks for.
func (in *Instance) startOf(r Request) store.Start {
	start := store.Start{
		Session: store.Session{
			UUID: uuid.NewString(), Workflow: r.Workflow.Name, Key: r.Key, Project: in.project(),
		},
		Zone: r.Calendar.Zone.String(), Definition: r.Workflow, Params: r.Params,
	}
	if in.cfg.Shared != nil {
		start.Private, start.Tags = true, in.cfg.Shared.Tags
	}
	if !r.Session.IsZero() {
		start.Session.Key, start.Session.Time = r.Session.UTC().Format(time.RFC3339), model.InstantOf(r.Session)
		start.Params = r.Params.Merge(r.Calendar.Around(r.Session))
	}
	if s := r.Selection; s.Rerun || s.Start != nil || s.Goal != nil {
		start.Resume.From = store.Anew
		if s.Changed {
			start.Resume.From = store.Changed
		}
	}
	return start
}

// Begin starts a run. An earlier attempt of the session that was cut off goes
// on if nothing has changed; else it is ended, and the new attempt takes over
// what it had finished.
func (in *Instance) Begin(ctx context.Context, r Request) (Begun, error) {
	start := in.startOf(r)
	last, found, err := in.newest(ctx, start.Session)
	if err != nil {
		return Begun{}, err
	}
	folder := in.folder(start.Session, r.Calendar.Zone)
	if found && !last.State.Done() {
		recovered, err := in.pickUp(ctx, last.ID, start, r, folder)
		if err != nil {
			return Begun{}, err
		}
		if recovered {
			return Begun{Attempt: last, Recovered: true, Finished: in.finished(last.ID)}, nil
		}
	}
	if found {
		start.Name = uuid.NewString()
		if err := in.otherInputs(&last, &start, r, folder); err != nil {
			return Begun{}, err
		}
	}
	return in.begin(ctx, start, r, folder)
}

// begin makes a new attempt that takes over what the folder has.
func (in *Instance) begin(ctx context.Context, start store.Start, r Request, folder resume.Folder) (Begun, error) {
	known, err := in.prepare(r, folder)
	if err != nil {
		return Begun{}, err
	}
	// Tasks may be dispatched before the attempt's id is known here: they wait
	// for the lock.
	in.mu.Lock()
	defer in.mu.Unlock()
	attempt, _, err := in.conductor.StartAttempt(ctx, start)
	if err != nil {
		return Begun{}, err
	}
	in.adopt(attempt.ID, known, folder)
	return Begun{Attempt: attempt, Finished: len(known.earlier.Finished)}, nil
}

// prepare reads what earlier runs of a session finished.
func (in *Instance) prepare(r Request, folder resume.Folder) (*run, error) {
	known := &run{chooser: newChooser(r.Workflow.Root, r.Selection)}
	if in.cfg.Status == "" || r.Selection.Rerun {
		return known, nil
	}
	known.resumes = true
	var err error
	known.earlier, err = folder.Load(r.Workflow.Root.Name)
	for _, task := range slices.Sorted(maps.Keys(known.earlier.Damaged)) {
		in.warn("%s counts as not finished: %v", task, known.earlier.Damaged[task])
	}
	return known, err
}

func (in *Instance) warn(format string, args ...any) {
	if in.cfg.Warn != nil {
		in.cfg.Warn(fmt.Sprintf(format, args...))
	}
}

// adopt notes what is known of an attempt. The caller holds the lock.
func (in *Instance) adopt(id model.AttemptID, known *run, folder resume.Folder) {
	in.runs[id] = known
	if in.cfg.Status != "" && !in.cfg.DryRun {
		in.saver.watch(id, folder)
	}
}

func (in *Instance) finished(id model.AttemptID) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.runs[id].earlier.Finished)
}

func (in *Instance) folder(s store.Session, zone *time.Location) resume.Folder {
	return resume.Status{Path: in.cfg.Status}.Session(s.Time.Time().In(zone))
}

// Folder is where the results of a session are kept; empty if nowhere.
func (in *Instance) Folder(a store.Attempt, zone *time.Location) string {
	if in.cfg.Status == "" {
		return ""
	}
	return in.folder(a.Session, zone).Path
}

// newest returns the newest attempt of a session.
func (in *Instance) newest(ctx context.Context, s store.Session) (store.Attempt, bool, error) {
	of, err := in.store.FindSession(ctx, s.Project, s.Workflow, s.Key)
	switch {
	case model.CodeOf(err) == model.NotFound:
		return store.Attempt{}, false, nil
	case err != nil:
		return store.Attempt{}, false, err
	}
	return of.Last, true, nil
}

// pickUp deals with an attempt that was cut off: it goes on, or is ended so
// that a new one takes its place.
func (in *Instance) pickUp(ctx context.Context, id model.AttemptID, start store.Start, r Request, folder resume.Folder) (recovered bool, err error) {
	if here, err := in.begunHere(ctx, id); !here {
		if err == nil {
			err = in.patiently(start, func() error { return in.conductor.Abandon(ctx, id) })
		}
		return false, err
	}
	snap, err := in.store.Load(ctx, id)
	if err != nil {
		return false, err
	}
	if in.cfg.Status != "" && !r.Selection.Rerun && !in.cfg.DryRun {
		if err := harvest(snap, folder); err != nil {
			return false, fmt.Errorf("save what was finished: %w", err)
		}
	}
	if !r.Selection.All() || in.cfg.DryRun || !same(snap, start) {
		return false, in.patiently(start, func() error { return in.conductor.Abandon(ctx, id) })
	}
	known, err := in.prepare(r, folder)
	if err != nil {
		return false, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	err = in.patiently(start, func() error {
		ids, err := in.conductor.Recover(ctx, 1, id)
		if err == nil && len(ids) == 0 {
			err = model.Errorf(model.Conflict, "attempt %d is driven elsewhere", id)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	in.adopt(id, known, folder)
	return true, nil
}

// A process that was killed holds its lock for a moment longer where it was
// just about to start a program. Taking over is tried again for that long.
const (
	takeoverEvery = 50 * time.Millisecond
	takeoverTries = 20
)

// patiently takes an attempt over that another process may still be driving.
func (in *Instance) patiently(start store.Start, takeOver func() error) error {
	for range takeoverTries {
		err := takeOver()
		if model.CodeOf(err) != model.Conflict {
			return err
		}
		due, _ := in.cfg.Clock.After(takeoverEvery)
		<-due
	}
	if start.Session.Time == 0 {
		return model.Errorf(model.Conflict, "this pipeline is being built by another process").
			WithHint("wait until it ends")
	}
	return model.Errorf(model.Conflict, "session %s of %s is being run by another process", start.Session.Key, start.Session.Workflow).
		WithHint("wait until it ends, or choose another session with --session")
}

// same reports whether an attempt runs what a new one would.
func same(snap *store.Snapshot, start store.Start) bool {
	return params.Equal(snap.Attempt.Params, start.Params) &&
		string(snap.Definition.AppendBinary(nil)) == string(start.Definition.AppendBinary(nil))
}

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

// before answers for tasks that earlier runs finished, and for those that the
// selection leaves out.
func (in *Instance) before(t *executor.Try) (*engine.Result, bool) {
	in.mu.Lock()
	known := in.runs[t.ID.Attempt]
	in.mu.Unlock()
	if known == nil {
		return nil, false
	}
	choice := known.chooser.choose(t.Name)
	if r, ok := known.earlier.Finished[t.Name]; ok && choice.Replay {
		return &engine.Result{
			Export: r.Export, Store: r.Store, Reset: r.Reset, Subtasks: r.Subtasks, Replayed: true,
		}, true
	}
	return &engine.Result{Replayed: true}, !choice.Run
}

// earlier returns what gives the attempts of the same session, newest first, of which a
// collection takes over items that have ended well.
func (in *Instance) earlier(a *store.Attempt) func(context.Context, string) ([]model.AttemptID, error) {
	id, session := a.ID, a.Session.ID
	return func(ctx context.Context, name string) ([]model.AttemptID, error) {
		in.mu.Lock()
		known := in.runs[id]
		in.mu.Unlock()
		if known == nil || !known.resumes || !known.chooser.choose(name).Replay {
			return nil, nil
		}
		all, _, err := in.store.ListAttempts(ctx, store.Filter{Session: session}, store.Page{})
		var ids []model.AttemptID
		for i := range all {
			if all[i].ID < id {
				ids = append(ids, all[i].ID)
			}
		}
		return ids, err
	}
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
