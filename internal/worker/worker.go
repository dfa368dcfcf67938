// Package worker runs tries of stored projects: it reads from the store what
// the tries of an attempt have in common, and gives each its folder, its
// secrets, its services and its operator. It does not know who wants a try to
// run, nor who hears of how it ended.
package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/keeper"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators"
	"github.com/pawlhq/pawl/internal/operators/notify"
	task "github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/operators/value"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/python/pool"
	"github.com/pawlhq/pawl/internal/scratch"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/patient"
	"github.com/pawlhq/pawl/internal/values"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// Config says what a worker works with.
type Config struct {
	// Store has the attempts. Required; whoever opened it closes it. Tries wait
	// for it where it can't be reached.
	Store store.Store
	// Service starts what tasks require, and opens archives. Required. Its
	// store and that of Vault should be patient, too.
	Service *service.Service
	// Vault has the projects' secrets. Nil has none.
	Vault *secret.Vault
	// Logs keeps the output of tasks. Nil discards it.
	Logs logs.Store
	// LogLevel is the least level of the messages of tasks that are kept, unless a task
	// says another. Zero is logs.Info.
	LogLevel logs.Level
	// Folder has the files of all projects, which tasks use where they are.
	// Empty unpacks the archive of a task's revision into a folder of its own.
	Folder string
	// WorkDir is where each task gets its folder. Defaults to that of the
	// system for temporary files.
	WorkDir string
	// Archives bound what an archive may unpack to.
	Archives project.Limits
	// Env is the environment of programs that tasks start.
	Env []string
	// Defaults are parameters that all others override.
	Defaults params.Map
	// Outputs keeps what tasks hand on that is no parameter; nil keeps nothing.
	Outputs *values.Outputs
	// Settings configure operators, by full key such as "config.http.proxy.host".
	Settings map[string]string
	// Watchers are told of the tries that run.
	Watchers []Watcher
	// Clock tells the time. Defaults to the machine's.
	Clock clock.Clock
	// Image is what this process runs in, where a runner has put it into a container
	// of an image that a task asked for.
	Image string
	// Log receives what operators are to know. Required.
	Log *slog.Logger
}

// Worker runs tries. It is safe for concurrent use.
type Worker struct {
	cfg        Config
	services   operator.Services
	home       *scratch.Folder // of the workspaces
	workspaces *project.Workspaces
	executor   *executor.Executor
	close      func() error
	used       atomic.Int64 // archives
	fetched    atomic.Int64

	telling sync.WaitGroup // why tries work

	mu sync.Mutex
	// opened has attempts whose tries came from elsewhere.
	opened map[model.AttemptID]*executor.Attempt
}

// archiveCache is how many bytes of archives are kept for tasks to come.
const archiveCache = 256 << 20

// maxOpened bounds the attempts that are kept for tries to come.
const maxOpened = 500

// Open returns a worker, to be closed.
func Open(cfg Config) (*Worker, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Archives == (project.Limits{}) {
		cfg.Archives = project.DefaultLimits
	}
	notifier, err := notify.New(cfg.Settings, cfg.Log)
	if err != nil {
		return nil, err
	}
	cfg.Store = patient.New(cfg.Store, cfg.Clock)
	w := &Worker{cfg: cfg, opened: make(map[model.AttemptID]*executor.Attempt)}
	if err := w.settle(cmp.Or(cfg.WorkDir, os.TempDir())); err != nil {
		return nil, err
	}
	w.services = operator.Services{
		Values: value.Service{Store: cfg.Store, Now: cfg.Clock.Now}, Messages: true,
		Notifier: notifier, Settings: cfg.Settings, History: task.History{Store: cfg.Store},
	}
	pythons := &pool.Pool{}
	all, end := operators.All(pythons)
	w.close = sync.OnceValue(func() error {
		w.telling.Wait()
		pythons.Close()
		return errors.Join(end(), w.workspaces.Close(), w.home.Remove())
	})
	w.executor = &executor.Executor{
		Operators: all, Logs: cfg.Logs, LogLevel: cfg.LogLevel, Env: cfg.Env, Image: cfg.Image, Now: cfg.Clock.Now,
		Compilers: map[string]executor.Compiler{
			dig.Dialect: executor.CompilerFunc(pawlfile.CompileSubtasks), pawlfile.Dialect: executor.CompilerFunc(pawlfile.CompileSubtasks),
		},
		Products: &keeper.Keeper{Pool: pythons}, Judged: w.judged,
	}
	return w, nil
}

