package kafka_test

import (
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/pawlhq/pawl/internal/feed/feedtest"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// A feeder keeps its promises with each store that there is.
func TestFeederIntoStores(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) (store.Store, error){
		"memory": func(*testing.T) (store.Store, error) { return memory.New(), nil },
		"sqlite": func(t *testing.T) (store.Store, error) { return sqlite.Open(filepath.Join(t.TempDir(), "pawl.db")) },
		"postgres": func(t *testing.T) (store.Store, error) {
			return postgres.Open(t.Context(), postgres.Config{URL: postgrestest.URL(t), Schema: postgrestest.Schema(t)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			feedtest.RunInto(t, func(t *testing.T) feedtest.Source {
				return newSource(t, fake(t, kfake.SeedTopics(2, "topic")), "topic")
			}, func(t *testing.T) *feedtest.Sink {
				s, err := open(t)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
				return feedtest.NewSinkOf(s)
			})
		})
	}
}
