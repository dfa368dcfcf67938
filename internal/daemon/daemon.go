// Package daemon drives the attempts of stored projects in a server process: a
// conductor, a scheduler and a runner with all operators, each of which can be
// left out where other processes do its work. It takes no requests: who wants
// something writes it to the store.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/operators"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/worker"
	"github.com/pawlhq/pawl/runner"
)

// Config says what a daemon works with.
type Config struct {
	// Store has the attempts and schedules. Required; whoever opened it closes
	// it.
	Store store.Store
	// Service starts what tasks require, and opens archives. Required.
	Service *service.Service
	// Vault has the projects' secrets. Nil has none.
	Vault *secret.Vault
	// Logs keeps the output of tasks. Nil discards it.
	Logs logs.Store
	// Folder has the files of all projects, which tasks use where they are.
	// Empty unpacks the archive of a task's revision into a folder of its own.
	Folder string
	// WorkDir is where each task gets its folder. Defaults to that of the
	// system for temporary files.
	WorkDir string
	// Archives bound what an archive may unpack to.
	Archives project.Limits
	// Slots bounds the tasks that run at a time. Defaults to the number of
	// processors.
	Slots int
	// Queue, when set, makes what runs tries in place of a runner in this
	// process; those that run here are the worker's. The daemon closes it.
	Queue func(*worker.Worker) (Tasks, error)
	// Env is the environment of programs that tasks start.
	Env []string
	// Defaults are parameters that all others override.
	Defaults params.Map
	// Settings configure operators, by full key such as "config.http.proxy.host".
	Settings map[string]string
	// AttemptTTL and TaskTTL are how long an attempt and a task may take. Zero
	// is no limit.
	AttemptTTL, TaskTTL time.Duration
	// MaxRunning bounds the attempts that schedules start. Zero is no limit.
	MaxRunning int
	// Retention says how long what nobody needs to go on is kept. Zero keeps
	// it for good, shared values that have expired excepted.
	Retention store.Retention
	// Listeners are told what the daemon does.
	Listeners []Listener
	// NoConductor and NoScheduler leave their work to other processes.
	NoConductor, NoScheduler bool
	// Clock tells the time. Defaults to the machine's.
	Clock clock.Clock
	// Log receives what operators are to know. Required.
	Log *slog.Logger
}

// Daemon is a set of loops at work. Its methods are safe for concurrent use.
type Daemon struct {
	cfg       Config
	worker    *worker.Worker // nil without a conductor, as what follows
	runner    Tasks
	conductor *conductor.Conductor
	driven    driven

	stopLoops context.CancelFunc
	loops     sync.WaitGroup
}

// Tasks runs tries, in this process or in others.
type Tasks interface {
	runner.Runner
	// Drain begins no more tries here, and returns when those that run here have
	// ended, or ctx is done. Close comes after it.
	Drain(ctx context.Context) error
	// Load counts the tries.
	Load(ctx context.Context) (local.Load, error)
}

// inProcess runs tries in this process.
type inProcess struct{ *local.Runner }

// Load implements Tasks.
func (r inProcess) Load(context.Context) (local.Load, error) { return r.Runner.Load(), nil }

// How a conductor of stored projects goes about it: it looks every second for
// what others left, and lets go of attempts that wait for longer than that.
const (
	patrolEvery  = time.Second
	unloadBeyond = 30 * time.Second
)

// Start begins to work. On an error nothing is left at work.
func Start(ctx context.Context, cfg Config) (_ *Daemon, err error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Slots <= 0 {
		cfg.Slots = runtime.NumCPU()
	}
	d := &Daemon{cfg: cfg, driven: make(driven)}
	if !cfg.NoConductor {
		if err := d.startConductor(ctx); err != nil {
			return nil, err
		}
	}
	loop, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stopLoops = stop
	if !cfg.NoScheduler {
		d.loops.Go(func() { d.scheduler().Run(loop, d.complain) })
	}
	d.loops.Go(func() { d.retain(loop) })
	return d, nil
}

