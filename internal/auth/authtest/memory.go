package authtest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
)

// Tokens are API tokens in memory. The zero value is empty and ready.
type Tokens struct {
	mu     sync.Mutex
	byHash map[auth.TokenHash]auth.Token
}

// PutToken adds a token.
func (m *Tokens) PutToken(_ context.Context, t auth.Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for hash, other := range m.byHash {
		if hash == t.Hash || other.Name == t.Name {
			return model.Errorf(model.Conflict, "there is a token %q already", t.Name)
		}
	}
	if m.byHash == nil {
		m.byHash = make(map[auth.TokenHash]auth.Token)
	}
	t.Scopes = slices.Clone(t.Scopes)
	m.byHash[t.Hash] = t
	return nil
}

// Token returns the token with that hash, or a NotFound error.
func (m *Tokens) Token(_ context.Context, hash auth.TokenHash) (auth.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.byHash[hash]
	if !ok {
		return auth.Token{}, model.Errorf(model.NotFound, "there is no such token")
	}
	return t, nil
}

// ListTokens returns all tokens, sorted by name.
func (m *Tokens) ListTokens(context.Context) ([]auth.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.byHash), func(a, b auth.Token) int { return cmp.Compare(a.Name, b.Name) }), nil
}

// DeleteToken removes a token, or returns a NotFound error.
func (m *Tokens) DeleteToken(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for hash, t := range m.byHash {
		if t.Name == name {
			delete(m.byHash, hash)
			return nil
		}
	}
	return model.Errorf(model.NotFound, "there is no token %q", name)
}

// TokenUsed notes when a token was used, if it still exists.
func (m *Tokens) TokenUsed(_ context.Context, hash auth.TokenHash, at model.Instant) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, ok := m.byHash[hash]; ok {
		t.Used = at
		m.byHash[hash] = t
	}
	return nil
}

var _ auth.Tokens = (*Tokens)(nil)
