package memory

import (
	"context"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// SearchAttempts implements store.Attempts.
func (s *Store) SearchAttempts(ctx context.Context, of store.Search, p store.Page) ([]store.Attempt, string, error) {
	if err := of.Check(); err != nil {
		return nil, "", err
	}
	limit, past, err := s.enterPage(ctx, p)
	if err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	list, next := page(limit, newest(s.attempts, past), func(a *attempt) (store.Attempt, bool) {
		return a.Attempt, s.found(&of, a)
	}, func(a store.Attempt) int64 { return int64(a.ID) })
	return list, next, nil
}

func (s *Store) found(of *store.Search, a *attempt) bool {
	return of.Filter.Matches(&a.Attempt, a.of.last() == a) &&
		strings.HasPrefix(a.Session.Key, of.Key) &&
		a.Created >= of.From && (of.Until == 0 || a.Created < of.Until) &&
		(of.Revision == 0 || s.isOf(a, of)) &&
		(!of.Waits() || s.awaits(a, of.Awaits)) &&
		a.tagged(of.Tags) &&
		(of.Group == 0 || a.ID == of.Group || a.root() == of.Group) &&
		(!of.Queued || a.Queued()) &&
		of.HasParams(&a.Attempt)
}

// root returns the first attempt of the group of one that runs another one again.
func (a *attempt) root() model.AttemptID {
	_, root := a.tags.Line()
	return root
}

// isOf reports whether an attempt is of a workflow of the revision.
func (s *Store) isOf(a *attempt, of *store.Search) bool {
	w, err := at(s.workflows, a.Workflow, "workflow")
	return err == nil && w.Revision == of.Revision
}

// awaits reports whether a task of an attempt listens to such a message.
func (s *Store) awaits(a *attempt, f store.SubscriptionFilter) bool {
	f.Attempt = a.ID
	for task := range s.listeners[a.ID] {
		for _, sub := range s.listening[routing.Listener{Attempt: a.ID, Task: task}] {
			if matches(f, sub) {
				return true
			}
		}
	}
	return false
}
