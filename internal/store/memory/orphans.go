package memory

import (
	"context"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// orphan is an archive that no revision has.
type orphan struct {
	store.Archive
	// noted is zero when it is to be removed.
	noted model.Instant
}

// AddOrphan implements store.Orphans.
func (s *Store) AddOrphan(ctx context.Context, a store.Archive, now model.Instant) (store.OrphanID, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	return s.addOrphan(a, now), nil
}

func (s *Store) addOrphan(a store.Archive, noted model.Instant) store.OrphanID {
	s.orphanID++
	s.orphans[s.orphanID] = orphan{a, noted}
	return s.orphanID
}

// adoptable fails where a push can't take an orphan.
func (s *Store) adoptable(id store.OrphanID) error {
	if id != 0 && s.orphans[id].noted == 0 {
		return store.NotAdopted()
	}
	return nil
}

// Orphans implements store.Orphans.
func (s *Store) Orphans(ctx context.Context, before model.Instant, after store.OrphanID, n int) ([]store.Orphan, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []store.Orphan
	for _, id := range slices.Sorted(maps.Keys(s.orphans)) {
		o := s.orphans[id]
		if o.noted >= before && o.noted != 0 {
			continue
		}
		o.noted = 0
		s.orphans[id] = o
		if id > after && len(list) < n {
			list = append(list, store.Orphan{ID: id, Archive: o.Archive})
		}
	}
	return list, nil
}

// DropOrphans implements store.Orphans.
func (s *Store) DropOrphans(ctx context.Context, ids []store.OrphanID) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, id := range ids {
		delete(s.orphans, id)
	}
	return nil
}
