package conductor

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
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
	// strays is set while the store may count attempts as this conductor's
	// that it does not drive, because an answer or a read was lost.
	strays bool
	// met counts the attempts that were looked for because they may be this
	// conductor's without its knowing.
	met atomic.Int64
	// unread are attempts that are this conductor's and that can't be read,
	// with when that is to be tried again.
	unread map[model.AttemptID]model.Instant
	// doomed are attempts that are to be ended instead of driven on, and
	// whether the step does so.
	doomed map[model.AttemptID]bool
	timers timers
	// inbox holds the stimuli that are not applied yet.
	inbox []Stimulus
	step  engine.Step
	jobs  []runner.Job
	// told is how many of the step's events others were told of.
	told int
	// announced is how many of its attempts, and calledOff how many of its tasks,
	// were looked at for what they have to do with calls.
	announced, calledOff int
	// replies are called once the step is committed.
	replies []reply
	// unsure is set while the store has not said whether it holds the step.
	unsure bool
	// consumed are the posts that the step answers, releases the attempts that
	// it lets go of.
	consumed []store.PostID
	releases []store.Release
	// touched are the attempts that the step has begun to drive or commanded,
	// some of them more than once, and some without a change.
	touched []model.AttemptID
	// notices are to be given once the step is committed.
	notices []Timeout
	// patrolAt is when to look next for what others left to be done, and look
	// is set when that is to be now. wakeAt is when the next attempt is due that
	// nobody drives, as far as is known. passed is the post up to which all were
	// looked at, and stuck the attempts of those among them that can't be read.
	patrolAt model.Instant
	look     bool
	wakeAt   model.Instant
	passed   store.PostID
	stuck    map[model.AttemptID]bool
	// given are attempts that deliveries gave to this conductor, and that it is to take
	// up.
	given []model.AttemptID
	// fetches are the items that collections have asked for.
	fetches []fetch
	slots   slots
}

// NewCore returns a core that holds no lease yet.
func NewCore(cfg Config) *Core {
	return &Core{
		cfg:    cfg.withDefaults(),
		driven: make(map[model.AttemptID]*driven),
		unread: make(map[model.AttemptID]model.Instant),
		doomed: make(map[model.AttemptID]bool),
		stuck:  make(map[model.AttemptID]bool),
		slots:  newSlots(),
	}
}

// Step renews the lease when that is due, fires the timers that are, applies
// the stimuli and commits what changed. The stimuli are taken in any case: after
// an error other than a lost lease the next Step goes on where this one got to.
// ErrFenced means that the core has let go of everything.
func (c *Core) Step(ctx context.Context, stimuli []Stimulus) error {
	c.inbox = append(c.inbox, stimuli...)
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
		c.fire(now, t)
	}
	for i := range c.inbox {
		s := &c.inbox[i]
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
	clear(c.inbox)
	c.inbox = c.inbox[:0]
	if err := c.fetch(ctx, now); err != nil {
		return err
	}
	if err := c.patrol(ctx, now); err != nil {
		return err
	}
	c.takeUpGiven(ctx)
	if err := c.commit(ctx); err != nil {
		return err
	}
	return c.shareSlots(ctx, now)
}

// NextDue returns when Step has something to do though nothing comes in.
func (c *Core) NextDue() model.Instant {
	next := c.renewAt
	if at := c.timers.next(); at != 0 && at < next {
		next = at
	}
	if c.cfg.Patrol > 0 {
		next = min(next, c.patrolAt, c.wakeAt)
		if c.look {
			next = 0
		}
	}
	if len(c.fetches) > 0 || len(c.inbox) > 0 || len(c.given) > 0 || c.slots.share {
		next = 0
	}
	return next
}

// Idle reports whether the core drives nothing and owes the store nothing.
func (c *Core) Idle() bool { return len(c.driven)+len(c.given) == 0 && !c.unsure }

func (c *Core) now() model.Instant { return model.InstantOf(c.cfg.Clock.Now()) }

// due reports whether the next instant has come at which something is done
// that is done each so often. A clock that was set back does not put it off.
func due(now, next model.Instant, every time.Duration) bool {
	return now >= next || next.Sub(now) > every
}

func (c *Core) apply(now model.Instant, id model.AttemptID, cmd engine.Command) error {
	d, ok := c.driven[id]
	if !ok {
		return model.Errorf(model.NotFound, "attempt %d is not driven here", id)
	}
	c.touched = append(c.touched, id)
	if cmd.Try != 0 && cmd.Kind != engine.Judge && d.out[cmd.Task] == cmd.Try {
		delete(d.out, cmd.Task)
	}
	return d.attempt.Apply(now, cmd, &c.step)
}
