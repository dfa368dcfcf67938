package store

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
)

// Orphans keeps account of the archives beside the store that no revision has:
// those that are about to get one, and those whose revision was pruned. So none
// is forgotten when a process dies, and a store of objects need not be searched
// for what may be another's.
type Orphans interface {
	// AddOrphan notes an archive that is about to be kept beside the store. A
	// Push that names the orphan takes it.
	AddOrphan(ctx context.Context, a Archive, now model.Instant) (OrphanID, error)
	// Orphans returns up to n archives whose ids come after one, in order, that
	// are to be removed: those of pruned revisions, and those that were noted
	// before an instant. After it no Push can take them.
	Orphans(ctx context.Context, before model.Instant, after OrphanID, n int) ([]Orphan, error)
	// DropOrphans forgets archives that were removed. Those that are no orphans
	// are left out.
	DropOrphans(ctx context.Context, ids []OrphanID) error
}

// OrphanID names an archive that no revision has. Zero is none.
type OrphanID int64

// Orphan is an archive that no revision has.
type Orphan struct {
	ID      OrphanID
	Archive Archive
}

// NotAdopted is the error of a Push whose orphan is to be removed.
func NotAdopted() error {
	return model.Errorf(model.Unavailable, "the archive was not used for so long that it is removed").WithHint("push again")
}
