package conductor

import (
	"context"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// commit writes the step and then does what it says.
func (c *Core) commit(ctx context.Context) error {
	if err := c.tell(ctx); err != nil {
		return err
	}
	if err := c.callOff(ctx); err != nil {
		return err
	}
	c.announce()
	batch := c.batch()
	if len(batch.Tasks)+len(batch.Events)+len(batch.Attempts)+len(batch.Grown)+len(batch.Consumed)+len(batch.Release)+len(batch.Buried) > 0 {
		if err := c.write(ctx, batch); err != nil {
			return err
		}
		if c.cfg.Observe != nil {
			c.cfg.Observe(batch)
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

// batch returns what the step writes.
func (c *Core) batch() *store.Batch {
	s := &c.step
	b := &store.Batch{
		Owner: c.cfg.Owner, Epoch: c.epoch,
		Attempts: s.Attempts, Tasks: s.Tasks, Grown: s.Grown, Events: s.Events,
		Listening: s.Listening, Records: s.Records, Buried: s.Buried, Items: s.Items, Dropped: s.Dropped, Versions: s.Versions, Consumed: c.consumed,
	}
	if !c.unsure {
		c.findResting()
	}
	b.Release = c.releases
	return b
}

// write commits a batch. One that released attempts can't be written again
// where it was written in spite of the error: they are others' by then.
func (c *Core) write(ctx context.Context, b *store.Batch) error {
	if c.unsure && len(b.Release) > 0 {
		written, err := c.released(ctx, b)
		if err != nil || written {
			c.unsure = err != nil
			return err
		}
	}
	c.unsure = true
	err := c.cfg.Store.Commit(ctx, b)
	if model.CodeOf(err) == model.Conflict {
		return c.fenced(err)
	}
	c.unsure = err != nil
	return err
}

// released reports whether a batch was written that releases attempts, while the
// lease stood. The first of them may be this conductor's again, given to it by a
// delivery: then it has a post that came while nobody owned it, which whoever takes
// an attempt up consumes first.
func (c *Core) released(ctx context.Context, b *store.Batch) (bool, error) {
	s, err := c.cfg.Store.Load(ctx, b.Release[0].Attempt)
	if err != nil {
		return false, err
	}
	if a := &s.Attempt; a.Owner == c.cfg.Owner && a.Epoch == c.epoch {
		return slices.ContainsFunc(s.Inbox, func(p store.Post) bool { return p.Unowned && !slices.Contains(b.Consumed, p.ID) }), nil
	}
	err = c.cfg.Store.Commit(ctx, &store.Batch{Owner: c.cfg.Owner, Epoch: c.epoch})
	if model.CodeOf(err) == model.Conflict {
		return false, c.fenced(err)
	}
	return err == nil, err
}

// carryOut does what the engine asked for in the committed step.
func (c *Core) carryOut() {
	for _, r := range c.releases {
		delete(c.driven, r.Attempt) // whoever drives it on arms its timers
	}
	for i := range c.step.Effects {
		e := &c.step.Effects[i]
		d, ok := c.driven[e.Attempt]
		if !ok {
			continue
		}
		switch e.Kind {
		case engine.Dispatch:
			if c.cfg.TaskTTL > 0 && e.Try == 1 && d.attempt.Has(e.Task) {
				began := d.attempt.Task(e.Task).Started // which others would count from, too
				c.timers.push(timer{at: began.Add(c.cfg.TaskTTL), attempt: e.Attempt, task: e.Task, kind: tooLong})
			}
			c.dispatch(d.job(&e.Effect), e.Node)
		case engine.Interrupt:
			c.interrupt(model.TryID{Attempt: e.Attempt, Task: e.Task, Try: e.Try})
		case engine.Arm, engine.ArmLimit:
			kind := wakes
			if e.Kind == engine.ArmLimit {
				kind = limits
			}
			c.timers.push(timer{at: e.At, attempt: e.Attempt, task: e.Task, kind: kind})
		case engine.FetchItems:
			c.fetches = append(c.fetches, fetch{e.Attempt, e.Task, e.Fetch})
		case engine.Finished:
			delete(c.driven, e.Attempt)
			for _, w := range d.waiters {
				w(d.attempt.Row(), nil)
			}
		}
	}
	c.submit()
	for _, n := range c.notices {
		c.cfg.TimedOut(n)
	}
	c.notices = c.notices[:0]
	maps.DeleteFunc(c.doomed, func(_ model.AttemptID, ended bool) bool { return ended })
	c.freed()
	c.forget()
}

// forget makes the step empty.
func (c *Core) forget() {
	c.step.Reset()
	c.told, c.announced, c.calledOff = 0, 0, 0
	c.consumed, c.releases, c.touched = c.consumed[:0], c.releases[:0], c.touched[:0]
}

func (c *Core) submit() {
	if len(c.jobs) == 0 {
		return
	}
	c.cfg.Runner.Submit(c.jobs)
	clear(c.jobs)
	c.jobs = c.jobs[:0]
}

// unanswered reports whether an error of the store leaves open what it did.
func unanswered(err error) bool {
	if err == nil {
		return false
	}
	code := model.CodeOf(err)
	return code == model.Unavailable || code == model.Internal
}
