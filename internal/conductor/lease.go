package conductor

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// Leave gives the lease up, so that others can drive on what the core drives. It
// is the last thing that is done with a core.
func (c *Core) Leave(ctx context.Context) error {
	return c.cfg.Store.EndLease(ctx, c.cfg.Owner, c.epoch)
}

// renew takes the lease, or makes it last longer. One that had run out is still
// this conductor's as long as no other has ended it.
func (c *Core) renew(ctx context.Context, now model.Instant) error {
	if !due(now, c.renewAt, c.cfg.RenewEvery) {
		return nil
	}
	epoch, err := c.cfg.Store.Lease(ctx, c.cfg.Owner, c.epoch, c.cfg.LeaseFor)
	switch {
	case model.CodeOf(err) == model.Conflict && c.epoch != 0:
		return c.fenced(err)
	case err != nil:
		return err
	}
	c.epoch = epoch
	c.renewAt = now.Add(c.cfg.RenewEvery)
	c.takeUpStrays(ctx)
	c.readAgain(ctx, now)
	return nil
}

// ErrFenced says that the conductor lost its lease: others may drive its
// attempts now, and nothing that it had not committed counts.
var ErrFenced = errors.New("conductor lost its lease")

// fenced lets go of every attempt.
func (c *Core) fenced(cause error) error {
	err := errors.Join(ErrFenced, cause)
	c.abandon(err)
	c.timers, c.unsure, c.given, c.fetches, c.jobs, c.slots = timers{}, false, nil, nil, nil, newSlots()
	clear(c.unread)
	clear(c.doomed)
	clear(c.stuck)
	c.forget()
	return err
}

// Defaults of a conductor's lease: it is renewed often enough that two
// renewals may fail, and short enough that others take over soon.
const (
	defaultLeaseFor   = 10 * time.Second
	defaultRenewEvery = 3 * time.Second
)

// abandon answers everybody who waits for an attempt or for an answer.
func (c *Core) abandon(why error) {
	for _, id := range slices.Sorted(maps.Keys(c.driven)) {
		d := c.driven[id]
		delete(c.driven, id)
		for _, w := range d.waiters {
			w(d.attempt.Row(), why)
		}
	}
	for _, r := range c.replies {
		r.to(why)
	}
	for _, s := range c.inbox {
		if s.Reply != nil {
			s.Reply(why)
		}
	}
	c.replies, c.inbox = nil, nil
}
