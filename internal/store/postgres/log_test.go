package postgres

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// begun is a transaction of another connection that has done something and goes on.
func begun(t *testing.T, cfg Config, text string) pgx.Tx {
	t.Helper()
	config, err := cfg.withDefaults().parse()
	if err != nil {
		t.Fatal(err)
	}
	c, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(ctx) })
	tx, err := c.Begin(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// logged returns the numbers of the events in the log after a cursor.
func logged(t *testing.T, s *Store, after string) (seqs []int64, next string) {
	t.Helper()
	page, err := s.ReadLog(ctx, store.LogQuery{After: after})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		for _, event := range e.Events {
			seqs = append(seqs, event.Seq)
		}
	}
	return seqs, page.Next
}

func wantLogged(t *testing.T, s *Store, after string, want ...int64) (next string) {
	t.Helper()
	got, next := logged(t, s, after)
	if len(got) != len(want) {
		t.Fatalf("the log has %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("the log has %v, want %v", got, want)
		}
	}
	return next
}

func happen(t *testing.T, s *Store, id model.AttemptID, seq int64) {
	t.Helper()
	if err := s.Commit(ctx, &store.Batch{Events: []engine.Event{{Attempt: id, Seq: seq, At: model.InstantOf(time.Now())}}}); err != nil {
		t.Fatal(err)
	}
}

func TestACommitUnderWayHoldsBackThoseAfterIt(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	s := openAndClose(t, cfg)
	id := startOne(t, s, "k")
	happen(t, s, id, 1)
	next := wantLogged(t, s, "", 1)
	// It has not written an event yet, but may.
	slow := begun(t, cfg, `UPDATE attempts SET tasks = 1`)
	happenElsewhere := startOne(t, s, "other")
	happen(t, s, happenElsewhere, 2)
	wantLogged(t, s, next)
	if _, err := slow.Exec(ctx, `INSERT INTO events (attempt, last, body) SELECT attempt, 3, body FROM events WHERE last = 1`); err != nil {
		t.Fatal(err)
	}
	wantLogged(t, s, next)
	if err := slow.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	page, err := s.ReadLog(ctx, store.LogQuery{After: next})
	if err != nil || page.Next == next {
		t.Fatalf("nothing came, error %v", err)
	}
	wantLogged(t, s, page.Next)
	if _, n := logged(t, s, next); n != page.Next {
		t.Errorf("the end is %s, and then %s", page.Next, n)
	}
}

func TestTransactionsOfOthersHoldBackNothing(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	s := openAndClose(t, cfg)
	id := startOne(t, s, "k")
	begun(t, cfg, `CREATE TEMPORARY TABLE theirs (n integer); INSERT INTO theirs VALUES (1)`)
	happen(t, s, id, 1)
	next := wantLogged(t, s, "", 1)
	happen(t, s, id, 2)
	wantLogged(t, s, next, 2)
}

func TestTheLogOfADatabaseThatMovedGoesOn(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	s := openAt(t, cfg)
	id := startOne(t, s, "k")
	for seq := range int64(3) {
		happen(t, s, id, seq+1)
	}
	closeStore(t, s)
	// As if the server that it comes from had had many more transactions.
	script(t, cfg, `UPDATE events SET number = number + (1::bigint << 40)`)
	s = openAndClose(t, cfg)
	next := wantLogged(t, s, "", 1, 2, 3)
	happen(t, s, id, 4)
	wantLogged(t, s, next, 4)
	old := store.Place{Number: 1<<40 + 1<<30}.Cursor()
	if _, err := s.ReadLog(ctx, store.LogQuery{After: old}); model.CodeOf(err) != model.Gone {
		t.Errorf("a cursor of the other server: %v", err)
	}
}
