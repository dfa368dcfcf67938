package sim

import (
	"context"
	"fmt"
	"time"

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
	case c.mayBegin(w):
		return fmt.Sprintf("a%d waits in the queue, though there is room", a.ID)
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
		deadline := r.Deadline != 0 && r.Flags&engine.LimitSeen == 0 && r.Deadline <= c.sim.now && !c.waitsForSlots(&r)
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
