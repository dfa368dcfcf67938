package service

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Pool is a pool that tasks take slots of.
type Pool struct {
	Name string
	// Size is how many slots it has; a pool that is not Bounded has as many as are
	// asked for.
	Size    int
	Bounded bool
	// Stored says that the size was set by SetPool, and not by a setting.
	Stored bool
	store.PoolUse
}

// Pools returns the pools that have a size, or that tasks use now, by name.
func (s *Service) Pools(ctx context.Context) ([]Pool, error) {
	stored, err := s.cfg.Store.PoolSizes(ctx)
	if err != nil {
		return nil, err
	}
	uses, err := s.cfg.Store.UsedPools(ctx)
	if err != nil {
		return nil, err
	}
	names := slices.Concat(slices.Collect(maps.Keys(s.cfg.Pools)), slices.Collect(maps.Keys(stored)), slices.Collect(maps.Keys(uses)))
	slices.Sort(names)
	var list []Pool
	for _, name := range slices.Compact(names) {
		p := Pool{Name: name, PoolUse: uses[name]}
		p.Size, p.Bounded = s.cfg.Pools[name]
		if size, ok := stored[name]; ok {
			p.Size, p.Bounded, p.Stored = size, true, true
		}
		list = append(list, p)
	}
	return list, nil
}

// SetPool sets the size of a pool, which counts more than a setting; a negative one
// is as the setting says again.
func (s *Service) SetPool(ctx context.Context, name string, size int) error {
	if err := workflow.CheckPool(name); err != nil {
		return err
	}
	if size > workflow.MaxWeight {
		return model.Errorf(model.Invalid, "a pool has up to %d slots, not %d", workflow.MaxWeight, size)
	}
	return s.cfg.Store.SetPool(ctx, name, size)
}

// Slot is a try that holds slots of a pool, or waits for some.
type Slot struct {
	store.Slot
	// Why is what it waits for, in words; empty for one that holds slots.
	Why string
}

// Slots returns who holds slots of a pool, and up to n who wait for some, in order.
func (s *Service) Slots(ctx context.Context, p Pool, n int) ([]Slot, error) {
	found, err := s.cfg.Store.SlotsOf(ctx, p.Name, n)
	if err != nil {
		return nil, err
	}
	list := make([]Slot, len(found))
	for i, of := range found {
		list[i].Slot = of
		switch {
		case of.Granted != 0:
		case of.Slots > p.Size && p.Bounded:
			list[i].Why = fmt.Sprintf("pool %s: it takes %d slots, and there are only %d", p.Name, of.Slots, p.Size)
		default:
			list[i].Why = fmt.Sprintf("pool %s: %d of %d in use", p.Name, p.Used, p.Size)
		}
	}
	return list, nil
}
