package executor

import (
	"context"
	"sync"

	"github.com/pawlhq/pawl/internal/engine"
)

// Results are those of tasks, by their full names.
type Results map[string]*engine.Result

// ReadOnce returns an AttemptInfo.Carried. It calls read when the first task
// asks, and again only after an error.
func ReadOnce(read func(context.Context) (Results, error)) func(context.Context) (Results, error) {
	var mu sync.Mutex
	var results Results
	return func(ctx context.Context) (Results, error) {
		mu.Lock()
		defer mu.Unlock()
		var err error
		if results == nil {
			results, err = read(ctx)
		}
		return results, err
	}
}
