package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

type lease struct {
	epoch int64
	until time.Time
}

// lasts reports whether a lease has not run out.
func (s *Store) lasts(l lease) bool { return l.epoch != 0 && s.clock.Now().Before(l.until) }

// Lease implements store.Owners.
func (s *Store) Lease(ctx context.Context, owner string, epoch int64, d time.Duration) (next int64, err error) {
	err = s.write(ctx, func() (call bool, err error) {
		l, until := s.leases[owner], s.clock.Now().Add(d)
		switch {
		case epoch == 0 && s.lasts(l):
			return false, model.Errorf(model.Conflict, "%s has a lease already, in epoch %d", owner, l.epoch)
		case epoch != 0 && l.epoch != epoch:
			return false, lost(owner, epoch)
		case epoch != 0:
			next = epoch
		default:
			call = s.end(owner)
			s.epoch++
			next = s.epoch
		}
		s.leases[owner] = lease{next, until}
		return call, nil
	})
	return next, err
}

// EndLease implements store.Owners.
func (s *Store) EndLease(ctx context.Context, owner string, epoch int64) error {
	return s.write(ctx, func() (bool, error) {
		return s.checkLease(owner, epoch) == nil && s.end(owner), nil
	})
}

// Claim implements store.Owners.
func (s *Store) Claim(ctx context.Context, pool store.Pool, owner string, epoch int64, now model.Instant, n int, only ...model.AttemptID) (ids []model.AttemptID, err error) {
	err = s.write(ctx, func() (call bool, err error) {
		if s.checkLease(owner, epoch) != nil || !s.lasts(s.leases[owner]) {
			return false, lost(owner, epoch)
		}
		for other, l := range s.leases {
			if !s.lasts(l) {
				call = s.end(other) || call
			}
		}
		for _, a := range s.candidates(pool, now, only) {
			if len(ids) >= n {
				break
			}
			a.Owner, a.Epoch, a.Wake = owner, epoch, 0
			ids = append(ids, a.ID)
		}
		return call, nil
	})
	return ids, err
}

// give has an owner take up those of some attempts that nobody has and that nothing
// holds back, and returns which.
func (s *Store) give(to store.Claimant, ids []model.AttemptID) (given []model.AttemptID) {
	if s.checkLease(to.Owner, to.Epoch) != nil {
		return nil
	}
	for _, id := range ids {
		if a := s.attempts[id-1]; a.pool == to.Pool && a.claimable() && !a.heldBack() {
			a.Owner, a.Epoch = to.Owner, to.Epoch
			given = append(given, id)
		}
	}
	return given
}

// candidates returns the attempts that can be claimed: those of only or, with
// none, all of the pool that are to be driven on by now.
func (s *Store) candidates(pool store.Pool, now model.Instant, only []model.AttemptID) (list []*attempt) {
	if len(only) > 0 {
		for _, id := range slices.Compact(slices.Sorted(slices.Values(only))) {
			if a, err := s.attempt(id); err == nil && a.claimable() {
				list = append(list, a)
			}
		}
		return list
	}
	for a := range all(s.attempts) {
		if a.pool == pool && a.claimable() && a.Wake <= now {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b *attempt) int { return cmp.Compare(a.Wake, b.Wake) })
	return list
}

// Due implements store.Owners.
func (s *Store) Due(ctx context.Context, pool store.Pool) (model.Instant, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	wake := model.Never
	for a := range all(s.attempts) {
		if a.pool == pool && a.claimable() {
			wake = min(wake, a.Wake)
		}
	}
	return wake, nil
}

// checkLease returns a Conflict unless the lease of owner stands at epoch.
func (s *Store) checkLease(owner string, epoch int64) error {
	if l, ok := s.leases[owner]; !ok || l.epoch != epoch {
		return lost(owner, epoch)
	}
	return nil
}

// end removes a lease and releases what it owned. It reports whether there was
// one.
func (s *Store) end(owner string) bool {
	if _, ok := s.leases[owner]; !ok {
		return false
	}
	delete(s.leases, owner)
	for a := range all(s.attempts) {
		if a.Owner == owner {
			a.release(0)
		}
	}
	return true
}

func lost(owner string, epoch int64) error {
	return model.Errorf(model.Conflict, "%s has no lease in epoch %d", owner, epoch)
}
