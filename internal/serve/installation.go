package serve

import (
	"context"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/store"
)

// homeOf returns where the logs of a database are among those of others.
func homeOf(ctx context.Context, of store.Store) (logs.Home, error) {
	id, former, err := store.Installation(ctx, of)
	if err != nil {
		return logs.Home{}, err
	}
	return logs.HomeOf(id, former), nil
}