func (d *Daemon) startConductor(ctx context.Context) (err error) {
	cfg := &d.cfg
	d.worker, err = worker.Open(worker.Config{
		Store: cfg.Store, Service: cfg.Service, Vault: cfg.Vault, Logs: cfg.Logs,
		Folder: cfg.Folder, WorkDir: cfg.WorkDir, Archives: cfg.Archives, Env: cfg.Env,
		Defaults: cfg.Defaults, Settings: cfg.Settings, Watchers: d.watchers(), Clock: cfg.Clock, Log: cfg.Log,
	})
	if err != nil {
		return err
	}
	takeOver := operators.EndLeftovers
	if cfg.Queue == nil {
		d.runner = inProcess{local.New(local.Config{Slots: cfg.Slots})}
	} else {
		takeOver = nil // what runs may be a worker's, which ends what others left
		if d.runner, err = cfg.Queue(d.worker); err != nil {
			return errors.Join(err, d.worker.Close())
		}
	}
	d.conductor = conductor.New(conductor.Config{
		Store: cfg.Store, Runner: d.runner, Open: d.open, TakeOver: takeOver, Clock: cfg.Clock,
		Owner:  fmt.Sprintf("%d-%s", os.Getpid(), uuid.NewString()),
		Patrol: patrolEvery, Unload: unloadBeyond,
		AttemptTTL: cfg.AttemptTTL, TaskTTL: cfg.TaskTTL, TimedOut: d.timedOut, Alarm: d.alarm,
		Unreadable: d.unreadable,
		Observe:    d.committed, Stepped: d.stepped(),
	})
	if err := d.conductor.Start(ctx); err != nil {
		return errors.Join(err, d.runner.Close(), d.worker.Close())
	}
	return nil
}

func (d *Daemon) scheduler() *conductor.Scheduler {
	return conductor.NewScheduler(conductor.SchedulerConfig{
		Store: d.cfg.Store, Clock: d.cfg.Clock, NewUUID: uuid.NewString, MaxRunning: d.cfg.MaxRunning,
		Fired: d.fired,
	})
}

func (d *Daemon) complain(err error) { d.cfg.Log.Error("scheduler", "error", err) }

// Load is what a daemon has to do, and what it has to do it with.
type Load struct {
	conductor.Load
	// Jobs are those of the runner.
	Jobs local.Load
	// Archives counts the tries that needed the archive of their revision, and
	// Fetched those of them that had to fetch it.
	Archives, Fetched int64
}

// Load counts what the daemon has to do. Without a conductor it is nothing.
func (d *Daemon) Load(ctx context.Context) (l Load, err error) {
	if d.conductor == nil {
		return l, nil
	}
	l.Archives, l.Fetched = d.worker.Archives()
	if l.Jobs, err = d.runner.Load(ctx); err != nil {
		return l, err
	}
	l.Load, err = d.conductor.Load(ctx)
	return l, err
}

// Done is closed when the daemon can't work on, because its store is lost or
// another process took its lease. It is never closed without a conductor.
func (d *Daemon) Done() <-chan struct{} {
	if d.conductor == nil {
		return nil
	}
	return d.conductor.Done()
}

// Drain begins nothing more and returns once the tasks that run have ended, or
// ctx is done. Close comes after it.
func (d *Daemon) Drain(ctx context.Context) error {
	d.stopLoops()
	d.loops.Wait()
	if d.runner == nil {
		return nil
	}
	return d.runner.Drain(ctx)
}

// Close ends the tasks that run, and the work. Other processes, or the next
// one, go on where it ends.
func (d *Daemon) Close() error {
	d.stopLoops()
	d.loops.Wait()
	if d.conductor == nil {
		return nil
	}
	return errors.Join(d.runner.Close(), d.conductor.Stop(), d.worker.Close())
}
