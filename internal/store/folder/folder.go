// Package folder shows the runs of a folder, which are of no stored project, as those of
// one, to who looks at stored projects alone. It is for reading: what is written goes to
// the store below as it is.
package folder

import (
	"context"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// ID is the number of the project that is shown.
const ID model.ProjectID = 1

// none is what runs of a folder are of, as they are stored.
const none model.ProjectID = 0

// Store is a store with the runs of one folder, and nothing else.
type Store struct {
	store.Store
	name string
}

// New shows what a store has as a project of that name.
func New(of store.Store, name string) *Store { return &Store{of, name} }

func (s *Store) project() store.Project { return store.Project{ID: ID, Name: s.name} }

func (s *Store) unknown(name any) error {
	return model.Errorf(model.NotFound, "there is no project %v", name).WithHint("the runs of a folder are those of the project %q", s.name)
}

// Project implements store.Projects.
func (s *Store) Project(_ context.Context, id model.ProjectID) (store.Project, error) {
	if id != ID {
		return store.Project{}, s.unknown(id)
	}
	return s.project(), nil
}

// ProjectNamed implements store.Projects.
func (s *Store) ProjectNamed(_ context.Context, name string) (store.Project, error) {
	if name != s.name {
		return store.Project{}, s.unknown(name)
	}
	return s.project(), nil
}

// ListProjects implements store.Projects.
func (s *Store) ListProjects(_ context.Context, f store.ProjectFilter, page store.Page) ([]store.Project, string, error) {
	if page.Cursor != "" || !strings.Contains(s.name, f.Contains) {
		return nil, "", nil
	}
	return []store.Project{s.project()}, "", nil
}

// shown is the project that something is shown with, given that which it is stored with.
func shown(of *model.ProjectID) {
	if *of == none {
		*of = ID
	}
}

// each shows all that is in a list.
func each[E any](list []E, of func(*E) *model.ProjectID) {
	for i := range list {
		shown(of(&list[i]))
	}
}

func ofAttempt(a *store.Attempt) *model.ProjectID { return &a.Session.Project }

// show shows a session, and its newest attempt.
func show(e *store.SessionEntry) {
	shown(&e.Project)
	shown(&e.Last.Session.Project)
}

// kept is what a project that is asked for is stored with.
func kept(id model.ProjectID) model.ProjectID {
	if id == ID {
		return none
	}
	return id
}

// allKept does so for several; nil is all that there are.
func allKept(ids []model.ProjectID) []model.ProjectID {
	ids = slices.Clone(ids)
	for i := range ids {
		ids[i] = kept(ids[i])
	}
	return ids
}

// filter returns what selects the same among what is stored: all that there is, is of the
// folder.
func filter(f store.Filter) store.Filter {
	f.Stored, f.Project = false, kept(f.Project)
	return f
}

// Attempt implements store.Attempts.
func (s *Store) Attempt(ctx context.Context, id model.AttemptID) (store.Attempt, error) {
	a, err := s.Store.Attempt(ctx, id)
	shown(&a.Session.Project)
	return a, err
}

// Session implements store.Attempts.
func (s *Store) Session(ctx context.Context, id model.SessionID) (store.SessionEntry, error) {
	e, err := s.Store.Session(ctx, id)
	show(&e)
	return e, err
}

// FindSession implements store.Attempts.
func (s *Store) FindSession(ctx context.Context, project model.ProjectID, workflow, key string) (store.SessionEntry, error) {
	e, err := s.Store.FindSession(ctx, kept(project), workflow, key)
	show(&e)
	return e, err
}

// LastSessionTime implements store.Attempts.
func (s *Store) LastSessionTime(ctx context.Context, project model.ProjectID, workflow string, before model.Instant) (model.Instant, error) {
	return s.Store.LastSessionTime(ctx, kept(project), workflow, before)
}

// ListSessions implements store.Attempts.
func (s *Store) ListSessions(ctx context.Context, f store.SessionFilter, page store.Page) ([]store.SessionEntry, string, error) {
	f.Stored, f.Project = false, kept(f.Project)
	list, next, err := s.Store.ListSessions(ctx, f, page)
	for i := range list {
		show(&list[i])
	}
	return list, next, err
}

// ListAttempts implements store.Attempts.
func (s *Store) ListAttempts(ctx context.Context, f store.Filter, page store.Page) ([]store.Attempt, string, error) {
	list, next, err := s.Store.ListAttempts(ctx, filter(f), page)
	each(list, ofAttempt)
	return list, next, err
}

// SearchAttempts implements store.Attempts.
func (s *Store) SearchAttempts(ctx context.Context, q store.Search, page store.Page) ([]store.Attempt, string, error) {
	q.Filter = filter(q.Filter)
	list, next, err := s.Store.SearchAttempts(ctx, q, page)
	each(list, ofAttempt)
	return list, next, err
}

// Load implements store.Attempts.
func (s *Store) Load(ctx context.Context, id model.AttemptID) (*store.Snapshot, error) {
	snap, err := s.Store.Load(ctx, id)
	if err == nil {
		shown(&snap.Attempt.Session.Project)
	}
	return snap, err
}

// LoadAll implements store.Attempts.
func (s *Store) LoadAll(ctx context.Context, ids []model.AttemptID) ([]store.Loaded, error) {
	list, err := s.Store.LoadAll(ctx, ids)
	for _, l := range list {
		if l.Err == nil {
			shown(&l.Snapshot.Attempt.Session.Project)
		}
	}
	return list, err
}

// ReadLog implements store.Log.
func (s *Store) ReadLog(ctx context.Context, q store.LogQuery) (store.LogPage, error) {
	q.Projects = allKept(q.Projects)
	page, err := s.Store.ReadLog(ctx, q)
	each(page.Entries, func(e *store.LogEntry) *model.ProjectID { return &e.Session.Project })
	return page, err
}

// Digest implements store.Digests.
func (s *Store) Digest(ctx context.Context, q store.DigestQuery) ([]store.Digest, error) {
	q.Projects = allKept(q.Projects)
	list, err := s.Store.Digest(ctx, q)
	for i := range list {
		shown(&list[i].Project)
		shown(&list[i].Last.Project)
	}
	return list, err
}

// ListFacts implements store.Facts.
func (s *Store) ListFacts(ctx context.Context, f store.FactFilter, page store.Page) ([]store.Fact, string, error) {
	f.Projects = allKept(f.Projects)
	list, next, err := s.Store.ListFacts(ctx, f, page)
	each(list, func(of *store.Fact) *model.ProjectID { return &of.Project })
	return list, next, err
}

// ListProducts implements store.Facts.
func (s *Store) ListProducts(ctx context.Context, f store.ProductFilter, page store.Page) ([]store.ProductEntry, string, error) {
	f.Project = kept(f.Project)
	list, next, err := s.Store.ListProducts(ctx, f, page)
	each(list, ofProduct)
	return list, next, err
}

// ListPartitions implements store.Facts.
func (s *Store) ListPartitions(ctx context.Context, f store.ProductFilter, page store.Page) ([]store.ProductEntry, string, error) {
	f.Project = kept(f.Project)
	list, next, err := s.Store.ListPartitions(ctx, f, page)
	each(list, ofProduct)
	return list, next, err
}

func ofProduct(e *store.ProductEntry) *model.ProjectID { return &e.Last.Project }

// Addresses implements store.Versions.
func (s *Store) Addresses(ctx context.Context, project model.ProjectID, versions []string) (map[string]store.Address, error) {
	return s.Store.Addresses(ctx, kept(project), versions)
}
