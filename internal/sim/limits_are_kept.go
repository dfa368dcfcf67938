package sim

import (
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// An attempt that takes longer than any may, or has a task that does, is killed
// once, and not before its time. That it is killed soon is part of recovery.

// timed reports whether the time of a task counts that may not take too long.
func timed(r *engine.TaskRow) bool {
	return r.Try > 0 && (r.State == model.Running || r.State == model.Waiting)
}

// exceeds reports whether a task takes too long and its attempt was not asked
// to end. Time in which a try waits for slots does not count, so that it is no longer
// than since the newest try was handed to a runner.
func (c *checks) exceeds(w *witness, r *engine.TaskRow) bool {
	ttl := c.sim.office.taskTTL
	if ttl <= 0 || !timed(r) || w.row.CancelAsked || c.waitsForSlots(r) {
		return false
	}
	since := c.firstTry(r)
	if t := c.tries[model.TryID{Attempt: r.Attempt, Task: r.ID, Try: r.Try}]; t != nil && c.sim.queue != nil {
		since = max(since, t.at)
	}
	return since.Add(ttl) < c.sim.now
}

// firstTry returns when the first try of a task was handed to a runner.
func (c *checks) firstTry(r *engine.TaskRow) model.Instant {
	if t := c.tries[model.TryID{Attempt: r.Attempt, Task: r.ID, Try: 1}]; t != nil {
		return t.at
	}
	return c.sim.now // its process died before it could
}

// timedOut checks that an attempt that is said to be killed for taking too long
// does, and is.
func (c *checks) timedOut(p *process, t *conductor.Timeout) {
	w := c.attempts[t.Attempt.ID]
	p.note("a%d takes too long: %q", w.row.ID, t.Task)
	latest := c.sim.now.Add(maxSkew)
	row, ok := w.rows[t.ID]
	if !ok {
		row = w.dropped[t.ID]
	}
	switch {
	case !w.row.CancelAsked:
		c.sim.fail("limits: a%d is said to be killed, and is not", w.row.ID)
	case w.timedOut:
		c.sim.fail("limits: a%d was killed twice", w.row.ID)
	case t.Task == "" && latest < t.Attempt.Created.Add(c.sim.office.attemptTTL),
		t.Task != "" && (row.Try == 0 || latest.Add(maxSkew) < row.Started.Add(c.sim.office.taskTTL)):
		c.sim.fail("limits: a%d was killed too early, for %q", w.row.ID, t.Task)
	}
	w.timedOut = true
}
