package sim

import (
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// An acknowledged start is never lost: once everything has come to rest, its
// attempt is done, or waits for a message that nobody sends.

// acknowledged is called when a client was told that its attempt exists.
func (c *checks) acknowledged(s *store.Start, id model.AttemptID) {
	w := c.attempts[id]
	if w == nil {
		c.sim.fail("promise 1: attempt %d was acknowledged, but the store has none", id)
		return
	}
	w.acknowledged = true
	if name := nameOf(&w.info); name != (attemptName{s.Session.Project, s.Session.Workflow, s.Session.Key, s.Name}) {
		c.sim.fail("promise 4: the start of %v was answered with attempt %d of %v", s.Session, id, name)
	}
}

// kept is called when a client was told that its message is kept: by that task, or by
// the round that has taken its place.
func (c *checks) kept(a model.AttemptID, id model.TaskID, source string) {
	w := c.attempts[a]
	for at, t := range w.tales {
		if t.messages[source] && (at == id || at > id && w.rows[at].Name == w.rows[id].Name) {
			return
		}
	}
	c.sim.fail("promise 1: message %s to a%d/%d was acknowledged, but is not in the history", source, a, id)
}

// patience is how long after the end of all trouble attempts may still be
// found waiting for messages that are on their way.
const patience = time.Minute

// atRest reports whether nothing will happen any more that matters.
func (s *simulation) atRest() bool {
	for _, c := range s.clients {
		if c.id == 0 && !c.refused {
			return false
		}
	}
	if s.office != nil && !s.office.closed || s.broker != nil && !s.broker.drained() || s.sensors != nil && !s.sensors.closed {
		return false
	}
	for _, w := range s.checks.running() {
		if s.now < s.peace.Add(patience) || !s.forlorn(w) {
			return false
		}
	}
	return true
}

// forlorn reports whether all that an attempt waits for is messages that
// nobody sends, or parameters that nobody sets.
func (s *simulation) forlorn(w *witness) bool {
	if w.row.Started == 0 {
		return s.checks.heldBack(w) && !s.checks.mayBegin(w)
	}
	if s.limited(w) || s.checks.underWay(w.row.ID) {
		return false
	}
	for id, r := range w.rows {
		switch {
		case r.State.Final() || r.State == model.Open || r.State == model.Blocked:
		case r.State == model.Waiting && r.Wake == 0 && (s.silent(w.row.ID, id) || r.Detail == nil || len(r.Detail.Keys) == 0):
		default:
			return false
		}
	}
	return true
}

// limited reports whether an attempt will be killed for taking too long.
func (s *simulation) limited(w *witness) bool {
	if s.office == nil || w.row.CancelAsked {
		return false
	}
	for _, r := range w.rows {
		if s.office.taskTTL > 0 && timed(&r) {
			return true
		}
	}
	return s.office.attemptTTL > 0
}

// neverLost checks the promise at the end.
func (c *checks) neverLost() {
	for _, w := range c.order {
		if w.acknowledged && !w.row.State.Done() && !c.sim.forlorn(w) {
			c.sim.fail("promise 1: attempt %d is not done:\n%s", w.row.ID, w.unfinished())
		}
	}
}

// unfinished lists the tasks that are not final.
func (w *witness) unfinished() string {
	var b strings.Builder
	for id := range w.ids() {
		if r := w.rows[id]; !r.State.Final() {
			b.WriteString(w.texts[id] + "\n")
		}
	}
	return b.String()
}
