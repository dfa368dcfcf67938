package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// These tests are about calls that could wait for each other. That the database
// would find out, and end one of them, is too late for them.

// neverFree opens a store whose connections would wait for each other for ever.
func neverFree(t *testing.T) *Store {
	t.Helper()
	cfg := emptyConfig(t)
	between := "?"
	if strings.Contains(cfg.URL, "?") {
		between = "&"
	}
	cfg.URL += between + "deadlock_timeout=10min"
	s, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal("the server does not let a test say when it looks for circles: ", err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

// behind makes calls, one after the other as soon as those before wait for a
// transaction, or for each other, or are done. Then it commits the transaction.
func behind(t *testing.T, s *Store, tx pgx.Tx, calls ...func(context.Context) error) {
	t.Helper()
	soon, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var group errgroup.Group
	var done atomic.Int32
	for i, call := range calls {
		group.Go(func() error {
			defer done.Add(1)
			return call(soon)
		})
		within(t, "all wait or are done", func() bool {
			var waiting int
			err := s.pool.QueryRow(ctx, `
				WITH RECURSIVE behind (pid) AS (
					SELECT $1::integer UNION SELECT a.pid FROM pg_stat_activity a JOIN behind b ON b.pid = ANY (pg_blocking_pids(a.pid)))
				SELECT count(*) - 1 FROM behind`, int32(tx.Conn().PgConn().PID())).Scan(&waiting)
			if err != nil {
				t.Fatal(err)
			}
			return waiting+int(done.Load()) > i
		})
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// Both end an attempt of one session, which a third comes after, and the first
// returns a message to the attempt that the second ends.
func TestThoseWhoEndASessionAndReturnMessagesDoNotWaitInACircle(t *testing.T) {
	t.Parallel()
	s := neverFree(t)
	m, key := order(1)
	key.One = true
	var ids []model.AttemptID
	first := startOf("k")
	for _, name := range []string{"", "again"} {
		first.Name = name
		a, _, err := s.StartAttempt(ctx, first)
		if err == nil {
			err = s.Commit(ctx, listen(a.ID, key))
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.ID)
	}
	follower := startOf("l")
	follower.After = 1
	f, _, err := s.StartAttempt(ctx, follower)
	if err == nil {
		err = deliver(s, store.Delivery{Messages: []store.Message{m}})
	}
	if err != nil {
		t.Fatal(err)
	}
	tx := begin(t, s)
	if _, err := tx.Exec(ctx, `SELECT FROM attempts WHERE id = $1 FOR UPDATE`, f.ID); err != nil {
		t.Fatal(err)
	}
	behind(t, s, tx,
		func(ctx context.Context) error { return s.Commit(ctx, end(ids[0])) },
		func(ctx context.Context) error { return s.Commit(ctx, end(ids[1])) })
	if f, err = s.Attempt(ctx, f.ID); err != nil || f.Wake != 0 {
		t.Errorf("what comes after the session wakes at %d, error %v", f.Wake, err)
	}
	if list, _, err := s.ListLetters(ctx, store.LetterFilter{}, store.Page{}); err != nil || len(list) != 1 {
		t.Errorf("%d messages are early, error %v, want 1", len(list), err)
	}
}

// The one that a message is for ends, and the next that shares its key comes
// before another that gets the message, too. Both of these end in one commit.
func TestWhoLooksForListenersAgainDoesNotWaitInACircle(t *testing.T) {
	t.Parallel()
	s := neverFree(t)
	m, next, other, ends := inLine(t, s)
	both := end(next)
	both.Attempts = append(both.Attempts, end(other).Attempts...)
	behind(t, s, beginCommit(t, s, end(ends)),
		func(ctx context.Context) error {
			_, err := s.Deliver(ctx, store.Delivery{Messages: []store.Message{m}, Now: now})
			return err
		},
		func(ctx context.Context) error { return s.Commit(ctx, both) })
	if list, _, err := s.ListLetters(ctx, store.LetterFilter{}, store.Page{}); err != nil || len(list) != 1 {
		t.Errorf("%d messages are early, error %v, want 1", len(list), err)
	}
}

// Both note one version in two projects, in opposite orders, the second of which
// somebody writes, too.
func TestThoseWhoNoteOneVersionInSeveralProjectsDoNotWaitInACircle(t *testing.T) {
	t.Parallel()
	s := neverFree(t)
	attempt := func(project model.ProjectID, key string) model.AttemptID {
		start := startOf(key)
		start.Session.Project = project
		a, _, err := s.StartAttempt(ctx, start)
		if err != nil {
			t.Fatal(err)
		}
		return a.ID
	}
	var batches [2]store.Batch
	for _, name := range []string{"p", "q"} {
		p, err := s.Push(ctx, store.Push{Project: name, Revision: store.Revision{Name: "r", Archive: store.Archive{Type: store.NoArchive}}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range batches {
			of := engine.Versioned{Attempt: attempt(p.ID, fmt.Sprint(i)), Task: 1, Version: "v", At: now}
			if i == 0 {
				batches[i].Versions = append(batches[i].Versions, of)
			} else {
				batches[i].Versions = append([]engine.Versioned{of}, batches[i].Versions...)
			}
		}
	}
	tx := begin(t, s)
	_, err := tx.Exec(ctx, `INSERT INTO versions (project, version, attempt, task, name, workflow, made, used, gave) VALUES (2, 'v', 1, 1, '', '', 0, 0, '')`)
	if err != nil {
		t.Fatal(err)
	}
	behind(t, s, tx,
		func(ctx context.Context) error { return s.Commit(ctx, &batches[1]) },
		func(ctx context.Context) error { return s.Commit(ctx, &batches[0]) })
	for _, project := range []model.ProjectID{1, 2} {
		if found, err := s.Addresses(ctx, project, []string{"v"}); err != nil || found["v"].Made != now {
			t.Errorf("project %d has %+v, %v", project, found, err)
		}
	}
}
