package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// What tests of a single store, which know more of it than this suite, are made
// of.

// StartOf describes an attempt of the session with a key.
func StartOf(key string) store.Start {
	return store.Start{
		Session:    store.Session{UUID: "u" + key, Project: 1, Workflow: "w", Key: key},
		Params:     params.Of("key", key),
		Definition: &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w"}},
		Created:    now,
	}
}

// Started makes an attempt without owner.
func Started(t testing.TB, s store.Store, key string) model.AttemptID {
	t.Helper()
	a, made, err := s.StartAttempt(ctx, StartOf(key))
	if err != nil || !made {
		t.Fatalf("StartAttempt(%s) made %v, error %v", key, made, err)
	}
	return a.ID
}

// Leased makes a new lease of an hour and returns its epoch.
func Leased(t testing.TB, s store.Store, owner string) int64 {
	t.Helper()
	epoch, err := s.Lease(ctx, owner, 0, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return epoch
}

// Step returns the batch with a number: one task and one event.
func Step(id model.AttemptID, number int64) *store.Batch {
	return &store.Batch{
		Tasks:  []engine.TaskRow{{Attempt: id, ID: model.TaskID(number), Name: "+w", State: model.Success}},
		Events: []engine.Event{{Attempt: id, Seq: number, At: now, Kind: engine.TaskEnded, Task: model.TaskID(number)}},
	}
}

// Closed closes a store.
func Closed(t testing.TB, s store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// WantClaim checks what an owner gets that claims what it can.
func WantClaim(t testing.TB, s store.Store, owner string, epoch int64, want ...model.AttemptID) {
	t.Helper()
	if got, err := s.Claim(ctx, 0, owner, epoch, now, 9); err != nil || !slices.Equal(got, want) {
		t.Errorf("%s claimed %v, error %v, want %v", owner, got, err, want)
	}
}
