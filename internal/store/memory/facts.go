package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// tell keeps the fact of an event, if it is one.
func (s *Store) tell(e *engine.Event, of store.Session) {
	f, ok := store.FactOf(e)
	if !ok {
		return
	}
	s.factID++
	f.ID, f.Project, f.Workflow, f.Session = s.factID, of.Project, of.Workflow, of.Key
	at, _ := slices.BinarySearchFunc(s.facts, f.Mark(), func(f store.Fact, m store.Mark) int { return f.Mark().Compare(m) })
	s.facts = slices.Insert(s.facts, at, f)
}

// ListFacts implements store.Facts.
func (s *Store) ListFacts(ctx context.Context, f store.FactFilter, page store.Page) (list []store.Fact, next string, err error) {
	limit, past, err := page.MarkBounds()
	if err != nil {
		return nil, "", err
	}
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	before := store.BelowMark(past)
	for _, e := range slices.Backward(s.facts) {
		if e.Mark().Compare(before) >= 0 || !f.Matches(&e) {
			continue
		}
		if len(list) == limit {
			return list, list[limit-1].Mark().Cursor(), nil
		}
		list = append(list, e)
	}
	return list, "", nil
}

// ListProducts implements store.Facts.
func (s *Store) ListProducts(ctx context.Context, f store.ProductFilter, page store.Page) ([]store.ProductEntry, string, error) {
	return s.listNames(ctx, f.Prefix, page, func(e *store.Fact) string {
		if e.Project != f.Project {
			return ""
		}
		return e.Product
	})
}

// ListPartitions implements store.Facts.
func (s *Store) ListPartitions(ctx context.Context, f store.ProductFilter, page store.Page) ([]store.ProductEntry, string, error) {
	return s.listNames(ctx, f.Prefix, page, func(e *store.Fact) string {
		if e.Project != f.Project || e.Product != f.Key {
			return ""
		}
		return e.Partition
	})
}

// listNames lists the names that facts have, unless they are empty.
func (s *Store) listNames(ctx context.Context, prefix string, page store.Page, name func(*store.Fact) string) (list []store.ProductEntry, next string, err error) {
	limit, past, err := page.NameBounds()
	if err != nil {
		return nil, "", err
	}
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	found := make(map[string]int)
	for i := range s.facts {
		of := name(&s.facts[i])
		if of == "" || of <= past || !strings.HasPrefix(of, prefix) {
			continue
		}
		at, known := found[of]
		if !known {
			at = len(list)
			found[of] = at
			list = append(list, store.ProductEntry{Name: of})
		}
		list[at].Count++
		list[at].Last = s.facts[i]
	}
	slices.SortFunc(list, func(a, b store.ProductEntry) int { return cmp.Compare(a.Name, b.Name) })
	if len(list) > limit {
		list = list[:limit]
		next = store.NameCursor(list[limit-1].Name)
	}
	return list, next, nil
}

// ForgetProduct implements store.Facts.
func (s *Store) ForgetProduct(ctx context.Context, project model.ProjectID, key string) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	n := s.dropFacts(func(f *store.Fact) bool { return f.Project == project && f.Product == key && key != "" })
	if n == 0 {
		return 0, store.UnknownProduct(key)
	}
	return n, nil
}

// dropFacts deletes facts, and returns how many.
func (s *Store) dropFacts(goes func(*store.Fact) bool) int {
	before := len(s.facts)
	s.facts = slices.DeleteFunc(s.facts, func(f store.Fact) bool { return goes(&f) })
	return before - len(s.facts)
}

// facts drops old facts, but the last of each product and partition that is old, and
// reports whether there are more.
func (w *sweep) facts() (more bool) {
	type part struct {
		project       model.ProjectID
		product, part string
	}
	before := store.Expired(w.now, w.of.Facts)
	last := make(map[part]int64)
	for i := range w.store.facts {
		if f := &w.store.facts[i]; f.At < before {
			last[part{f.Project, f.Product, f.Partition}] = f.ID
		}
	}
	w.Facts = w.store.dropFacts(func(f *store.Fact) bool {
		if f.At >= before || f.Product != "" && last[part{f.Project, f.Product, f.Partition}] == f.ID {
			return false
		}
		if w.Facts == w.limit {
			more = true
			return false
		}
		w.Facts++
		return true
	})
	return more
}
