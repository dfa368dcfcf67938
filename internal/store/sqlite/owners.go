package sqlite

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
)

// Lease implements store.Owners.
func (s *Store) Lease(ctx context.Context, owner string, epoch int64, now, until model.Instant) (int64, error) {
	var made, ended int64
	err := s.write(ctx, "lease", func(c *conn) (err error) {
		s.locks.drop(made)
		made, ended = 0, 0
		old, err := leaseOf(c, owner)
		if err != nil {
			return err
		}
		live := old.epoch != 0 && now < old.until && s.locks.alive(old.epoch)
		switch {
		case epoch == 0 && live:
			return model.Errorf(model.Conflict, "%s has a lease already, in epoch %d", owner, old.epoch)
		case epoch != 0 && old.epoch != epoch:
			return lost(owner, epoch)
		case live:
			_, err := c.exec(`UPDATE leases SET until = ? WHERE epoch = ?`, int64(until), epoch)
			return err
		}
		if ended = old.epoch; ended != 0 {
			if err := endLease(c, ended); err != nil {
				return err
			}
		}
		if made, err = c.insert(`INSERT INTO leases (owner, until) VALUES (?, ?)`, owner, int64(until)); err != nil {
			return err
		}
		return s.locks.hold(made)
	})
	if err != nil {
		s.locks.drop(made)
		return 0, err
	}
	s.locks.drop(ended)
	if made != 0 {
		return made, nil
	}
	return epoch, nil
}

// EndLease implements store.Owners.
func (s *Store) EndLease(ctx context.Context, owner string, epoch int64) error {
	ended := false
	err := s.write(ctx, "end lease", func(c *conn) error {
		old, err := leaseOf(c, owner)
		if err != nil || old.epoch != epoch || epoch == 0 {
			return err
		}
		ended = true
		return endLease(c, epoch)
	})
	if err == nil && ended {
		s.locks.drop(epoch)
	}
	return err
}

// Claim implements store.Owners.
func (s *Store) Claim(ctx context.Context, owner string, epoch int64, now model.Instant, n int, only ...model.AttemptID) (ids []model.AttemptID, err error) {
	var dead []int64
	err = s.write(ctx, "claim attempts", func(c *conn) error {
		ids, dead = nil, nil
		own, err := leaseOf(c, owner)
		if err != nil {
			return err
		}
		if own.epoch != epoch || own.until <= now {
			return lost(owner, epoch)
		}
		if dead, err = s.deadLeases(c, epoch, now); err != nil {
			return err
		}
		for _, epoch := range dead {
			if err := endLease(c, epoch); err != nil {
				return err
			}
		}
		ids, err = claim(c, epoch, n, only)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, epoch := range dead {
		s.locks.drop(epoch)
	}
	return ids, nil
}

// deadLeases returns the epochs of the other leases that have run out, or
// whose processes have died.
func (s *Store) deadLeases(c *conn, own int64, now model.Instant) (dead []int64, err error) {
	err = c.query(`SELECT epoch, until FROM leases WHERE epoch <> ?`, func(r row) error {
		if epoch, until := r.int(0), r.int(1); until <= int64(now) || !s.locks.alive(epoch) {
			dead = append(dead, epoch)
		}
		return nil
	}, own)
	return dead, err
}

// claim gives up to n attempts to the lease with an epoch, of those given or,
// with none, of all.
func claim(c *conn, epoch int64, n int, only []model.AttemptID) (ids []model.AttemptID, err error) {
	candidates := slices.Sorted(slices.Values(only))
	if len(only) == 0 {
		if candidates, err = oldestUnowned(c, n); err != nil {
			return nil, err
		}
	}
	for _, id := range candidates {
		if len(ids) >= n {
			break
		}
		given, err := c.exec(`UPDATE attempts SET epoch = ? WHERE id = ? AND state = 0 AND epoch = 0`, epoch, int64(id))
		if err != nil {
			return nil, err
		}
		if given > 0 {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func oldestUnowned(c *conn, n int) (ids []model.AttemptID, err error) {
	err = c.query(`SELECT id FROM attempts WHERE state = 0 AND epoch = 0 ORDER BY id LIMIT ?`, func(r row) error {
		ids = append(ids, model.AttemptID(r.int(0)))
		return nil
	}, int64(max(n, 0)))
	return ids, err
}

type lease struct {
	epoch int64
	until model.Instant
}

// leaseOf returns the lease of an owner, or a zero one.
func leaseOf(c *conn, owner string) (l lease, err error) {
	err = c.query(`SELECT epoch, until FROM leases WHERE owner = ?`, func(r row) error {
		l = lease{r.int(0), model.Instant(r.int(1))}
		return nil
	}, owner)
	return l, err
}

// checkLease returns a Conflict unless the lease of owner stands at epoch.
func checkLease(c *conn, owner string, epoch int64) error {
	_, found, err := c.number(`SELECT 1 FROM leases WHERE epoch = ? AND owner = ?`, epoch, owner)
	if err == nil && !found {
		err = lost(owner, epoch)
	}
	return err
}

// endLease removes a lease and releases what it owned.
func endLease(c *conn, epoch int64) error {
	if _, err := c.exec(`DELETE FROM leases WHERE epoch = ?`, epoch); err != nil {
		return err
	}
	_, err := c.exec(`UPDATE attempts SET epoch = 0 WHERE epoch <> 0 AND epoch = ?`, epoch)
	return err
}

func lost(owner string, epoch int64) error {
	return model.Errorf(model.Conflict, "%s has no lease in epoch %d", owner, epoch)
}
