package sim

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// An attempt has one owner at a time, and whoever lost it commits nothing.

// owns reports whether the store has a process as an attempt's owner.
func (c *checks) owns(p *process, id model.AttemptID) bool {
	a, err := c.sim.store.Attempt(context.Background(), id)
	if err != nil {
		c.sim.fail("read attempt %d: %v", id, err)
	}
	return err == nil && a.Owner == p.owner && a.Epoch == p.epoch
}

// takenOver checks that whoever clears away what still runs of an attempt owns
// it: nothing of its owner's runs there.
func (c *checks) takenOver(p *process, s *store.Snapshot) {
	p.note("takes over a%d", s.Attempt.ID)
	if !c.owns(p, s.Attempt.ID) {
		c.sim.fail("promise 3: %s takes over a%d, which is not its own", p.owner, s.Attempt.ID)
	}
}

// fenced checks that a process which lets go of everything has lost its lease,
// and that it did because the lease ran out, whatever the clocks of machines
// show.
func (c *checks) fenced(p *process) {
	if p.lapsed || c.sim.now >= p.until {
		return
	}
	if c.sim.store.Commit(context.Background(), &store.Batch{Owner: p.owner, Epoch: p.epoch}) == nil {
		c.sim.fail("promise 3: %s lets go of everything, but its lease stands", p.owner)
	} else {
		c.sim.fail("promise 3: the lease of %s was taken before it ran out", p.owner)
	}
}

func (c *checks) oneOwner(p *process, b *store.Batch) {
	released := make(map[model.AttemptID]bool)
	for _, r := range b.Release {
		released[r.Attempt] = true
	}
	for id := range b.AttemptIDs() {
		a, err := c.sim.store.Attempt(context.Background(), id)
		if err == nil && released[id] && a.Owner == "" {
			continue
		}
		if err != nil || a.Owner != p.owner || a.Epoch != b.Epoch {
			c.sim.fail("promise 3: %s in epoch %d wrote attempt %d of %q in epoch %d (%v)", p.owner, b.Epoch, id, a.Owner, a.Epoch, err)
		}
	}
}

// letsGoOnce checks that a process which has let go of an attempt takes it up before it
// writes of it again: whatever it knew is others' to change since, also where it is
// given the attempt once more.
func (c *checks) letsGoOnce(p *process, b *store.Batch) {
	for id := range b.AttemptIDs() {
		if p.letGo[id] {
			c.sim.fail("promise 3: %s writes of a%d, which it has let go of and not taken up since", p.owner, id)
		}
	}
	for _, r := range b.Release {
		p.letGo[r.Attempt] = true
	}
}
