package store

import (
	"context"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/model"
)

// Slots keeps which tries hold slots of pools, and which wait for some. What a try
// holds is free once its task is not running that try any more, or its attempt is
// done: the commit that says so frees it, and writes nothing for it.
type Slots interface {
	// ShareSlots notes claims of tries, of attempts that an owner drives in an epoch,
	// and gives out what is free, to claims of all owners, as admission.Share does; a
	// claim that its pools are too small for waits, and nobody for it. Sizes are those
	// of pools that are not stored; a pool without a size is without bound. It returns
	// the tries of attempts of that epoch that hold what was claimed for them in it. A
	// claim of a task that is there already stays, and counts as one of the epoch in
	// which it was made last, unless it is for another try: then that takes its place,
	// and holds nothing yet. Those of attempts that are not the owner's are passed
	// over.
	ShareSlots(ctx context.Context, epoch int64, claims []admission.Claim, sizes map[string]int, now model.Instant) ([]model.TryID, error)
	// Claims returns what tries of attempts have claimed that their tasks run.
	Claims(ctx context.Context, attempts []model.AttemptID) (map[model.TryID]Claimed, error)
	// SetPool stores the size of a pool; a negative one forgets it.
	SetPool(ctx context.Context, name string, size int) error
	// PoolSizes returns the sizes that are stored.
	PoolSizes(ctx context.Context) (map[string]int, error)
	// SlotsOf returns who holds slots of a pool, and up to n of those who wait for
	// some, in order.
	SlotsOf(ctx context.Context, pool string, n int) ([]Slot, error)
	// UsedPools returns, by pool, how many slots are in use and how many tries wait,
	// of the pools of which that is any.
	UsedPools(ctx context.Context) (map[string]PoolUse, error)
}

// Claimed says what became of a claim.
type Claimed struct {
	// Since is when the try began to wait.
	Since model.Instant
	// Handed says that ShareSlots has returned the try, to somebody who had claimed for
	// it: it may have begun.
	Handed bool
}

// PoolUse counts what becomes of a pool.
type PoolUse struct {
	// Used is how many slots are held, Waiting how many tries wait for some.
	Used, Waiting int
}

// Slot is what a try holds, or wants, of a pool.
type Slot struct {
	Try model.TryID
	// Project and Name are those of the attempt and of the task.
	Project  model.ProjectID
	Name     string
	Slots    int
	Priority int
	// Since is when it began to wait, and Granted when it got its slots, or 0.
	Since, Granted model.Instant
}
