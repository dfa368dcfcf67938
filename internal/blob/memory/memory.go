// Package memory keeps objects in memory, for as long as the store is open.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
)

// Store is a blob.Store in memory.
type Store struct {
	now func() time.Time

	mu      sync.Mutex
	objects map[string]object
}

// object is what is stored; its content never changes.
type object struct {
	content  []byte
	modified time.Time
}

var _ blob.Store = (*Store)(nil)

// New returns an empty store. now tells the time of what is stored.
func New(now func() time.Time) *Store { return &Store{now: now, objects: make(map[string]object)} }

// Close implements blob.Store.
func (s *Store) Close() error { return nil }

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, options blob.PutOptions) error {
	if err := usable(ctx, key); err != nil {
		return err
	}
	content, err := io.ReadAll(blob.Until(ctx, blob.Exactly(body, options.Size)))
	if err != nil {
		return fmt.Errorf("put object %q: %w", key, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.objects[key]; there && options.IfAbsent {
		return model.Errorf(model.Conflict, "there is an object %q already", key)
	}
	s.objects[key] = object{content, s.now()}
	return nil
}

// Get implements blob.Store.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, blob.Object, error) {
	o, described, err := s.find(ctx, key)
	if err != nil {
		return nil, described, err
	}
	return io.NopCloser(blob.Until(ctx, bytes.NewReader(o.content))), described, nil
}

// Stat implements blob.Store.
func (s *Store) Stat(ctx context.Context, key string) (blob.Object, error) {
	_, described, err := s.find(ctx, key)
	return described, err
}

func (s *Store) find(ctx context.Context, key string) (object, blob.Object, error) {
	if err := usable(ctx, key); err != nil {
		return object{}, blob.Object{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.objects[key]
	if !ok {
		return o, blob.Object{}, model.Errorf(model.NotFound, "there is no object %q", key)
	}
	return o, describe(key, o), nil
}

func describe(key string, o object) blob.Object {
	return blob.Object{Key: key, Size: int64(len(o.content)), Modified: o.modified}
}

// List implements blob.Store.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]blob.Object, error) {
	if err := blob.CheckLimit(limit); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []blob.Object
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if key > after && strings.HasPrefix(key, prefix) && len(list) < limit {
			list = append(list, describe(key, s.objects[key]))
		}
	}
	return list, nil
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := usable(ctx, key); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, key)
	return nil
}

// SignGet implements blob.Store: there are no URLs.
func (s *Store) SignGet(ctx context.Context, key string, _ time.Duration) (string, error) {
	return "", usable(ctx, key)
}

func usable(ctx context.Context, key string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return blob.CheckKey(key)
}
