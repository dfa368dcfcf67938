package memory

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/store"
)

// tickAt returns where the tick of a place is, or belongs.
func (s *Store) tickAt(m store.Mark) int {
	i, _ := slices.BinarySearchFunc(s.ticks, m, func(t store.Tick, m store.Mark) int { return t.Mark().Compare(m) })
	return i
}

// tick writes ticks.
func (s *Store) tick(ticks ...store.Tick) {
	for _, t := range ticks {
		s.tickID++
		t = t.Kept()
		t.ID, t.Attempts = s.tickID, slices.Clone(t.Attempts)
		s.ticks = slices.Insert(s.ticks, s.tickAt(t.Mark()), t)
	}
}

// AppendTicks implements store.Ticks.
func (s *Store) AppendTicks(ctx context.Context, ticks []store.Tick) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.tick(ticks...)
	return nil
}

// ListTicks implements store.Ticks.
func (s *Store) ListTicks(ctx context.Context, f store.TickFilter, p store.Page) (list []store.Tick, next string, err error) {
	limit, past, err := p.MarkBounds()
	if err != nil {
		return nil, "", err
	}
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	list, next = pageBack(s.ticks[:s.tickAt(store.BelowMark(past))], limit, f.Matches, (*store.Tick).Mark)
	for i := range list {
		t := &list[i]
		t.ProjectName, t.Attempts = s.nameOf(t.Project), slices.Clone(t.Attempts)
	}
	return list, next, nil
}

// ticks drops old ticks, and reports whether there are more.
func (w *sweep) ticks() (more bool) {
	old := func(t *store.Tick) bool { return t.At < store.Expired(w.now, w.of.Ticks.Of(t.Outcome)) }
	w.store.ticks = slices.DeleteFunc(w.store.ticks, func(t store.Tick) bool {
		if !old(&t) {
			return false
		}
		more = more || w.Ticks == w.limit
		if w.Ticks == w.limit {
			return false
		}
		w.Ticks++
		return true
	})
	return more
}
