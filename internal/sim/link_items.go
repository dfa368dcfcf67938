package sim

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// FetchItems implements store.Items. It may give fewer items than are asked for, so
// that collections go from page to page often.
func (l *link) FetchItems(ctx context.Context, attempt model.AttemptID, task model.TaskID, f engine.Fetch) ([]engine.Item, error) {
	if l.page > 0 {
		f.Most = min(f.Most, l.page)
	}
	return get(l, func() ([]engine.Item, error) { return l.Store.FetchItems(ctx, attempt, task, f) })
}
