// Package daemon drives the attempts of stored projects in a server process: a
// conductor, a scheduler and a runner with all operators, each of which can be
// left out where other processes do its work. It takes no requests: who wants
// something writes it to the store.
package daemon

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/worker"
	"github.com/pawlhq/pawl/runner"
)

// Config says what a daemon works with.
type Config struct {
	// Config says what the tries of this process work with, and the rest with
	// them. Its Watchers are those of Listeners.
	worker.Config
	// Slots bounds the tasks that run at a time. Defaults to the number of
	// processors.
	Slots int
	// Queue, when set, makes what runs tries in place of a runner in this
	// process; those that run here are the worker's. The daemon closes it.
	Queue func(*worker.Worker) (Tasks, error)
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
}

// Daemon is a set of loops at work. Its methods are safe for concurrent use.
type Daemon struct {
	cfg Config
	// driving is nil without a conductor, and between two leases.
	driving atomic.Pointer[drive]
	driven  driven
	// failed is closed once failure keeps the daemon from going on.
	failed  chan struct{}
	failure error

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
	d := &Daemon{cfg: cfg, driven: make(driven), failed: make(chan struct{})}
	loop, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stopLoops = stop
	if !cfg.NoConductor {
		v, err := d.newDrive(ctx)
		if err != nil {
			stop()
			return nil, err
		}
		d.driving.Store(v)
		d.loops.Go(func() { d.keepDriving(loop) })
	}
	if !cfg.NoScheduler {
		d.loops.Go(func() { d.schedule(loop) })
	}
	d.loops.Go(func() { d.retain(loop) })
	d.loops.Go(func() { d.expire(loop) })
	return d, nil
}

// schedule fires schedules until ctx is done.
func (d *Daemon) schedule(ctx context.Context) {
	c := complaints{log: d.cfg.Log, clock: d.cfg.Clock, loop: "the scheduler"}
	conductor.NewScheduler(conductor.SchedulerConfig{
		Store: rounds{d.cfg.Store, c.begins}, Clock: d.cfg.Clock, NewUUID: uuid.NewString, MaxRunning: d.cfg.MaxRunning,
		Fired: d.fired,
	}).Run(ctx, c.failed)
}

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
	v := d.driving.Load()
	if v == nil {
		return l, nil
	}
	l.Archives, l.Fetched = v.worker.Archives()
	if l.Jobs, err = v.runner.Load(ctx); err != nil {
		return l, err
	}
	l.Load, err = v.conductor.Load(ctx)
	return l, err
}

// Done is closed when the daemon can't work on, because of a fault. Close says
// which.
func (d *Daemon) Done() <-chan struct{} { return d.failed }

// Drain begins nothing more and returns once the tasks that run have ended, or
// ctx is done. Close comes after it.
func (d *Daemon) Drain(ctx context.Context) error {
	d.stopLoops()
	d.loops.Wait()
	v := d.driving.Load()
	if v == nil {
		return nil
	}
	return v.runner.Drain(ctx)
}

// Close ends the tasks that run, and the work. Other processes, or the next
// one, go on where it ends.
func (d *Daemon) Close() error {
	d.stopLoops()
	d.loops.Wait()
	v := d.driving.Load()
	if v == nil {
		return d.failure
	}
	return v.close()
}
