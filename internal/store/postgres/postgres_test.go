package postgres

import (
	"sync"
	"testing"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return openTemp(t) })
}

func TestDurable(t *testing.T) {
	t.Parallel()
	var configs sync.Map // by directory
	storetest.RunDurable(t, func(t *testing.T, dir string) store.Store {
		cfg, ok := configs.Load(dir)
		if !ok {
			cfg = emptyConfig(t)
			configs.Store(dir, cfg)
		}
		return openAt(t, cfg.(Config))
	})
}
