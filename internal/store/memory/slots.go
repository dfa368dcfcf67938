package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// slotKey is a task that claims slots.
type slotKey struct {
	attempt model.AttemptID
	task    model.TaskID
}

// slotClaim is what a try holds once it is granted, and wants before.
type slotClaim struct {
	admission.Claim
	granted model.Instant
	epoch   int64 // of who has claimed it last
	handed  bool
}

// ShareSlots implements store.Slots.
func (s *Store) ShareSlots(ctx context.Context, epoch int64, claims []admission.Claim, sizes map[string]int, now model.Instant) (held []model.TryID, err error) {
	err = s.write(ctx, func() (bool, error) {
		for _, c := range claims {
			a, err := s.attempt(c.Try.Attempt)
			if err != nil || a.Epoch != epoch {
				continue
			}
			key := slotKey{c.Try.Attempt, c.Try.Task}
			if old := s.slots[key]; old == nil || old.Try != c.Try {
				s.slots[key] = &slotClaim{Claim: c}
			}
			s.slots[key].epoch = epoch
		}
		maps.DeleteFunc(s.slots, func(_ slotKey, c *slotClaim) bool { return !s.runs(c.Try) })
		given := s.share(sizes, now)
		for key, c := range s.slots {
			if c.granted != 0 && c.epoch == epoch && s.attempts[key.attempt-1].Epoch == epoch {
				c.handed = true
				held = append(held, c.Try)
			}
		}
		slices.SortFunc(held, func(a, b model.TryID) int {
			return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Task, b.Task))
		})
		return slices.ContainsFunc(given, func(c admission.Claim) bool { return !slices.Contains(held, c.Try) }), nil
	})
	return held, err
}

// share gives out what is free, and returns to whom.
func (s *Store) share(sizes map[string]int, now model.Instant) []admission.Claim {
	free := maps.Clone(sizes)
	if free == nil {
		free = make(map[string]int)
	}
	maps.Copy(free, s.pools)
	all := maps.Clone(free)
	var waiting []admission.Claim
	for _, c := range s.slots {
		if c.granted == 0 {
			if c.Fits(all) {
				waiting = append(waiting, c.Claim)
			}
			continue
		}
		for pool, n := range c.Needs {
			if _, sized := free[pool]; sized {
				free[pool] -= n
			}
		}
	}
	given := admission.Share(free, waiting)
	for _, c := range given {
		s.slots[slotKey{c.Try.Attempt, c.Try.Task}].granted = now
	}
	return given
}

// Claims implements store.Slots.
func (s *Store) Claims(ctx context.Context, attempts []model.AttemptID) (map[model.TryID]store.Claimed, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	claims := make(map[model.TryID]store.Claimed)
	for key, c := range s.slots {
		if slices.Contains(attempts, key.attempt) && s.runs(c.Try) {
			claims[c.Try] = store.Claimed{Since: c.Since, Handed: c.handed}
		}
	}
	return claims, nil
}

// runs reports whether a task is running a try.
func (s *Store) runs(id model.TryID) bool {
	a, err := s.attempt(id.Attempt)
	if err != nil || a.State.Done() {
		return false
	}
	row := a.taskRow(id.Task)
	return row.State == model.Running && row.Try == id.Try
}

// SetPool implements store.Slots.
func (s *Store) SetPool(ctx context.Context, name string, size int) error {
	return s.write(ctx, func() (bool, error) {
		if s.pools[name] = size; size < 0 {
			delete(s.pools, name)
		}
		return true, nil
	})
}

// PoolSizes implements store.Slots.
func (s *Store) PoolSizes(ctx context.Context) (map[string]int, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return maps.Clone(s.pools), nil
}

// UsedPools implements store.Slots.
func (s *Store) UsedPools(ctx context.Context) (map[string]store.PoolUse, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	pools := make(map[string]store.PoolUse)
	for _, c := range s.slots {
		if !s.runs(c.Try) {
			continue
		}
		for pool, n := range c.Needs {
			use := pools[pool]
			if c.granted != 0 {
				use.Used += n
			} else {
				use.Waiting++
			}
			pools[pool] = use
		}
	}
	return pools, nil
}

// SlotsOf implements store.Slots.
func (s *Store) SlotsOf(ctx context.Context, pool string, n int) ([]store.Slot, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var held, waiting []*slotClaim
	for _, c := range s.slots {
		switch {
		case c.Needs[pool] == 0 || !s.runs(c.Try):
		case c.granted != 0:
			held = append(held, c)
		default:
			waiting = append(waiting, c)
		}
	}
	var list []store.Slot
	for _, some := range [][]*slotClaim{held, waiting} {
		slices.SortFunc(some, func(a, b *slotClaim) int { return admission.CompareClaims(&a.Claim, &b.Claim) })
		for _, c := range some[:min(n, len(some))] {
			a := s.attempts[c.Try.Attempt-1]
			list = append(list, store.Slot{
				Try: c.Try, Project: a.Session.Project, Name: a.taskRow(c.Try.Task).Name, Slots: c.Needs[pool],
				Priority: c.Priority, Since: c.Since, Granted: c.granted,
			})
		}
	}
	return list, nil
}
