// Package memory is a store that forgets everything when it is closed. It is
// for tests, simulations and runs that need no history. It knows nothing of
// disks, and its only clock is the instants that callers pass.
package memory

import (
	"context"
	"sync"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Store keeps attempts in memory. It never copies what the engine shares and
// never changes: details, parameters and definitions.
type Store struct {
	mu       sync.Mutex
	closed   bool
	sessions map[sessionKey]*session
	// attempts holds the attempt with id n at n-1.
	attempts []*attempt
	leases   map[string]lease
	epoch    int64 // of the newest lease
	values   map[string]value
}

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		sessions: make(map[sessionKey]*session),
		leases:   make(map[string]lease),
		values:   make(map[string]value),
	}
}

// Close makes later calls fail. It never fails itself.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// enter locks the store for a call, unless the call is not to be served.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return model.Errorf(model.Unavailable, "use store: %w", context.Cause(ctx))
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return model.Errorf(model.Unavailable, "the store is closed")
	}
	return nil
}

// attempt returns one attempt.
func (s *Store) attempt(id model.AttemptID) (*attempt, error) {
	if id < 1 || int(id) > len(s.attempts) {
		return nil, model.Errorf(model.NotFound, "there is no attempt %d", id)
	}
	return s.attempts[id-1], nil
}
