package secrettest

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/operator"
)

// Records are records in memory. The zero value is empty and ready.
type Records struct {
	mu    sync.Mutex
	texts map[secret.Place]string
}

// PutSecret makes or replaces a record.
func (m *Records) PutSecret(_ context.Context, r secret.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.texts == nil {
		m.texts = make(map[secret.Place]string)
	}
	m.texts[r.Place] = r.Text
	return nil
}

// Secret returns the text of a record, or operator.ErrNoSecret.
func (m *Records) Secret(_ context.Context, p secret.Place) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, ok := m.texts[p]
	if !ok {
		return "", operator.ErrNoSecret
	}
	return text, nil
}

// SecretKeys returns the keys in one scope of a project, sorted.
func (m *Records) SecretKeys(_ context.Context, project model.ProjectID, scope secret.Scope) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for p := range m.texts {
		if p.Project == project && p.Scope == scope {
			keys = append(keys, p.Key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// DeleteSecret removes a record, if there is one.
func (m *Records) DeleteSecret(_ context.Context, p secret.Place) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.texts, p)
	return nil
}

// SecretsAfter returns up to limit records that come after a place, in order.
func (m *Records) SecretsAfter(_ context.Context, after secret.Place, limit int) ([]secret.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []secret.Record
	for p, text := range m.texts {
		if compare(p, after) > 0 {
			found = append(found, secret.Record{Place: p, Text: text})
		}
	}
	slices.SortFunc(found, func(a, b secret.Record) int { return compare(a.Place, b.Place) })
	return found[:min(limit, len(found))], nil
}

// SwapSecret replaces the text of a record that is still the old one.
func (m *Records) SwapSecret(_ context.Context, r secret.Record, old string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text, ok := m.texts[r.Place]; !ok || text != old {
		return false, nil
	}
	m.texts[r.Place] = r.Text
	return true, nil
}

func compare(a, b secret.Place) int {
	return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Key, b.Key))
}

var _ secret.Records = (*Records)(nil)
