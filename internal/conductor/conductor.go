// Package conductor drives attempts: it owns them under a lease, feeds the
// engine with commands, commits its answers in groups, hands tries to a
// runner and keeps the timers. It knows no workflow language and no operator.
package conductor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// Config says what a conductor works with.
type Config struct {
	// Store keeps the state. Required.
	Store store.Store
	// Runner executes tries. Required. The conductor starts it, but does not
	// close it.
	Runner runner.Runner
	// Open is called once for each attempt that is driven and returns what
	// turns the attempt's dispatches into jobs. Required.
	Open func(store.Attempt, *workflow.Workflow) func(*engine.Effect) runner.Job
	// TakeOver, when set, is called with each attempt that another conductor
	// has begun, once it is this one's and before anything of it runs: what
	// runs of it still has lost its owner. It must return well before the lease
	// is over.
	TakeOver func(*store.Snapshot)
	// Owner names the conductor; unique among those that share the store.
	// Required.
	Owner string
	// Pool has the attempts that it takes up on patrol: of store.Private, none.
	Pool store.Pool
	// Pools are the sizes of pools of slots, of those that are not stored; others are
	// without bound. Nil has tasks take no slots at all.
	Pools map[string]int
	// Clock tells the time. Defaults to the machine's.
	Clock clock.Clock
	// Tell, when set, returns what makes the records that tell others of an
	// attempt, or nil where nobody is to be told. They are stored with what they
	// tell of. It is called once for each attempt that is driven, before its first
	// event is stored, and may read from the store; after an error it is called
	// again, and until then nothing is stored. What will not pass is to be no error.
	Tell func(context.Context, *store.Attempt, *workflow.Workflow) (Teller, error)
	// Observe, when set, is called with each batch after it is committed, in
	// order. It must return soon and not keep the batch.
	Observe func(*store.Batch)
	// Stepped, when set, is called after each step with how long it took. It
	// must return soon.
	Stepped func(time.Duration)
	// LeaseFor is how long the lease lasts without being renewed. Longer means
	// slower takeover where a death can't be proven. Defaults to 10 s.
	LeaseFor time.Duration
	// RenewEvery is how often the lease is renewed; at most a third of
	// LeaseFor. Defaults to 3 s.
	RenewEvery time.Duration
	// Patrol is how often the conductor looks for what others left to be done:
	// attempts that nobody drives and commands for its own. Zero is never, for
	// a store that nobody else uses.
	Patrol time.Duration
	// MaxDriven bounds the attempts that it takes up on patrol. Defaults to
	// 10,000.
	MaxDriven int
	// Unload is how long an attempt must have nothing to do but wait to be let
	// go of until then. Zero keeps every attempt until it is done.
	Unload time.Duration
	// AttemptTTL is how long an attempt may take, from when it was made, and
	// TaskTTL how long a task, from its first try; what takes longer is killed
	// with its attempt. Zero is no limit.
	AttemptTTL, TaskTTL time.Duration
	// Alarm, when set, returns when an attempt is late, zero for never, and the
	// tasks to be added below its root then, each of its own name.
	Alarm func(store.Attempt, *workflow.Workflow) (at model.Instant, tasks []*workflow.Node)
	// TimedOut, when set, is called once such a kill is committed. It must
	// return soon.
	TimedOut func(Timeout)
	// Unreadable, when set, is called once with each attempt that is this
	// conductor's and that can't be driven on, as what is stored of it, or was
	// posted to it, can't be read, or not by this version. It must return soon.
	Unreadable func(model.AttemptID, error)
	// Patience is how long a failing store is tried again before the
	// conductor gives up. Defaults to 10 s.
	Patience time.Duration
}

func (c Config) withDefaults() Config {
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.LeaseFor == 0 {
		c.LeaseFor = defaultLeaseFor
	}
	if c.RenewEvery == 0 {
		c.RenewEvery = min(defaultRenewEvery, c.LeaseFor/3)
	}
	if c.MaxDriven == 0 {
		c.MaxDriven = 10_000
	}
	if c.Patience == 0 {
		c.Patience = 10 * time.Second
	}
	return c
}

// ErrStopped says that the conductor was stopped.
var ErrStopped = errors.New("conductor stopped")

// Conductor runs a Core in a goroutine of its own. Its methods are safe for
// concurrent use between Start and Stop.
type Conductor struct {
	core  *Core
	cfg   Config
	epoch int64 // the core's, once it is started
	// looking is set while a look for what others left is still to come.
	looking atomic.Bool
	unwatch func()
	// room is that of the core after its last step, and given counts what deliveries
	// gave to it since.
	room, given atomic.Int64

	mu      sync.Mutex
	inbox   []Stimulus
	stopped error // why nothing is taken any more

	wake chan struct{}
	quit context.CancelCauseFunc
	done chan struct{}
}

