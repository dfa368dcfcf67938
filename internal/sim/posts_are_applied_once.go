package sim

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// A post that the store took is applied once and in its order, unless its
// attempt had ended.

// post is a post that the store took.
type post struct {
	id      store.PostID
	attempt model.AttemptID
	command engine.Command
	// owner consumed it, in epoch; empty while nobody has.
	owner string
	epoch int64
}

// marked gives a command that edits parameters a mark of its own.
func (c *checks) marked(cmd engine.Command) engine.Command {
	if cmd.Kind == engine.Edit {
		c.mark++
		cmd.Params = cmd.Params.Merge(params.Of("mark", c.mark))
	}
	return cmd
}

// markOf returns the mark in edited parameters, or zero.
func markOf(m params.Map) int64 {
	mark, _ := m.IntOr("mark", 0) // nobody else writes one
	return mark
}

// edited returns what an event says that parameters were changed to.
func edited(e *engine.Event) params.Map {
	m, _ := e.Data.MapOr("params", params.Map{}) // the engine writes nothing else
	return m
}

// posted is called when the store has taken posts of somebody, one for an
// attempt.
func (c *checks) posted(who string, posts []store.Post) {
	for _, one := range posts {
		s, err := c.sim.store.Load(context.Background(), one.Attempt)
		if err != nil || len(s.Inbox) == 0 {
			c.sim.fail("promise 1: a post to a%d was taken, but is not in its inbox (%v)", one.Attempt, err)
			return
		}
		id := s.Inbox[len(s.Inbox)-1].ID
		if c.posts[id] != nil {
			c.sim.fail("promise 1: post %d was taken twice", id)
		}
		c.saidLost(one)
		c.sim.log.note(c.sim.now, "%s posts %d to a%d: command %d", who, id, one.Attempt, one.Command.Kind)
		taken := &post{id: id, attempt: one.Attempt, command: one.Command}
		c.posts[id] = taken
		w := c.attempts[one.Attempt]
		if w.row.State.Done() {
			c.sim.fail("promise 1: post %d to a%d was taken after its end", id, one.Attempt)
		}
		w.posts = append(w.posts, taken)
	}
}

// killed checks what somebody was told who asked an attempt to end: that it
// will, or that it can't because it has ended or not begun.
func (c *checks) killed(w *witness, err error) {
	c.sim.log.note(c.sim.now, "kill of a%d: %v", w.row.ID, err)
	post := slices.ContainsFunc(w.posts, func(p *post) bool { return p.command.Kind == engine.Kill })
	switch {
	case err == nil && !post && !w.row.CancelAsked && !w.row.State.Done():
		c.sim.fail("promise 1: the kill of a%d was acknowledged, and is lost", w.row.ID)
	case err != nil && !w.row.State.Done() && w.info.After == 0:
		c.sim.fail("the kill of a%d was refused: %v", w.row.ID, err)
	}
}

// isUnderWay reports whether there is a post for a task.
func (w *witness) isUnderWay(id model.TaskID) bool {
	for _, p := range w.posts {
		if p.command.Task == id {
			return true
		}
	}
	return false
}

// underWay reports whether there is a post for an attempt.
func (c *checks) underWay(id model.AttemptID) bool { return len(c.attempts[id].posts) > 0 }

// consuming takes in which posts a batch consumes, and returns those that no
// batch had consumed, of attempts that had not been asked to end.
func (c *checks) consuming(p *process, b *store.Batch) []*post {
	var fresh []*post
	for _, id := range b.Consumed {
		one := c.posts[id]
		switch {
		case one == nil:
			c.sim.fail("promise 1: %s consumed post %d, which nobody sent", p.owner, id)
			continue
		case one.owner == p.owner && one.epoch == b.Epoch:
			continue // the batch is written once more
		case one.owner != "":
			c.sim.fail("promise 1: post %d was consumed by %s, and by %s", id, one.owner, p.owner)
		}
		one.owner, one.epoch = p.owner, b.Epoch
		w := c.attempts[one.attempt]
		if len(w.posts) == 0 || w.posts[0] != one {
			c.sim.fail("promise 1: post %d to a%d was consumed out of order", id, one.attempt)
			continue
		}
		w.posts = w.posts[1:]
		p.note("  consumes post %d", id)
		if !w.row.State.Done() {
			fresh = append(fresh, one)
		}
	}
	return fresh
}

// consumed checks after a batch that what it consumed had its effect.
func (c *checks) consumed(fresh []*post) {
	for _, one := range fresh {
		w := c.attempts[one.attempt]
		switch {
		case one.command.Kind == engine.Kill && !w.row.CancelAsked && !w.row.State.Done(),
			one.command.Kind == engine.Edit && c.marks[markOf(one.command.Params)] == 0 && !w.row.State.Done():
			c.sim.fail("promise 1: post %d to a%d was consumed, but not applied", one.id, one.attempt)
		}
	}
}

// applied is called with each event that is new.
func (c *checks) applied(e *engine.Event) {
	if e.Kind != engine.ParamsEdited {
		return
	}
	if mark := markOf(edited(e)); mark != 0 {
		if c.marks[mark]++; c.marks[mark] > 1 {
			c.sim.fail("promise 1: the post with mark %d to a%d was applied twice", mark, e.Attempt)
		}
	}
}

// noPostIsLeft checks at the end that nothing waits to be applied, and that the
// inboxes of what has ended are empty.
func (c *checks) noPostIsLeft() {
	for _, w := range c.order {
		s, err := c.sim.store.Load(context.Background(), w.row.ID)
		if err != nil || len(s.Inbox) > 0 && w.row.State.Done() {
			c.sim.fail("promise 1: a%d has ended, and there are posts to it (%v)", w.row.ID, err)
		}
		if len(w.posts) > 0 && !w.row.State.Done() && !c.heldBack(w) {
			c.sim.fail("promise 1: post %d to a%d was never applied", w.posts[0].id, w.row.ID)
		}
	}
}
