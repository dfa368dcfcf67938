package sim

import (
	"slices"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// A backfill makes an attempt for each slot, and each begins after those of the
// slot before it have ended.

// follows takes in an attempt that may come after others.
func (c *checks) follows(w *witness) {
	id := w.info.Session.ID
	c.sessions[id] = append(c.sessions[id], w)
	w.freed = w.info.After == 0 || c.allDone(w.info.After)
}

func (c *checks) allDone(id model.SessionID) bool {
	for _, w := range c.sessions[id] {
		if !w.row.State.Done() {
			return false
		}
	}
	return true
}

// free is called when an attempt of a session has ended.
func (c *checks) free(id model.SessionID) {
	if !c.allDone(id) {
		return
	}
	for _, w := range c.order {
		w.freed = w.freed || w.info.After == id
	}
}

// heldBack reports whether an attempt is to wait for others.
func (c *checks) heldBack(w *witness) bool { return w.row.Started == 0 && (!w.freed || w.queued()) }

// begins checks that an attempt that begins is not held back.
func (c *checks) begins(w *witness, e *engine.Event) {
	switch {
	case e.Kind != engine.AttemptStarted:
	case !w.freed:
		c.sim.fail("backfill: a%d begins, but session %d has not ended", w.row.ID, w.info.After)
	case w.cancelled:
		c.sim.fail("backfill: a%d begins, but was cancelled before it could", w.row.ID)
	}
}

// cancelled checks what a client was told that has cancelled a backfill: that attempts
// end, of which those that others held back never begin.
func (c *checks) cancelled(ids []model.AttemptID) {
	for _, id := range ids {
		w := c.attempts[id]
		if w == nil {
			c.sim.fail("backfill: a%d was cancelled, and the store has none", id)
			return
		}
		c.killed(w, nil)
		w.cancelled = !w.freed && w.row.Started == 0
	}
}

// refilled checks what a client was told that has sessions run again: those that failed,
// one after the other.
func (c *checks) refilled(list []store.Attempt) {
	for i := range list {
		a := &list[i]
		of := c.sessions[a.Session.ID]
		at := slices.IndexFunc(of, func(w *witness) bool { return w.row.ID == a.ID })
		switch {
		case at < 0:
			c.sim.fail("promise 1: a%d was acknowledged, but the store has none", a.ID)
			return
		case at == 0 || of[at-1].row.State != engine.AttemptFailed:
			c.sim.fail("backfill: a%d runs again what did not fail", a.ID)
		case i > 0 && (a.After != list[i-1].Session.ID || a.Session.Time <= list[i-1].Session.Time), i == 0 && a.After != 0:
			c.sim.fail("backfill: a%d comes after session %d", a.ID, a.After)
		}
		of[at].acknowledged = true
	}
}

// filled checks what a client was told that has filled slots in: those of a
// rule, from the first one due then or later, each after the one before. Slots that
// an attempt of the backfill had filled are passed over.
func (c *checks) filled(from model.Instant, count int, list []store.Attempt) {
	if len(list) == 0 {
		return
	}
	if count > 0 && len(list) > count {
		c.sim.fail("backfill: %d attempts were asked for, %d made", count, len(list))
		return
	}
	slot := c.rules[list[0].Workflow].first(from)
	for i := range list {
		a := &list[i]
		w := c.attempts[a.ID]
		for slot < a.Session.Time && c.fills(a, slot) {
			slot = c.rules[a.Workflow].next(slot)
		}
		switch {
		case w == nil:
			c.sim.fail("promise 1: a%d was acknowledged, but the store has none", a.ID)
			return
		case a.Session.Time != slot || a.Session.Key != conductor.SessionKey(slot.Time()):
			c.sim.fail("backfill: attempt %d is of %s, not of %v", i, a.Session.Key, slot.Time())
		case i > 0 && a.After != list[i-1].Session.ID || i == 0 && a.After != 0 && !slices.ContainsFunc(c.sessions[a.After], func(w *witness) bool {
			return w.info.Name == a.Name && w.info.Session.Time < slot
		}):
			c.sim.fail("backfill: a%d comes after session %d", a.ID, a.After)
		}
		w.acknowledged = true
		slot = c.rules[a.Workflow].next(slot)
	}
}

// fills reports whether a slot of the workflow of an attempt has one of its name.
func (c *checks) fills(of *store.Attempt, slot model.Instant) bool {
	return slices.ContainsFunc(c.order, func(w *witness) bool {
		a := &w.info
		return a.Name == of.Name && a.Session.Time == slot && a.Session.Project == of.Session.Project && a.Session.Workflow == of.Session.Workflow
	})
}