// New returns a conductor that is not started.
func New(cfg Config) *Conductor {
	core := NewCore(cfg)
	return &Conductor{core: core, cfg: core.cfg, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// Start takes the lease, starts the runner and begins to work. It returns
// when the conductor is ready or has failed.
func (c *Conductor) Start(ctx context.Context) error {
	if err := c.core.Step(ctx, nil); err != nil {
		return err
	}
	if err := c.cfg.Runner.Start(c.report); err != nil {
		return errors.Join(err, c.core.Leave(ctx))
	}
	loop, quit := context.WithCancelCause(context.WithoutCancel(ctx))
	c.quit, c.epoch = quit, c.core.epoch
	c.room.Store(int64(c.core.room()))
	if c.cfg.Patrol > 0 {
		c.unwatch = c.cfg.Store.Watch(c.look)
	}
	go c.run(loop) // ended by Stop, which waits for done
	return nil
}

// Stop ends the work after what has come in is committed, and gives the lease
// up. Attempts that are not done can be driven on by others. Tries that run
// are the runner's to end: close it first. It returns why the conductor had
// ended before, if it had.
func (c *Conductor) Stop() error {
	if c.quit == nil {
		return nil
	}
	if c.unwatch != nil {
		c.unwatch()
	}
	c.quit(ErrStopped)
	<-c.done
	if err := c.ended(); !errors.Is(err, ErrStopped) {
		return err
	}
	return nil
}

// Done is closed when the conductor has ended, by Stop or by a failure.
func (c *Conductor) Done() <-chan struct{} { return c.done }

func (c *Conductor) report(reports []runner.Report) {
	c.mu.Lock()
	if c.stopped == nil {
		c.inbox = Stimuli(c.inbox, reports)
	}
	c.mu.Unlock()
	c.nudge()
}

func (c *Conductor) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// send puts a stimulus into the inbox; its Reply is called in any case.
func (c *Conductor) send(s Stimulus) {
	c.mu.Lock()
	err := c.stopped
	if err == nil {
		c.inbox = append(c.inbox, s)
	}
	c.mu.Unlock()
	switch {
	case err == nil:
		c.nudge()
	case s.Reply != nil:
		s.Reply(err)
	}
}

// look makes the core look for what others left to be done.
func (c *Conductor) look() {
	if !c.looking.Swap(true) {
		c.send(Stimulus{Do: func(core *Core) error {
			c.looking.Store(false)
			core.Look()
			return nil
		}})
	}
}

// run steps the core until it is told to quit or the store is lost.
func (c *Conductor) run(ctx context.Context) {
	defer close(c.done)
	var spare []Stimulus
	var failing time.Time
	for {
		stimuli := c.take(spare)
		err := c.step(context.WithoutCancel(ctx), stimuli)
		clear(stimuli)
		spare = stimuli[:0]
		c.room.Store(int64(c.core.room()))
		now := c.cfg.Clock.Now()
		switch {
		case err == nil:
			failing = time.Time{}
		case errors.Is(err, ErrFenced), errors.Is(err, errFault):
			c.end(err)
			return
		case failing.IsZero():
			failing = now
		case now.Sub(failing) > c.cfg.Patience:
			c.end(err)
			return
		}
		if !c.pause(ctx, err != nil) {
			c.end(c.leave(context.WithoutCancel(ctx), context.Cause(ctx)))
			return
		}
	}
}

// errFault marks a panic: the state in memory is not to be trusted any more,
// that in the store is.
var errFault = errors.New("internal fault")

// step steps the core and turns a panic into an error.
func (c *Conductor) step(ctx context.Context, stimuli []Stimulus) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errFault, p, debug.Stack())
		}
	}()
	if c.cfg.Stepped != nil {
		began := c.cfg.Clock.Now()
		defer func() { c.cfg.Stepped(c.cfg.Clock.Now().Sub(began)) }()
	}
	return c.core.Step(ctx, stimuli)
}

// take swaps the inbox for an empty one.
func (c *Conductor) take(empty []Stimulus) []Stimulus {
	c.mu.Lock()
	defer c.mu.Unlock()
	full := c.inbox
	c.inbox = empty
	return full
}

// retryAfter is how long a store that failed is left alone.
const retryAfter = 100 * time.Millisecond

// pause waits until there is something to do. It returns false when the
// conductor is to quit.
func (c *Conductor) pause(ctx context.Context, failed bool) bool {
	c.mu.Lock()
	waiting := len(c.inbox) > 0
	c.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return false
	case waiting && !failed:
		return true
	}
	d := retryAfter
	wake := c.wake
	if failed {
		wake = nil
	} else {
		d = c.core.NextDue().Time().Sub(c.cfg.Clock.Now())
	}
	due, stop := c.cfg.Clock.After(max(d, 0))
	defer stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-due:
	}
	return true
}

// leave commits what came in last and gives the lease up.
func (c *Conductor) leave(ctx context.Context, why error) error {
	if err := c.core.Step(ctx, c.take(nil)); err != nil {
		return err
	}
	if err := c.core.Leave(ctx); err != nil {
		return err
	}
	return why
}

// end answers all who wait and takes nothing more.
func (c *Conductor) end(why error) {
	c.mu.Lock()
	c.stopped = why
	rest := c.inbox
	c.inbox = nil
	c.mu.Unlock()
	for _, s := range rest {
		if s.Reply != nil {
			s.Reply(why)
		}
	}
	c.core.abandon(why)
}

