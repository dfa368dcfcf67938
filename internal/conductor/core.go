package conductor

import (
	"context"
	"errors"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// Core is the conductor's decision loop without its goroutines: each Step
// takes what has gathered, lets the engine answer, commits the answers of all
// attempts at once and then carries out what follows. It is driven by one
// goroutine, the shell's or a simulation's.
type Core struct {
	cfg   Config
	epoch int64
	// renewAt is when the lease is due to be renewed.
	renewAt model.Instant

	driven map[model.AttemptID]*driven
	timers timers
	step   engine.Step
	jobs   []runner.Job
	// replies are called once the step is committed.
	replies []reply
	// unsure is set while the store has not said whether it holds the step.
	unsure bool
}

// driven is an attempt that this conductor drives.
type driven struct {
	attempt *engine.Attempt
	info    store.Attempt
	job     func(*engine.Effect) runner.Job
	// waiters are called when the attempt is done, or lost.
	waiters []func(engine.AttemptRow, error)
}

type reply struct {
	to  func(error)
	err error
}

// Stimulus is one thing for a conductor to answer.
type Stimulus struct {
	Attempt model.AttemptID
	Command engine.Command
	// Do, when set, is called instead of applying Command, with the core at
	// rest between two commands.
	Do func(*Core) error
	// Reply, when set, is called with the outcome after it was committed.
	Reply func(error)
}

// NewCore returns a core that holds no lease yet.
func NewCore(cfg Config) *Core {
	return &Core{cfg: cfg.withDefaults(), driven: make(map[model.AttemptID]*driven)}
}

// Step renews the lease when that is due, fires the timers that are, applies
// the stimuli and commits what changed. After an error other than a lost
// lease the stimuli are taken and the changes are kept: the next Step commits
// them first. ErrFenced means that the core has let go of everything.
func (c *Core) Step(ctx context.Context, stimuli []Stimulus) error {
	if c.unsure {
		if err := c.commit(ctx); err != nil {
			return err
		}
	}
	now := c.now()
	if err := c.renew(ctx, now); err != nil {
		return err
	}
	for {
		t, ok := c.timers.pop(now)
		if !ok {
			break
		}
		c.apply(now, t.attempt, t.command())
	}
	for i := range stimuli {
		s := &stimuli[i]
		var err error
		if s.Do != nil {
			err = s.Do(c)
		} else {
			err = c.apply(now, s.Attempt, s.Command)
		}
		if s.Reply != nil {
			c.replies = append(c.replies, reply{s.Reply, err})
		}
	}
	return c.commit(ctx)
}

// NextDue returns when Step has something to do though nothing comes in.
func (c *Core) NextDue() model.Instant {
	next := c.renewAt
	if at := c.timers.next(); at != 0 && at < next {
		next = at
	}
	return next
}

// Idle reports whether the core drives nothing and owes the store nothing.
func (c *Core) Idle() bool { return len(c.driven) == 0 && !c.unsure }

func (c *Core) now() model.Instant { return model.InstantOf(c.cfg.Clock.Now()) }

func (c *Core) apply(now model.Instant, id model.AttemptID, cmd engine.Command) error {
	d, ok := c.driven[id]
	if !ok {
		return model.Errorf(model.NotFound, "attempt %d is not driven here", id)
	}
	return d.attempt.Apply(now, cmd, &c.step)
}

// renew takes the lease, or makes it last longer.
func (c *Core) renew(ctx context.Context, now model.Instant) error {
	if now < c.renewAt {
		return nil
	}
	epoch, err := c.cfg.Store.Lease(ctx, c.cfg.Owner, c.epoch, now, now.Add(c.cfg.LeaseFor))
	if model.CodeOf(err) == model.Conflict && c.epoch != 0 {
		return c.fenced(err)
	}
	if err != nil {
		return err
	}
	c.epoch = epoch
	c.renewAt = now.Add(c.cfg.RenewEvery)
	return nil
}

// commit writes the step and then does what it says.
func (c *Core) commit(ctx context.Context) error {
	s := &c.step
	if len(s.Tasks) > 0 || len(s.Events) > 0 || len(s.Attempts) > 0 || len(s.Grown) > 0 {
		c.unsure = true
		err := c.cfg.Store.Commit(ctx, &store.Batch{
			Owner: c.cfg.Owner, Epoch: c.epoch,
			Attempts: s.Attempts, Tasks: s.Tasks, Grown: s.Grown, Events: s.Events,
		})
		if model.CodeOf(err) == model.Conflict {
			return c.fenced(err)
		}
		if err != nil {
			return err
		}
		c.unsure = false
		if c.cfg.Observe != nil {
			c.cfg.Observe(s.Events)
		}
	}
	c.carryOut()
	for _, r := range c.replies {
		r.to(r.err)
	}
	clear(c.replies)
	c.replies = c.replies[:0]
	return nil
}

// carryOut does what the engine asked for in the committed step.
func (c *Core) carryOut() {
	for i := range c.step.Effects {
		e := &c.step.Effects[i]
		d, ok := c.driven[e.Attempt]
		if !ok {
			continue
		}
		switch e.Kind {
		case engine.Dispatch:
			c.jobs = append(c.jobs, d.job(&e.Effect))
		case engine.Interrupt:
			c.submit()
			c.cfg.Runner.Cancel(model.TryID{Attempt: e.Attempt, Task: e.Task, Try: e.Try})
		case engine.Arm, engine.ArmLimit:
			c.timers.push(timer{at: e.At, attempt: e.Attempt, task: e.Task, limit: e.Kind == engine.ArmLimit})
		case engine.Finished:
			delete(c.driven, e.Attempt)
			for _, w := range d.waiters {
				w(d.attempt.Row(), nil)
			}
		}
	}
	c.submit()
	c.step.Reset()
}

func (c *Core) submit() {
	if len(c.jobs) == 0 {
		return
	}
	c.cfg.Runner.Submit(c.jobs)
	clear(c.jobs)
	c.jobs = c.jobs[:0]
}

// ErrFenced says that the conductor lost its lease: others may drive its
// attempts now, and nothing that it had not committed counts.
var ErrFenced = errors.New("conductor lost its lease")

// fenced lets go of every attempt.
func (c *Core) fenced(cause error) error {
	err := errors.Join(ErrFenced, cause)
	c.abandon(err)
	c.timers, c.unsure = timers{}, false
	c.step.Reset()
	return err
}

// adopt begins to drive an attempt that was just made for this conductor.
func (c *Core) adopt(info store.Attempt, def *workflow.Workflow) error {
	c.drive(engine.New(info.ID, def, info.Params), info)
	return c.apply(c.now(), info.ID, engine.Command{Kind: engine.Begin})
}

// Restore begins to drive an attempt that the store says this conductor owns,
// where another one left it.
func (c *Core) Restore(s *store.Snapshot) error {
	a, err := engine.Restore(s.Definition, s.Attempt.AttemptRow, s.Growths, s.Tasks, s.Seq)
	if err != nil {
		return err
	}
	c.drive(a, s.Attempt)
	now := c.now()
	if s.Attempt.Started == 0 {
		return c.apply(now, a.ID(), engine.Command{Kind: engine.Begin})
	}
	a.Revive(now, &c.step)
	return nil
}

func (c *Core) drive(a *engine.Attempt, info store.Attempt) {
	c.driven[a.ID()] = &driven{attempt: a, info: info, job: c.cfg.Open(info, a.Definition())}
}

// Start makes an attempt, or finds the one that its session has under the
// same name, and begins to drive what it made.
func (c *Core) Start(ctx context.Context, s store.Start) (store.Attempt, bool, error) {
	s.Owner, s.Epoch = c.cfg.Owner, c.epoch
	s.Created = c.now()
	info, made, err := c.cfg.Store.StartAttempt(ctx, s)
	if err != nil || !made {
		return info, made, err
	}
	return info, true, c.adopt(info, s.Definition)
}

// Claim takes over up to n attempts that nobody drives and drives them on.
func (c *Core) Claim(ctx context.Context, n int) ([]model.AttemptID, error) {
	ids, err := c.cfg.Store.Claim(ctx, c.cfg.Owner, c.epoch, c.now(), n)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		s, err := c.cfg.Store.Load(ctx, id)
		if err == nil {
			err = c.Restore(s)
		}
		if err != nil {
			return ids[:i], model.Errorf(model.CodeOf(err), "restore attempt %d: %w", id, err)
		}
	}
	return ids, nil
}

