package postgres

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// begin begins a transaction.
func begin(t *testing.T, s *Store) pgx.Tx {
	t.Helper()
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(ctx) }) // where it was not committed
	return tx
}

// beginCommit writes a batch in a transaction that is left open.
func beginCommit(t *testing.T, s *Store, b *store.Batch) pgx.Tx {
	t.Helper()
	tx := begin(t, s)
	if _, err := tx.Exec(ctx, commitText, s.commitArgs(tables.NewPlan(b), false)...); err != nil {
		t.Fatal(err)
	}
	return tx
}

// waitBehind calls a function that is to wait for a transaction, commits that,
// and returns the error of the call.
func waitBehind(t *testing.T, s *Store, tx pgx.Tx, call func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	within(t, "somebody waits for the transaction", func() (waits bool) {
		select {
		case err := <-done:
			t.Fatalf("it did not wait; its error is %v", err)
		default:
		}
		err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid)))`,
			int32(tx.Conn().PgConn().PID())).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
		return waits
	})
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return <-done
}

func TestCommitsOfOneEpochFollowEachOther(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	epoch, ids := ownedBy(t, s, "a", 2)
	first, second := step(ids[0], 1), &store.Batch{Owner: "a", Epoch: epoch, Release: []store.Release{{Attempt: ids[1]}}}
	first.Owner, first.Epoch = "a", epoch
	tx := beginCommit(t, s, first)
	if err := waitBehind(t, s, tx, func() error { return s.Commit(ctx, second) }); err != nil {
		t.Error(err)
	}
}

func TestALeaseEndsAfterTheCommitsOfIt(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	epoch, ids := ownedBy(t, s, "a", 1)
	b := step(ids[0], 1)
	b.Owner, b.Epoch = "a", epoch
	tx := beginCommit(t, s, b)
	if _, err := s.Lease(ctx, "a", epoch, time.Hour); err != nil {
		t.Errorf("renewing the lease meanwhile: %v", err)
	}
	if err := waitBehind(t, s, tx, func() error { return s.EndLease(ctx, "a", epoch) }); err != nil {
		t.Error(err)
	}
	if err := s.Commit(ctx, b); err == nil || model.CodeOf(err) != model.Conflict {
		t.Errorf("after the end of the lease: error %v", err)
	}
}

func TestCommitsOfDifferentOwnersDoNotWait(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	a, as := ownedBy(t, s, "a", 1)
	b, bs := ownedBy(t, s, "b", 1)
	one, other := step(as[0], 1), step(bs[0], 1)
	one.Owner, one.Epoch = "a", a
	other.Owner, other.Epoch = "b", b
	other.Attempts = []engine.AttemptRow{{ID: bs[0], State: engine.AttemptSuccess}}
	tx := beginCommit(t, s, one)
	if err := s.Commit(ctx, other); err != nil {
		t.Error(err)
	}
	startOne(t, s, "beside it")
	if err := tx.Commit(ctx); err != nil {
		t.Error(err)
	}
}

// end returns the batch that ends an attempt.
func end(id model.AttemptID) *store.Batch {
	return &store.Batch{Attempts: []engine.AttemptRow{{ID: id, State: engine.AttemptSuccess}}}
}

func TestOfTwoCommitsThatEndASessionOneWakesWhatComesAfterIt(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	first := startOf("k")
	a, _, err := s.StartAttempt(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	first.Name = "retry"
	b, _, err := s.StartAttempt(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	follower := startOf("l")
	follower.After = a.Session.ID
	f, _, err := s.StartAttempt(ctx, follower)
	if err != nil || f.Wake != model.Never {
		t.Fatalf("it wakes at %d, error %v", f.Wake, err)
	}
	tx := begin(t, s)
	if _, err := tx.Exec(ctx, awaitOrder, s.space, orderLock); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, commitText, s.commitArgs(tables.NewPlan(end(a.ID)), true)...); err != nil {
		t.Fatal(err)
	}
	if err := waitBehind(t, s, tx, func() error { return s.Commit(ctx, end(b.ID)) }); err != nil {
		t.Fatal(err)
	}
	if f, err = s.Attempt(ctx, f.ID); err != nil || f.Wake != 0 {
		t.Errorf("it wakes at %d, error %v", f.Wake, err)
	}
}

func TestWhoStartsOrPostsWaitsForAnEnd(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	id := startOne(t, s, "k")
	follower := startOf("l")
	follower.After = 1
	tx := beginCommit(t, s, end(id))
	err := waitBehind(t, s, tx, func() error {
		a, _, err := s.StartAttempt(ctx, follower)
		if err == nil && a.Wake != 0 {
			t.Errorf("what comes after the end wakes at %d", a.Wake)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	id = startOne(t, s, "m")
	tx = beginCommit(t, s, end(id))
	err = waitBehind(t, s, tx, func() error {
		return s.Post(ctx, []store.Post{{Attempt: id, Command: engine.Command{Kind: engine.Kill}}})
	})
	if err == nil || model.CodeOf(err) != model.Conflict {
		t.Errorf("a post to an attempt that ended: error %v", err)
	}
}
