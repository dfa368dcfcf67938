// Package patient is a store for tasks that run: where its database can't be
// reached, they wait for it instead of failing, as what they do for a user has
// nothing to do with it. It knows the contract of stores and none of them.
//
// Whoever drives attempts must not wait so, because others can go on with its
// attempts: only what tries ask for is patient, and all else passes through.
package patient

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/store"
)

// Store asks another store, and again as long as that is Unavailable, nobody
// has closed this one, and the context is not done. Each of its methods may be
// asked again after an answer was lost: a start that was made finds its own
// attempt then.
type Store struct {
	store.Store
	clock  clock.Clock
	closed atomic.Bool
}

// New returns a patient store on top of another one.
func New(s store.Store, c clock.Clock) *Store { return &Store{Store: s, clock: c} }

// Close closes the store below, for which nobody waits any more.
func (s *Store) Close() error {
	s.closed.Store(true)
	return s.Store.Close()
}

// The waits between two questions double from the first to the longest.
const (
	firstWait   = 50 * time.Millisecond
	longestWait = 2 * time.Second
)

func again[T any](ctx context.Context, s *Store, ask func() (T, error)) (T, error) {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		answer, err := ask()
		if model.CodeOf(err) != model.Unavailable || ctx.Err() != nil || s.closed.Load() {
			return answer, err
		}
		if !clock.Pause(ctx, s.clock, wait) {
			return answer, err
		}
	}
}

// Project implements store.Projects.
func (s *Store) Project(ctx context.Context, id model.ProjectID) (store.Project, error) {
	return again(ctx, s, func() (store.Project, error) { return s.Store.Project(ctx, id) })
}

// ProjectNamed implements store.Projects.
func (s *Store) ProjectNamed(ctx context.Context, name string) (store.Project, error) {
	return again(ctx, s, func() (store.Project, error) { return s.Store.ProjectNamed(ctx, name) })
}

// Revision implements store.Projects.
func (s *Store) Revision(ctx context.Context, project model.ProjectID, name string) (store.Revision, error) {
	return again(ctx, s, func() (store.Revision, error) { return s.Store.Revision(ctx, project, name) })
}

// ArchiveBytes implements store.Projects.
func (s *Store) ArchiveBytes(ctx context.Context, id model.RevisionID) ([]byte, error) {
	return again(ctx, s, func() ([]byte, error) { return s.Store.ArchiveBytes(ctx, id) })
}

// Workflow implements store.Projects.
func (s *Store) Workflow(ctx context.Context, id model.WorkflowID) (store.Workflow, error) {
	return again(ctx, s, func() (store.Workflow, error) { return s.Store.Workflow(ctx, id) })
}

// WorkflowNamed implements store.Projects.
func (s *Store) WorkflowNamed(ctx context.Context, revision model.RevisionID, name string) (store.Workflow, error) {
	return again(ctx, s, func() (store.Workflow, error) { return s.Store.WorkflowNamed(ctx, revision, name) })
}

// Attempt implements store.Attempts.
func (s *Store) Attempt(ctx context.Context, id model.AttemptID) (store.Attempt, error) {
	return again(ctx, s, func() (store.Attempt, error) { return s.Store.Attempt(ctx, id) })
}

// Session implements store.Attempts.
func (s *Store) Session(ctx context.Context, id model.SessionID) (store.SessionEntry, error) {
	return again(ctx, s, func() (store.SessionEntry, error) { return s.Store.Session(ctx, id) })
}

// LastSessionTime implements store.Attempts.
func (s *Store) LastSessionTime(ctx context.Context, project model.ProjectID, workflow string, before model.Instant) (model.Instant, error) {
	return again(ctx, s, func() (model.Instant, error) { return s.Store.LastSessionTime(ctx, project, workflow, before) })
}

// Load implements store.Attempts.
func (s *Store) Load(ctx context.Context, id model.AttemptID) (*store.Snapshot, error) {
	return again(ctx, s, func() (*store.Snapshot, error) { return s.Store.Load(ctx, id) })
}

// StartAttempt implements store.Starts. Made is false, too, where the answer
// was lost that it was made.
func (s *Store) StartAttempt(ctx context.Context, start store.Start) (a store.Attempt, made bool, err error) {
	a, err = again(ctx, s, func() (store.Attempt, error) {
		var err error
		a, made, err = s.Store.StartAttempt(ctx, start)
		return a, err
	})
	return a, made, err
}

// AddItems implements store.Items.
func (s *Store) AddItems(ctx context.Context, to store.ItemList, items []engine.Item) error {
	_, err := again(ctx, s, func() (struct{}, error) { return struct{}{}, s.Store.AddItems(ctx, to, items) })
	return err
}

// CarryItems implements store.Items.
func (s *Store) CarryItems(ctx context.Context, c store.Carry) (int, error) {
	return again(ctx, s, func() (int, error) { return s.Store.CarryItems(ctx, c) })
}

// Addresses implements store.Versions.
func (s *Store) Addresses(ctx context.Context, project model.ProjectID, versions []string) (map[string]store.Address, error) {
	return again(ctx, s, func() (map[string]store.Address, error) { return s.Store.Addresses(ctx, project, versions) })
}

// UseVersion implements store.Versions.
func (s *Store) UseVersion(ctx context.Context, project model.ProjectID, version string, at model.Instant) (bool, error) {
	return again(ctx, s, func() (bool, error) { return s.Store.UseVersion(ctx, project, version, at) })
}

// DropLists implements store.Items.
func (s *Store) DropLists(ctx context.Context, than store.ItemList) error {
	_, err := again(ctx, s, func() (struct{}, error) { return struct{}{}, s.Store.DropLists(ctx, than) })
	return err
}

// CountItems implements store.Items.
func (s *Store) CountItems(ctx context.Context, of store.ItemList) (map[model.State]int64, error) {
	return again(ctx, s, func() (map[model.State]int64, error) { return s.Store.CountItems(ctx, of) })
}

// SetValues implements store.Values.
func (s *Store) SetValues(ctx context.Context, pairs params.Map, now, expires model.Instant) error {
	_, err := again(ctx, s, func() (struct{}, error) { return struct{}{}, s.Store.SetValues(ctx, pairs, now, expires) })
	return err
}

// GetValues implements store.Values.
func (s *Store) GetValues(ctx context.Context, keys []string, now model.Instant) (params.Map, error) {
	return again(ctx, s, func() (params.Map, error) { return s.Store.GetValues(ctx, keys, now) })
}

// Secret implements secret.Records.
func (s *Store) Secret(ctx context.Context, p secret.Place) (string, error) {
	return again(ctx, s, func() (string, error) { return s.Store.Secret(ctx, p) })
}
