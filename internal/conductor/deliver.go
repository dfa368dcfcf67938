package conductor

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Where who takes messages drives attempts, too, an attempt that nobody drives is its
// own by the transaction that stores the message: it need not be looked for, nor
// claimed by another.

// Deliver gives messages to the store, and drives on who gets them, if nobody else
// does and there is room. With Offsets, that is what feeders need.
//
// The store is called from here and not from the loop, so that what comes is stored
// while that waits for a commit.
func (c *Conductor) Deliver(ctx context.Context, d store.Delivery) ([]store.Delivered, error) {
	to := store.Claimant{Pool: c.cfg.Pool, Owner: c.cfg.Owner, Epoch: c.epoch}
	if c.ended() == nil {
		to.Most = int(c.room.Load() - c.given.Load())
	}
	done, given, err := c.cfg.Store.DeliverTo(ctx, d, to)
	switch n := int64(len(given)); {
	case unanswered(err):
		c.send(Stimulus{Do: func(core *Core) error { core.Given(nil, err); return nil }})
	case n > 0:
		c.given.Add(n)
		c.send(Stimulus{
			Do:    func(core *Core) error { core.Given(given, nil); return nil },
			Reply: func(error) { c.given.Add(-n) },
		})
	}
	return done, err
}

// Offsets returns how far a feeder has come.
func (c *Conductor) Offsets(ctx context.Context, feeder string) ([]store.Offset, error) {
	return c.cfg.Store.Offsets(ctx, feeder)
}

var _ store.Feeding = (*Conductor)(nil)

// Claimant is what a delivery is to give attempts to.
func (c *Core) Claimant() store.Claimant {
	return store.Claimant{Pool: c.cfg.Pool, Owner: c.cfg.Owner, Epoch: c.epoch, Most: max(0, c.room())}
}

// Given has the core take up what a delivery gave to it or, where there was no answer,
// may have.
func (c *Core) Given(ids []model.AttemptID, err error) {
	c.given = append(c.given, ids...)
	c.strays = c.strays || unanswered(err)
}

// takeUpGiven takes up a page of what deliveries gave to this conductor.
func (c *Core) takeUpGiven(ctx context.Context) {
	n := min(len(c.given), patrolSize)
	c.takeUp(ctx, c.given[:n]) // which keeps what it can't
	c.given = append(c.given[:0], c.given[n:]...)
}

// room returns how many more attempts are to be taken up.
func (c *Core) room() int { return c.cfg.MaxDriven - len(c.driven) - len(c.given) }