// do runs f in the conductor's goroutine and waits until what it changed is
// committed.
func (c *Conductor) do(ctx context.Context, f func(*Core) error) error {
	answer := make(chan error, 1)
	c.send(Stimulus{Do: f, Reply: func(err error) { answer <- err }})
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ask is do for what gives something. The caller may be gone by the time that
// f is called, so what it gives is handed over and not shared.
func ask[T any](ctx context.Context, c *Conductor, f func(*Core) (T, error)) (T, error) {
	given := make(chan T, 1)
	err := c.do(ctx, func(core *Core) error {
		v, err := f(core)
		given <- v
		return err
	})
	select {
	case v := <-given:
		return v, err
	default:
		var nothing T
		return nothing, err
	}
}

// StartAttempt makes an attempt of a session and drives it, or returns the
// one that exists under the same name with made false. When it returns, the
// start is durable; with made true and an error, the attempt was made, and is
// driven by this conductor unless that has ended.
//
// The store is called from here and not from the loop, so that starts that
// come together share a transaction.
func (c *Conductor) StartAttempt(ctx context.Context, s store.Start) (a store.Attempt, made bool, err error) {
	if err := c.ended(); err != nil {
		return a, false, err
	}
	s.Owner, s.Epoch = c.cfg.Owner, c.epoch
	s.Created = model.InstantOf(c.cfg.Clock.Now())
	met := c.core.met.Load()
	a, made, err = c.cfg.Store.StartAttempt(ctx, s)
	if unanswered(err) {
		c.send(Stimulus{Do: func(core *Core) error { core.strays = true; return nil }})
	}
	if err != nil || !made {
		return a, made, err
	}
	return a, true, c.do(ctx, func(core *Core) error { return core.takeOn(ctx, a, s.Definition, met) })
}

// ended returns why the conductor takes nothing any more, or nil.
func (c *Conductor) ended() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}

// Recover takes over up to n attempts that nobody drives, of those given or,
// with none given, of all, and drives them on.
func (c *Conductor) Recover(ctx context.Context, n int, only ...model.AttemptID) ([]model.AttemptID, error) {
	return ask(ctx, c, func(core *Core) ([]model.AttemptID, error) { return core.Claim(ctx, n, only...) })
}

// Abandon ends an attempt that nobody drives as killed, without running
// anything of it again.
func (c *Conductor) Abandon(ctx context.Context, id model.AttemptID) error {
	return c.do(ctx, func(core *Core) error { return core.Abandon(ctx, id) })
}

// Send applies a command to an attempt that is driven here. When it returns
// nil, the command is durable.
func (c *Conductor) Send(ctx context.Context, id model.AttemptID, cmd engine.Command) error {
	return c.do(ctx, func(core *Core) error {
		if err := core.meet(ctx, id); err != nil {
			return err
		}
		return core.apply(core.now(), id, cmd)
	})
}

// Load is what a conductor has to do.
type Load struct {
	// Driven counts the attempts that it drives, and Waiting those of them of
	// which no task is with the runner. It is zero where attempts are never
	// let go of.
	Driven, Waiting int
}

// Load counts what the conductor has to do, between two steps.
func (c *Conductor) Load(ctx context.Context) (Load, error) {
	return ask(ctx, c, func(core *Core) (Load, error) {
		l := Load{Driven: len(core.driven)}
		for _, d := range core.driven {
			if d.out != nil && len(d.out) == 0 {
				l.Waiting++
			}
		}
		return l, nil
	})
}

// Inspect calls f with the live state of an attempt that is driven here. f
// runs between two steps: it must be quick and not keep the attempt.
func (c *Conductor) Inspect(ctx context.Context, id model.AttemptID, f func(*engine.Attempt)) error {
	return c.do(ctx, func(core *Core) error {
		if err := core.meet(ctx, id); err != nil {
			return err
		}
		a, ok := core.Attempt(id)
		if !ok {
			return model.Errorf(model.NotFound, "attempt %d is not driven here", id)
		}
		f(a)
		return nil
	})
}

// Wait returns the attempt's final state once it is done.
func (c *Conductor) Wait(ctx context.Context, id model.AttemptID) (engine.AttemptRow, error) {
	type end struct {
		row engine.AttemptRow
		err error
	}
	ended := make(chan end, 1)
	err := c.do(ctx, func(core *Core) error {
		if err := core.meet(ctx, id); err != nil {
			return err
		}
		if core.Await(id, func(row engine.AttemptRow, err error) { ended <- end{row, err} }) {
			return nil
		}
		a, err := c.cfg.Store.Attempt(ctx, id)
		if err == nil && !a.State.Done() {
			err = model.Errorf(model.Conflict, "attempt %d is driven elsewhere", id)
		}
		ended <- end{a.AttemptRow, err}
		return nil
	})
	if err != nil {
		return engine.AttemptRow{}, err
	}
	select {
	case e := <-ended:
		return e.row, e.err
	case <-ctx.Done():
		return engine.AttemptRow{}, context.Cause(ctx)
	}
}
