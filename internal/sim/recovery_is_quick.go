package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Recovery needs nobody: while a process lives, what is due is driven on within
// 15 seconds of the last thing that went wrong, and what is not due has a
// stored instant at which it will be.

const (
	recoveryWithin = 15 * time.Second
	// inspectEvery is how often all attempts are looked at.
	inspectEvery = time.Second
	// restWithin is within what time an attempt is let go of that only waits.
	restWithin = 2 * time.Minute
)

// bound is how long after a trouble something may be neglected.
func (c *checks) bound() time.Duration {
	if c.sim.trouble.reset > 0 || c.sim.skewed {
		return recoveryWithin + 2*maxSkew
	}
	return recoveryWithin
}

// inspect looks at all attempts and schedules.
func (c *checks) inspect() {
	c.sim.after(inspectEvery, c.inspect)
	if c.sim.anyAwake() == nil || c.sim.now < c.sim.outage {
		c.sim.disturb()
	}
	for _, w := range c.running() {
		a, err := c.sim.store.Attempt(context.Background(), w.row.ID)
		if err != nil {
			c.sim.fail("read attempt %d: %v", w.row.ID, err)
			return
		}
		c.sleepsSafely(w, &a)
		c.overdue(&w.neglect, c.neglected(w, &a))
		c.rests(w, &a)
	}
	for _, l := range c.schedules() {
		why := ""
		if l.at.Disabled == 0 && l.at.NextRun <= c.sim.now {
			why = fmt.Sprintf("schedule %d is due since %v", l.at.ID, l.at.NextRun.Time())
		}
		c.overdue(&l.neglect, why)
	}
}

// neglect is a reason to complain, and since when there is that very one.
type neglect struct {
	why   string
	since model.Instant
}

// overdue notes a reason to complain, and complains when it lasts.
func (c *checks) overdue(n *neglect, why string) {
	switch {
	case why != n.why:
		*n = neglect{why, c.sim.now}
	case why != "" && c.sim.now.Sub(max(n.since, c.sim.disturbed)) > c.bound():
		c.sim.fail("promise 7: %s, and nobody does anything since %.6f", why, n.since.Sub(origin).Seconds())
	}
}

// neglected says why an attempt ought to be driven on, or nothing.
func (c *checks) neglected(w *witness, a *store.Attempt) string {
	name := fmt.Sprintf("a%d of %q", a.ID, a.Owner)
	if len(w.posts) > 0 {
		name += fmt.Sprintf(" with post %d", w.posts[0].id)
	}
	switch {
	case c.heldBack(w):
		return ""
	case a.Owner == "" && a.Wake > c.sim.now:
		return ""
	case !c.driven(a) && c.full():
		return ""
	case !c.driven(a) && c.sim.office.maxDriven > 0:
		return fmt.Sprintf("%s is not driven, and nothing was taken up since %d", name, c.claimed)
	case !c.driven(a):
		return name + " is not driven"
	case len(w.posts) > 0:
		return name + " does not consume it"
	}
	for _, r := range w.rows {
		deadline := r.Deadline != 0 && r.Flags&engine.LimitSeen == 0 && r.Deadline <= c.sim.now
		if !r.State.Final() && (deadline || r.State == model.Waiting && r.Wake != 0 && r.Wake <= c.sim.now) {
			return name + " is late with " + rowText(&r)
		}
		if c.exceeds(w, &r) {
			return name + " takes too long with " + rowText(&r)
		}
	}
	if ttl := c.sim.office.attemptTTL; ttl > 0 && !w.row.CancelAsked && a.Created.Add(ttl) < c.sim.now {
		return name + " takes too long"
	}
	return ""
}

// driven reports whether an attempt has an owner that lives and drives it.
func (c *checks) driven(a *store.Attempt) bool {
	for _, m := range c.sim.machines {
		if m.up != nil && m.up.owner == a.Owner && m.up.epoch == a.Epoch && m.up.awake() {
			_, ok := m.up.core.Attempt(a.ID)
			return ok
		}
	}
	return false
}

// full reports whether no process can take anything up: each has as many
// attempts as it may, or is away.
func (c *checks) full() bool {
	most := c.sim.office.maxDriven
	for _, m := range c.sim.machines {
		if m.up != nil && m.up.awake() && (most == 0 || c.count(m.up) < most) {
			return false
		}
	}
	return true
}

// count returns how many attempts a process drives.
func (c *checks) count(p *process) int {
	n := 0
	for _, w := range c.running() {
		if _, ok := p.core.Attempt(w.row.ID); ok {
			n++
		}
	}
	return n
}

// sleepsSafely checks that an attempt without owner will be woken, where
// anything but a post is to wake it.
func (c *checks) sleepsSafely(w *witness, a *store.Attempt) {
	switch {
	case a.Owner != "" || a.Wake == 0 || a.Wake <= c.sim.now:
		return
	case a.Wake == model.Never && w.row.Started == 0 && w.freed:
		c.sim.fail("promise 5: a%d waits for ever, but session %d has ended", a.ID, a.After)
	case len(w.posts) > 0 && !c.heldBack(w):
		c.sim.fail("promise 5: a%d sleeps until %d, with a post in its inbox", a.ID, a.Wake)
	case w.row.Started != 0:
		c.released(a.ID)
	}
}

// timed reports whether the time of a task counts that may not take too long.
func timed(r *engine.TaskRow) bool {
	return r.Try > 0 && (r.State == model.Running || r.State == model.Waiting)
}

// exceeds reports whether a task takes too long and its attempt was not asked
// to end.
func (c *checks) exceeds(w *witness, r *engine.TaskRow) bool {
	ttl := c.sim.office.taskTTL
	return ttl > 0 && timed(r) && !w.row.CancelAsked && c.firstTry(r).Add(ttl) < c.sim.now
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
	latest := c.sim.now.Add(2 * maxSkew)
	switch {
	case !w.row.CancelAsked:
		c.sim.fail("limits: a%d is said to be killed, and is not", w.row.ID)
	case w.timedOut:
		c.sim.fail("limits: a%d was killed twice", w.row.ID)
	case t.Task == "" && latest < w.born.Add(c.sim.office.attemptTTL),
		t.Task != "" && (w.rows[t.ID].Try == 0 || latest < w.rows[t.ID].Started.Add(c.sim.office.taskTTL)):
		c.sim.fail("limits: a%d was killed too early, for %q", w.row.ID, t.Task)
	}
	w.timedOut = true
}

// rests checks that an attempt which only waits, and for long, is let go of.
func (c *checks) rests(w *witness, a *store.Attempt) {
	of := c.sim.office
	waits := of.unload > 0 && !of.watched && a.Owner != "" && c.driven(a) && len(w.posts) == 0 && !c.sim.limited(w)
	for _, r := range w.rows {
		for _, due := range []model.Instant{r.Wake, r.Deadline} {
			waits = waits && (r.State.Final() || r.State != model.Running && (due == 0 || due > c.sim.now.Add(of.unload+restWithin)))
		}
	}
	switch {
	case !waits:
		w.idle = 0
	case w.idle == 0:
		w.idle = c.sim.now
	case c.sim.now.Sub(max(w.idle, c.sim.disturbed)) > restWithin:
		c.sim.fail("promise 5: %s drives a%d, which only waits", a.Owner, a.ID)
	}
}
