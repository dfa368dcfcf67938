package conductor

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// patrolSize bounds what one look takes up, so that what is driven already
// does not wait long for it.
const patrolSize = 500

// Look makes the next step look for what others left to be done.
func (c *Core) Look() { c.look = true }

// patrol applies what was posted to the attempts of this conductor, and takes
// up those that nobody drives and that are due. Between two regular patrols it
// does so when it is told to look, and when the next such attempt is due. Where
// the store does not answer, that is still to be done.
func (c *Core) patrol(ctx context.Context, now model.Instant) error {
	regular := due(now, c.patrolAt, c.cfg.Patrol)
	if c.cfg.Patrol == 0 || !regular && !c.look && now < c.wakeAt {
		return nil
	}
	if regular {
		c.patrolAt = now.Add(c.cfg.Patrol)
	}
	c.look = true // until that is done
	c.slots.share = c.slots.share || len(c.slots.waiting) > 0
	more, err := c.readPosts(ctx)
	if err != nil {
		return err
	}
	next := model.Never
	if room := min(c.room(), patrolSize); room > 0 {
		if next, err = c.takeUpDue(ctx, now, room, regular); err != nil {
			return err
		}
	}
	c.look, c.wakeAt = more, next
	return nil
}

// takeUpDue takes up to n attempts that nobody drives and that are due, and
// returns when to do so again. Most looks between two regular patrols are for
// posts: those claim only where something is seen to be due, and leave those who
// died to the patrols. What is due and was not given is left to them, too: others
// may be about to take it.
func (c *Core) takeUpDue(ctx context.Context, now model.Instant, n int, regular bool) (next model.Instant, err error) {
	if c.cfg.Pool == store.Private {
		return model.Never, nil
	}
	if next, err = c.cfg.Store.Due(ctx, c.cfg.Pool); err != nil {
		return 0, err
	}
	if next <= now || regular {
		given, err := c.claimDue(ctx, n)
		if err != nil || given == n {
			return now, err
		}
		if given > 0 {
			if next, err = c.cfg.Store.Due(ctx, c.cfg.Pool); err != nil {
				return 0, err
			}
		}
	}
	if next <= now {
		return model.Never, nil
	}
	return next, nil
}

// readPosts applies a page of what was posted. It reports whether there may be
// more: then the next page is read before the first one is again, so that the
// posts to an attempt that can't be read keep back no others.
func (c *Core) readPosts(ctx context.Context) (more bool, err error) {
	posts, err := c.cfg.Store.Posted(ctx, c.cfg.Owner, c.epoch, c.passed, patrolSize)
	if err != nil {
		return false, err
	}
	if c.passed == 0 {
		clear(c.stuck)
	}
	for i := range posts {
		c.receive(&posts[i])
	}
	c.passed = 0
	if len(posts) == patrolSize {
		c.passed = posts[len(posts)-1].ID
		more = true
	}
	return more, nil
}

// receive applies a post to an attempt that is driven here: to others it comes
// with them. One that can't be read is told of and left, for another version
// of this program, and so are those that come after it.
func (c *Core) receive(p *store.Post) {
	d, ok := c.driven[p.Attempt]
	switch {
	case !ok, c.stuck[p.Attempt]:
	case p.Err == nil:
		d.stuck = false
		c.consume(p)
	default:
		c.stuck[p.Attempt] = true
		if !d.stuck && c.cfg.Unreadable != nil {
			c.cfg.Unreadable(p.Attempt, p.Err)
		}
		d.stuck = true
	}
}

// claimDue takes up attempts that nobody drives and that are due, and returns
// how many were given.
func (c *Core) claimDue(ctx context.Context, n int) (given int, err error) {
	ids, err := c.claim(ctx, n)
	if err != nil && model.CodeOf(err) == model.Conflict {
		return 0, c.fenced(err)
	}
	for _, failed := range c.takeUp(ctx, ids) {
		if err == nil && failed != nil && !unreadable(failed) {
			err = failed
		}
	}
	return len(ids), err
}

// consume applies a post, once: one that is read again before the step is
// committed has been applied in it. A command that does not fit any more is
// answered by nothing: who sent it is gone. But a message is buried whose task
// has gone on while it was under way.
func (c *Core) consume(p *store.Post) {
	if slices.Contains(c.consumed, p.ID) {
		return
	}
	now := c.now()
	if err := c.apply(now, p.Attempt, p.Command); err != nil && p.Command.Message != nil {
		c.driven[p.Attempt].attempt.Bury(now, p.Command.Task, *p.Command.Message, err, &c.step)
	}
	c.consumed = append(c.consumed, p.ID)
}

// findResting adds to the releases what the step leaves only waiting, and for
// long, and that nobody here waits for.
func (c *Core) findResting() {
	if c.cfg.Unload == 0 {
		return
	}
	for i := range c.step.Effects {
		e := &c.step.Effects[i]
		if d, ok := c.driven[e.Attempt]; ok && (e.Kind == engine.Dispatch || e.Kind == engine.FetchItems) {
			d.out[e.Task] = e.Try
		}
	}
	far := c.now().Add(c.cfg.Unload)
	slices.Sort(c.touched)
	for _, id := range slices.Compact(c.touched) {
		d, ok := c.driven[id]
		if !ok || d.stuck || len(d.out) > 0 || len(d.waiters) > 0 || d.attempt.Row().State.Done() {
			continue
		}
		wake := d.attempt.NextWake()
		if wake == 0 {
			wake = model.Never
		}
		if wake = min(wake, c.overdue(d)); wake > far {
			c.releases = append(c.releases, store.Release{Attempt: id, Wake: wake})
		}
	}
}