// Attempt returns the live state of a driven attempt. It is valid until the
// core goes on.
func (c *Core) Attempt(id model.AttemptID) (*engine.Attempt, bool) {
	d, ok := c.driven[id]
	if !ok {
		return nil, false
	}
	return d.attempt, true
}

// Await calls f once the attempt is done or this conductor has lost it. It
// reports whether the attempt is driven here; if not, f is never called.
func (c *Core) Await(id model.AttemptID, f func(engine.AttemptRow, error)) bool {
	d, ok := c.driven[id]
	if ok {
		d.waiters = append(d.waiters, f)
	}
	return ok
}

// Stimuli turns what a runner reports into what the core takes.
func Stimuli(dst []Stimulus, reports []runner.Report) []Stimulus {
	for _, r := range reports {
		s := Stimulus{Attempt: r.ID.Attempt}
		cmd, ok := r.Outcome.(engine.Command)
		switch {
		case r.Lost:
			cmd = engine.Command{Kind: engine.Lose}
		case !ok:
			cmd = engine.Command{Kind: engine.TryCancelled}
		}
		cmd.Task, cmd.Try = r.ID.Task, r.ID.Try
		s.Command = cmd
		dst = append(dst, s)
	}
	return dst
}

// Defaults of a conductor's lease: it is renewed often enough that two
// renewals may fail, and short enough that others take over soon.
const (
	defaultLeaseFor   = 10 * time.Second
	defaultRenewEvery = 3 * time.Second
)

// abandon answers everybody who waits for a driven attempt.
func (c *Core) abandon(why error) {
	for id, d := range c.driven {
		for _, w := range d.waiters {
			w(d.attempt.Row(), why)
		}
		delete(c.driven, id)
	}
	for _, r := range c.replies {
		r.to(why)
	}
	c.replies = nil
}