// settle makes a folder for workspaces below parent, and removes those that
// processes have left there that were killed.
func (w *Worker) settle(parent string) (err error) {
	scratch.Sweep(parent, homePrefix)
	if w.home, err = scratch.Make(parent, homePrefix); err != nil {
		return fmt.Errorf("make folder for workspaces: %w", err)
	}
	w.workspaces, err = project.OpenWorkspaces(project.WorkspaceOptions{
		Dir: w.home.Path(), Limits: w.cfg.Archives, Cache: archiveCache,
	})
	if err != nil {
		err = errors.Join(err, w.home.Remove())
	}
	return err
}

// homePrefix is how the names of folders for workspaces begin.
const homePrefix = "pawl-tasks-"

// Run runs the try of that id, which another process dispatched, and returns
// the engine.Command that says how it ended. work is what Try.MarshalBinary
// gave there.
func (w *Worker) Run(ctx context.Context, id runner.ID, work []byte) runner.Outcome {
	dialect, e, err := executor.DecodeTry(work)
	if err != nil {
		return refused(err)
	}
	a, err := w.attempt(ctx, id.Attempt, dialect)
	if err != nil {
		return refused(err)
	}
	if e.Try > 1 { // the one before may have run here, in a process that died
		operators.EndTry(a.Info().SessionUUID, model.TryID{Attempt: id.Attempt, Task: id.Task, Try: id.Try - 1})
	}
	return a.Job(&e).Work.Run(ctx)
}

// refused is the outcome of a try that could not begin. Where the store did not
// answer, another may.
func refused(err error) runner.Outcome {
	if model.CodeOf(err) == model.Unavailable || errors.Is(err, context.Canceled) {
		return engine.Command{Kind: engine.Lose}
	}
	return engine.Command{Kind: engine.Fail, Failure: &engine.Failure{Error: params.Of("message", err.Error())}}
}

// attempt returns what makes the tries of an attempt. What they have in common
// does not change while the attempt runs.
func (w *Worker) attempt(ctx context.Context, id model.AttemptID, dialect string) (*executor.Attempt, error) {
	w.mu.Lock()
	known := w.opened[id]
	w.mu.Unlock()
	if known != nil {
		return known, nil
	}
	a, err := w.cfg.Store.Attempt(ctx, id)
	if err != nil {
		return nil, err
	}
	if a.State.Done() { // it was ended while its runner could not be told to
		return nil, model.Errorf(model.Conflict, "attempt %d has ended as %s", id, a.State)
	}
	opened := w.Attempt(a, dialect)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.opened) >= maxOpened {
		clear(w.opened) // those that are still in use are read again
	}
	w.opened[id] = opened
	return opened, nil
}

// Notifier tells people of an attempt, by the names of what it is of. It is nil if
// nobody is told.
func (w *Worker) Notifier(a *store.Attempt) operator.Notifier {
	return notify.Describe(w.services.Notifier, func(ctx context.Context) (params.Map, error) {
		named := params.Of("workflow_name", a.Session.Workflow)
		of, err := w.cfg.Store.Workflow(ctx, a.Workflow)
		switch {
		case err == nil:
			return named.Merge(params.Of(
				"project_name", of.ProjectName, "revision", of.RevisionName, "workflow_definition_id", int64(of.ID),
			)), nil
		case model.CodeOf(err) == model.NotFound: // it was deleted
			return named, nil
		}
		return named, err
	})
}

// Archives counts the tries that needed the archive of their revision, and
// those of them that had to fetch it.
func (w *Worker) Archives() (used, fetched int64) { return w.used.Load(), w.fetched.Load() }

// Close ends what operators keep running, and removes all folders.
// No try may be running. It is safe to call twice.
func (w *Worker) Close() error { return w.close() }
