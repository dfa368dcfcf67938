package tables

import (
	"context"
	"database/sql/driver"
)

// Dead returns those of the epochs whose leases are over: they have run out, or
// their owners have ended them or died. None of them comes back to life.
func (t *Tables) Dead(ctx context.Context, epochs []int64) (dead []int64, err error) {
	err = t.db.Write(ctx, "look for dead owners", func(c Conn) error {
		dead = nil
		for _, epoch := range epochs {
			alive, err := t.lives(c, epoch)
			if err != nil {
				return err
			}
			if alive {
				continue
			}
			dead = append(dead, epoch)
			if err := endLease(c, epoch); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, epoch := range dead {
		t.db.Drop(epoch)
	}
	return dead, nil
}

// lives reports whether the lease of an epoch stands.
func (t *Tables) lives(c Conn, epoch int64) (bool, error) {
	var l lease
	err := c.Query(t.selectLeases+` WHERE id = ?`, func(r Row) error {
		l = readLease(r)
		return nil
	}, driver.Value(epoch))
	if err != nil || !l.lasts {
		return false, err
	}
	return t.db.Alive(c, epoch)
}
