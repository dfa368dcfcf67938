// Package daemon drives the attempts of stored projects in a server process: a
// conductor, a scheduler and a runner with all operators, each of which can be
// left out where other processes do its work. It takes no requests: who wants
// something writes it to the store.
package daemon

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/pulse"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/updates"
	"github.com/pawlhq/pawl/internal/upkeep"
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
	// Eager runs tasks one after the other, in order, whatever Slots says.
	Eager bool
	// Queue, when set, makes what runs tries in place of a runner in this
	// process; those that run here are the worker's. The daemon closes it.
	Queue func(*worker.Worker) (Tasks, error)
	// AttemptTTL and TaskTTL are how long an attempt and a task may take. Zero
	// is no limit.
	AttemptTTL, TaskTTL time.Duration
	// MaxRunning bounds the attempts that schedules start. Zero is no limit.
	MaxRunning int
	// CatchUp is which missed sessions are made up for of schedules that don't say so.
	CatchUp schedule.CatchUp
	// Turns says which attempts that schedules start wait in the run queue, and
	// Limits are what whoever drives attempts admits by. It is nil where there is no
	// queue.
	Turns  conductor.Turns
	Limits *admission.Limits
	// Pools are the sizes of pools of slots, of those that are not stored.
	Pools map[string]int
	// Retention says how long what nobody needs to go on is kept. Zero keeps
	// it for good, shared values that have expired excepted.
	Retention store.Retention
	// Updates say what others are told of attempts, by records that are stored
	// with what they tell of.
	Updates updates.Options
	// Listeners are told what the daemon does.
	Listeners []Listener
	// Heart, if not nil, gets to know how the loops go round.
	Heart *pulse.Heart
	// NoConductor and NoScheduler leave their work to other processes.
	NoConductor, NoScheduler bool
}

// Daemon is a set of loops at work. Its methods are safe for concurrent use.
type Daemon struct {
	cfg Config
	// driving is nil without a conductor, and between two leases.
	driving atomic.Pointer[drive]
	driven  driven
	// admitter is nil without a conductor.
	admitter *conductor.Admitter
	// failed is closed once failure keeps the daemon from going on.
	failed  chan struct{}
	failure error

	stopLoops context.CancelFunc
	loops     sync.WaitGroup
	telling   sync.WaitGroup // people of timeouts
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
		admitter, err := d.newAdmitter()
		if err != nil {
			stop()
			return nil, err
		}
		d.admitter = admitter
		cfg.Heart.Check("conductor", d.driveable)
		v, err := d.newDrive(ctx)
		if err != nil {
			stop()
			return nil, err
		}
		d.driving.Store(v)
		d.loops.Go(func() { d.keepDriving(loop) })
		d.loops.Go(func() { admitter.Run(loop, cfg.Log) })
	}
	if !cfg.NoScheduler {
		d.loops.Go(func() { d.schedule(loop) })
		if !cfg.NoConductor {
			d.loops.Go(func() { d.sense(loop) })
		}
	}
	d.loops.Go(func() { upkeep.Run(loop, d.upkeep()) })
	return d, nil
}

// schedule fires schedules until ctx is done.
func (d *Daemon) schedule(ctx context.Context) {
	conductor.NewScheduler(conductor.SchedulerConfig{
		Store: d.cfg.Store, Clock: d.cfg.Clock, NewUUID: uuid.NewString, MaxRunning: d.cfg.MaxRunning, Turns: d.cfg.Turns,
		CatchUp: d.cfg.CatchUp, Fired: d.fired, Turned: d.cfg.Heart.Loop("scheduler", turnWithin).Turn,
	}).Run(ctx, d.cfg.Log)
}

// turnWithin is how long a loop that goes round each second may take, and keptWithin
// one that does so each minute, each with what a slow database adds.
const (
	turnWithin = 30 * time.Second
	keptWithin = 5 * time.Minute
)

// errNoLease is what is wrong with a conductor that others have taken over from.
var errNoLease = errors.New("it has no lease: it could not reach the database, and others drive its attempts")

// driveable says what keeps this process from driving attempts.
func (d *Daemon) driveable() error {
	if d.driving.Load() == nil {
		return errNoLease
	}
	return nil
}

// Deliver gives messages to the store, and drives on who gets them, as far as this
// process drives attempts. With Offsets, that is what feeders need.
func (d *Daemon) Deliver(ctx context.Context, m store.Delivery) ([]store.Delivered, error) {
	if c := d.conductor(); c != nil {
		return c.Deliver(ctx, m)
	}
	return d.cfg.Store.Deliver(ctx, m)
}

// Report delivers what became of a try to whoever drives its attempt, which this
// process may do, and returns once that is durable.
func (d *Daemon) Report(ctx context.Context, r runner.Report) error {
	return worker.Deliver(d.conductor, d.cfg.Store)(ctx, r)
}

// conductor returns that of this process, or nil while it has none.
func (d *Daemon) conductor() *conductor.Conductor {
	if v := d.driving.Load(); v != nil {
		return v.conductor
	}
	return nil
}

// Offsets returns how far a feeder has come.
func (d *Daemon) Offsets(ctx context.Context, feeder string) ([]store.Offset, error) {
	return d.cfg.Store.Offsets(ctx, feeder)
}

var _ store.Feeding = (*Daemon)(nil)

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
	defer d.telling.Wait()
	d.stopLoops()
	d.loops.Wait()
	v := d.driving.Load()
	if v == nil {
		return d.failure
	}
	return v.close()
}
