package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// PutToken implements store.Tokens.
func (s *Store) PutToken(ctx context.Context, t store.Token) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for hash, other := range s.tokens {
		if hash == t.Hash || other.Name == t.Name {
			return model.Errorf(model.Conflict, "there is a token %q already", other.Name)
		}
	}
	t.Scopes = slices.Clone(t.Scopes)
	s.tokens[t.Hash] = t
	return nil
}

// Token implements store.Tokens.
func (s *Store) Token(ctx context.Context, hash store.TokenHash) (store.Token, error) {
	if err := s.enter(ctx); err != nil {
		return store.Token{}, err
	}
	defer s.mu.Unlock()
	t, ok := s.tokens[hash]
	if !ok {
		return store.Token{}, model.Errorf(model.NotFound, "there is no such token")
	}
	return copied(t), nil
}

// ListTokens implements store.Tokens.
func (s *Store) ListTokens(ctx context.Context) ([]store.Token, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	list := slices.SortedFunc(maps.Values(s.tokens), func(a, b store.Token) int { return cmp.Compare(a.Name, b.Name) })
	for i := range list {
		list[i] = copied(list[i])
	}
	return list, nil
}

func copied(t store.Token) store.Token {
	t.Scopes = slices.Clone(t.Scopes)
	return t
}

// DeleteToken implements store.Tokens.
func (s *Store) DeleteToken(ctx context.Context, name string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for hash, t := range s.tokens {
		if t.Name == name {
			delete(s.tokens, hash)
			return nil
		}
	}
	return model.Errorf(model.NotFound, "there is no token %q", name)
}

// TokenUsed implements store.Tokens.
func (s *Store) TokenUsed(ctx context.Context, hash store.TokenHash, at model.Instant) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if t, ok := s.tokens[hash]; ok {
		t.Used = max(t.Used, at)
		s.tokens[hash] = t
	}
	return nil
}
