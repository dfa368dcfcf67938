package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// ListBackfills implements store.Backfills.
func (s *Store) ListBackfills(ctx context.Context, f store.BackfillFilter, p store.Page) ([]store.Backfill, string, error) {
	limit, past, err := p.NameBounds()
	if err != nil {
		return nil, "", err
	}
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	type id struct {
		name     string
		project  model.ProjectID
		workflow string
	}
	found := make(map[id]*store.Backfill)
	last := make(map[id]map[model.SessionID]*attempt)
	for a := range all(s.attempts) { // the oldest first
		name := a.tags[model.BackfillTag]
		if name <= past {
			continue
		}
		of := id{name, a.Session.Project, a.Session.Workflow}
		b := found[of]
		if b == nil {
			b = &store.Backfill{
				Name: name, Project: of.project, Workflow: of.workflow,
				First: a.ID, Created: a.Created, From: a.Session.Time, Until: a.Session.Time,
			}
			found[of], last[of] = b, make(map[model.SessionID]*attempt)
		}
		b.Created = min(b.Created, a.Created)
		b.From, b.Until = min(b.From, a.Session.Time), max(b.Until, a.Session.Time)
		last[of][a.Session.ID] = a
	}
	list := make([]store.Backfill, 0, len(found))
	for of, b := range found {
		for _, a := range last[of] {
			b.Count(&a.AttemptRow)
		}
		list = append(list, *b)
	}
	slices.SortFunc(list, func(a, b store.Backfill) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Project, b.Project), cmp.Compare(a.Workflow, b.Workflow))
	})
	next := ""
	names := 0
	for i := range list {
		if i > 0 && list[i].Name == list[i-1].Name {
			continue
		}
		if names == limit {
			next = store.NameCursor(list[i-1].Name)
			list = list[:i]
			break
		}
		names++
	}
	return slices.DeleteFunc(list, func(b store.Backfill) bool { return !f.Matches(&b) }), next, nil
}
