package tables

import (
	"context"
	"database/sql/driver"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Lease implements store.Owners.
func (t *Tables) Lease(ctx context.Context, owner string, epoch int64, d time.Duration) (int64, error) {
	var made, ended int64
	err := t.db.Write(ctx, "lease", func(c Conn) (err error) {
		t.db.Drop(made)
		made, ended = 0, 0
		old, err := t.leaseOf(c, owner)
		if err != nil {
			return err
		}
		live := old.lasts
		if live {
			if live, err = t.db.Alive(c, old.epoch); err != nil {
				return err
			}
		}
		switch {
		case epoch == 0 && live:
			return model.Errorf(model.Conflict, "%s has a lease already, in epoch %d", owner, old.epoch)
		case epoch != 0 && old.epoch != epoch:
			return lost(owner, epoch)
		case epoch != 0:
			_, err := c.Exec(`UPDATE leases SET until = `+t.dialect.Now+` + ? WHERE id = ?`, d.Microseconds(), epoch)
			return err
		}
		if ended = old.epoch; ended != 0 {
			if err := endLease(c, ended); err != nil {
				return err
			}
		}
		if made, err = c.Insert(`INSERT INTO leases (owner, until) VALUES (?, `+t.dialect.Now+` + ?)`, owner, d.Microseconds()); err != nil {
			return err
		}
		return t.db.Hold(c, made)
	})
	if err != nil {
		t.db.Drop(made)
		return 0, err
	}
	if ended != 0 {
		t.db.Drop(ended)
		t.db.Call()
	}
	if made != 0 {
		return made, nil
	}
	return epoch, nil
}

// EndLease implements store.Owners.
func (t *Tables) EndLease(ctx context.Context, owner string, epoch int64) error {
	ended := false
	err := t.db.Write(ctx, "end lease", func(c Conn) error {
		old, err := t.leaseOf(c, owner)
		if err != nil || old.epoch != epoch || epoch == 0 {
			return err
		}
		ended = true
		return endLease(c, epoch)
	})
	if err == nil && ended {
		t.db.Drop(epoch)
		t.db.Call()
	}
	return err
}

// Claim implements store.Owners.
func (t *Tables) Claim(ctx context.Context, pool store.Pool, owner string, epoch int64, now model.Instant, n int, only ...model.AttemptID) (ids []model.AttemptID, err error) {
	var dead []int64
	err = t.db.Write(ctx, "claim attempts", func(c Conn) error {
		ids, dead = nil, nil
		own, err := t.leaseOf(c, owner)
		if err != nil {
			return err
		}
		if own.epoch != epoch || !own.lasts {
			return lost(owner, epoch)
		}
		if dead, err = t.deadLeases(c, epoch); err != nil {
			return err
		}
		for _, epoch := range dead {
			if err := endLease(c, epoch); err != nil {
				return err
			}
		}
		ids, err = t.claim(c, pool, epoch, now, n, only)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, epoch := range dead {
		t.db.Drop(epoch)
	}
	if len(dead) > 0 {
		t.db.Call()
	}
	return ids, nil
}

// deadLeases returns the epochs of the other leases that have run out, or
// whose processes have died.
func (t *Tables) deadLeases(c Conn, own int64) (dead []int64, err error) {
	var others []lease
	err = c.Query(t.selectLeases+` WHERE id <> ?`, func(r Row) error {
		others = append(others, readLease(r))
		return nil
	}, own)
	if err != nil {
		return nil, err
	}
	for _, l := range others {
		alive := l.lasts
		if alive {
			if alive, err = t.db.Alive(c, l.epoch); err != nil {
				return nil, err
			}
		}
		if !alive {
			dead = append(dead, l.epoch)
		}
	}
	return dead, nil
}

// claim gives up to n attempts to the lease with an epoch, of those given or,
// with none, of all in the pool. Those that are named are not looked for among all that
// are unowned, of which a sum with 0 hides the index.
func (t *Tables) claim(c Conn, pool store.Pool, epoch int64, now model.Instant, n int, only []model.AttemptID) (ids []model.AttemptID, err error) {
	n = max(n, 0)
	if len(only) == 0 {
		ids, err = attemptIDs(c, selectDue, int64(pool), int64(now), int64(n))
	} else {
		ids, err = attemptIDs(c, `SELECT id FROM attempts WHERE id IN (`+t.dialect.Numbers+`) AND state + 0 = 0 AND epoch + 0 = 0 ORDER BY id LIMIT ?`,
			idList(only), int64(n))
	}
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	given, err := attemptIDs(c, `UPDATE attempts SET epoch = ? WHERE id IN (`+t.dialect.Numbers+`) AND state + 0 = 0 AND epoch + 0 = 0 RETURNING id`,
		epoch, idList(ids))
	if len(given) == len(ids) || err != nil {
		return ids, err
	}
	slices.Sort(given)
	return slices.DeleteFunc(ids, func(id model.AttemptID) bool { // those that just ended
		_, found := slices.BinarySearch(given, id)
		return !found
	}), nil
}

// Give gives to an owner those of some attempts that nobody has, that are of its pool
// and that nothing holds back, and returns which, in order.
func Give(c Conn, numbers string, to store.Claimant, ids []model.AttemptID) (given []model.AttemptID, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	given, err = attemptIDs(c, `
		UPDATE attempts SET epoch = ?
		WHERE id IN (`+numbers+`) AND state + 0 = 0 AND epoch + 0 = 0 AND pool + 0 = ?
			AND NOT (started = 0 AND (wake = 9223372036854775806 OR wake = 9223372036854775807 AND after <> 0))
			AND EXISTS (SELECT 1 FROM leases WHERE id = ? AND owner = ?)
		RETURNING id`,
		to.Epoch, idList(ids), int64(to.Pool), to.Epoch, to.Owner)
	slices.Sort(given)
	return given, err
}

// Due implements store.Owners.
func (t *Tables) Due(ctx context.Context, pool store.Pool) (wake model.Instant, err error) {
	err = t.db.Read(ctx, "look for attempts", func(c Conn) error {
		next, found, err := number(c, `SELECT wake FROM attempts WHERE state = 0 AND epoch = 0 AND pool = ? ORDER BY wake, id LIMIT 1`, int64(pool))
		if wake = model.Instant(next); !found {
			wake = model.Never
		}
		return err
	})
	return wake, err
}

const selectDue = `SELECT id FROM attempts WHERE state = 0 AND epoch = 0 AND pool = ? AND wake <= ? ORDER BY wake, id LIMIT ?`

func attemptIDs(c Conn, text string, args ...driver.Value) (ids []model.AttemptID, err error) {
	err = c.Query(text, func(r Row) error {
		ids = append(ids, model.AttemptID(r.Int(0)))
		return nil
	}, args...)
	return ids, err
}

type lease struct {
	epoch int64
	// lasts says that it has not run out.
	lasts bool
}

func readLease(r Row) lease { return lease{r.Int(0), r.Int(1) != 0} }

// leaseOf returns the lease of an owner, or a zero one.
func (t *Tables) leaseOf(c Conn, owner string) (l lease, err error) {
	err = c.Query(t.selectLeases+` WHERE owner = ?`, func(r Row) error {
		l = readLease(r)
		return nil
	}, owner)
	return l, err
}

// CheckLease returns a Conflict unless the lease of owner stands at epoch.
func CheckLease(c Conn, owner string, epoch int64) error {
	_, found, err := number(c, `SELECT 1 FROM leases WHERE id = ? AND owner = ?`, epoch, owner)
	if err == nil && !found {
		err = lost(owner, epoch)
	}
	return err
}

// endLease removes a lease and releases what it owned. The many that ended
// before keep an epoch that nobody has any more.
func endLease(c Conn, epoch int64) error {
	if _, err := c.Exec(`DELETE FROM leases WHERE id = ?`, epoch); err != nil {
		return err
	}
	_, err := c.Exec(`UPDATE attempts SET epoch = 0, wake = 0 WHERE state = 0 AND epoch <> 0 AND epoch = ?`, epoch)
	return err
}

func lost(owner string, epoch int64) error {
	return model.Errorf(model.Conflict, "%s has no lease in epoch %d", owner, epoch)
}
