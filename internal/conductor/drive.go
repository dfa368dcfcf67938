package conductor

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// driven is an attempt that this conductor drives.
type driven struct {
	attempt *engine.Attempt
	info    store.Attempt
	job     func(*engine.Effect) runner.Job
	// out holds the newest try of each task that has not been reported, and the
	// collections that have asked for items. It is nil where attempts are never let
	// go of.
	out map[model.TaskID]int32
	// lateAt is when alarm is to be added, if it is not there yet.
	lateAt model.Instant
	alarm  []*workflow.Node
	// stuck is set when it was told of that a post to it can't be read.
	stuck bool
	// waiters are called when the attempt is done, or lost.
	waiters []func(engine.AttemptRow, error)
	// teller tells others of the attempt, once it is introduced; nil tells nobody.
	teller     Teller
	introduced bool
}

// adopt begins an attempt that this conductor owns.
func (c *Core) adopt(info store.Attempt, def *workflow.Workflow) error {
	c.drive(engine.New(info.ID, def, info.Params), info)
	return c.apply(c.now(), info.ID, engine.Command{Kind: engine.Begin})
}

// takeOver begins to drive an attempt that the store says this conductor owns,
// where another one left it.
func (c *Core) takeOver(s *store.Snapshot, seen sightings) error {
	if err := c.restore(s, seen); err != nil {
		return err
	}
	for i := range s.Inbox {
		c.consume(&s.Inbox[i])
	}
	return nil
}

func (c *Core) restore(s *store.Snapshot, seen sightings) error {
	if s.Attempt.Started == 0 {
		return c.adopt(s.Attempt, s.Definition)
	}
	c.tellTakeOver(s)
	a, err := s.Restore()
	if err != nil {
		return err
	}
	c.drive(a, s.Attempt)
	a.Revive(c.now(), c.fates(s, seen), &c.step)
	return nil
}

// tellTakeOver tells of an attempt that was another's.
func (c *Core) tellTakeOver(s *store.Snapshot) {
	if c.cfg.TakeOver != nil {
		c.cfg.TakeOver(s)
	}
}

func (c *Core) drive(a *engine.Attempt, info store.Attempt) {
	d := &driven{attempt: a, info: info, job: c.cfg.Open(info, a.Definition())}
	if c.cfg.Unload > 0 {
		d.out = make(map[model.TaskID]int32)
	}
	c.driven[a.ID()] = d
	c.touched = append(c.touched, a.ID())
	c.limit(d)
	c.watch(d)
}

// Start makes an attempt, or finds the one that its session has under the
// same name, and begins to drive what it made.
func (c *Core) Start(ctx context.Context, s store.Start) (store.Attempt, bool, error) {
	s.Owner, s.Epoch = c.cfg.Owner, c.epoch
	s.Created = c.now()
	info, made, err := c.cfg.Store.StartAttempt(ctx, s)
	c.strays = c.strays || unanswered(err)
	if err != nil || !made {
		return info, made, err
	}
	return info, true, c.adopt(info, s.Definition)
}

// takeOn begins an attempt that was made for this conductor when it had met so many.
// Since then it may have been met, and driven to its end.
func (c *Core) takeOn(ctx context.Context, info store.Attempt, def *workflow.Workflow, met int64) error {
	if _, here := c.driven[info.ID]; here {
		return nil
	}
	if c.met.Load() == met {
		return c.adopt(info, def)
	}
	err := c.takeUp(ctx, []model.AttemptID{info.ID})[0]
	if model.CodeOf(err) == model.Conflict { // it was let go of
		return nil
	}
	return err
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
