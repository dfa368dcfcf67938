package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
)

type lease struct {
	epoch int64
	until model.Instant
}

func (l lease) live(now model.Instant) bool { return l.epoch != 0 && now < l.until }

// Lease implements store.Owners.
func (s *Store) Lease(ctx context.Context, owner string, epoch int64, now, until model.Instant) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	l := s.leases[owner]
	switch {
	case epoch == 0 && l.live(now):
		return 0, model.Errorf(model.Conflict, "%s has a lease already, in epoch %d", owner, l.epoch)
	case epoch != 0 && l.epoch != epoch:
		return 0, lost(owner, epoch)
	case l.live(now):
		s.leases[owner] = lease{epoch, until}
		return epoch, nil
	}
	s.end(owner)
	s.epoch++
	s.leases[owner] = lease{s.epoch, until}
	return s.epoch, nil
}

// EndLease implements store.Owners.
func (s *Store) EndLease(ctx context.Context, owner string, epoch int64) error {
	return s.write(ctx, func() (bool, error) {
		stands := s.checkLease(owner, epoch) == nil
		if stands {
			s.end(owner)
		}
		return stands, nil
	})
}

// Claim implements store.Owners.
func (s *Store) Claim(ctx context.Context, owner string, epoch int64, now model.Instant, n int, only ...model.AttemptID) ([]model.AttemptID, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if s.checkLease(owner, epoch) != nil || !s.leases[owner].live(now) {
		return nil, lost(owner, epoch)
	}
	for other, l := range s.leases {
		if !l.live(now) {
			s.end(other)
		}
	}
	var ids []model.AttemptID
	for _, a := range s.candidates(now, only) {
		if len(ids) >= n {
			break
		}
		a.Owner, a.Epoch, a.Wake = owner, epoch, 0
		ids = append(ids, a.ID)
	}
	return ids, nil
}

// candidates returns the attempts that can be claimed: those of only or, with
// none, all that are to be driven on by now.
func (s *Store) candidates(now model.Instant, only []model.AttemptID) (list []*attempt) {
	if len(only) > 0 {
		for _, id := range slices.Compact(slices.Sorted(slices.Values(only))) {
			if a, err := s.attempt(id); err == nil && a.claimable() {
				list = append(list, a)
			}
		}
		return list
	}
	for a := range all(s.attempts) {
		if a.claimable() && a.Wake <= now {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b *attempt) int { return cmp.Compare(a.Wake, b.Wake) })
	return list
}

// checkLease returns a Conflict unless the lease of owner stands at epoch.
func (s *Store) checkLease(owner string, epoch int64) error {
	if l, ok := s.leases[owner]; !ok || l.epoch != epoch {
		return lost(owner, epoch)
	}
	return nil
}

// end removes a lease, if there is one, and releases what it owned.
func (s *Store) end(owner string) {
	if _, ok := s.leases[owner]; !ok {
		return
	}
	delete(s.leases, owner)
	for a := range all(s.attempts) {
		if a.Owner == owner {
			a.release(0)
		}
	}
}

func lost(owner string, epoch int64) error {
	return model.Errorf(model.Conflict, "%s has no lease in epoch %d", owner, epoch)
}
