package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// now is when tests happen.
const now model.Instant = 1_790_000_000_000_000

// openTemp opens a new store and closes it when the test ends.
func openTemp(t testing.TB) *Store {
	t.Helper()
	s := openAt(t, filepath.Join(t.TempDir(), "pawl.db"))
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func startOf(key string) store.Start {
	return store.Start{
		Session:    store.Session{UUID: "u" + key, Project: 1, Workflow: "w", Key: key},
		Params:     params.Of("key", key),
		Definition: &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w"}},
		Created:    now,
	}
}

// start makes an attempt without owner.
func start(t testing.TB, s *Store, key string) model.AttemptID {
	t.Helper()
	a, made, err := s.StartAttempt(ctx, startOf(key))
	if err != nil || !made {
		t.Fatalf("StartAttempt(%s) made %v, error %v", key, made, err)
	}
	return a.ID
}

// lease makes a new lease.
func newLease(t testing.TB, s *Store, owner string) int64 {
	t.Helper()
	epoch, err := s.Lease(ctx, owner, 0, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return epoch
}

// step returns the batch with a number: one task and one event.
func step(id model.AttemptID, number int64) *store.Batch {
	return &store.Batch{
		Tasks:  []engine.TaskRow{{Attempt: id, ID: model.TaskID(number), Name: "+w", State: model.Success}},
		Events: []engine.Event{{Attempt: id, Seq: number, At: now, Kind: engine.TaskEnded, Task: model.TaskID(number)}},
	}
}
