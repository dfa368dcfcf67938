package sim

import (
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// An attempt that only waits, and for long, takes no place in a process.

// restWithin is within what time it is let go of.
const restWithin = 2 * time.Minute

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
