package sqlite

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

// together queues jobs behind a write that is under way, and returns their
// errors when all are done.
func together(w *writer, jobs ...*job) []error {
	w.turn.Lock()
	errs := make([]error, len(jobs))
	var wg sync.WaitGroup
	for i, j := range jobs {
		wg.Go(func() { errs[i] = w.do(j) })
		for queued := 0; queued <= i; {
			runtime.Gosched()
			w.mu.Lock()
			queued = len(w.queue)
			w.mu.Unlock()
		}
	}
	w.turn.Unlock()
	wg.Wait()
	return errs
}

// do returns jobs that do this.
func do(runs ...func(*conn) error) []*job {
	jobs := make([]*job, len(runs))
	for i, run := range runs {
		jobs[i] = &job{run: run}
	}
	return jobs
}

// put returns what adds a row.
func put(key string) func(*conn) error {
	return func(c *conn) error {
		_, err := c.Exec(`INSERT INTO shared_values (key, value, expires) VALUES (?, x'0100', 1)`, key)
		return err
	}
}

func (s *Store) rows(t *testing.T) int64 {
	t.Helper()
	var n int64
	err := s.read(ctx, "count", func(c *conn) (err error) {
		n, err = c.number(`SELECT count(*) FROM shared_values`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWritesThatWaitShareATransaction(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	var before int64 = -1
	last := func(*conn) error {
		before = s.rows(t)
		return nil
	}
	if err := errors.Join(together(&s.writer, do(put("a"), put("b"), put("c"), last)...)...); err != nil {
		t.Fatal(err)
	}
	if after := s.rows(t); before != 0 || after != 3 {
		t.Errorf("%d rows were there before the last was written and %d after it, want 0 and 3", before, after)
	}
}

func TestAWriteThatFailsHarmsNoOther(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	errs := together(&s.writer, do(put("a"), put("a"), refuse, put("b"))...)
	if errs[0] != nil || errs[1] == nil || errs[3] != nil {
		t.Errorf("errors %v, want one for the second only", errs)
	}
	if model.CodeOf(errs[2]) != model.Conflict {
		t.Errorf("the refusal became %v", errs[2])
	}
	if n := s.rows(t); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
}

func refuse(*conn) error { return model.Errorf(model.Conflict, "not now") }

func TestARefusalUndoesNothing(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	runs := 0
	first := func(c *conn) error {
		runs++
		return put("a")(c)
	}
	errs := together(&s.writer, do(first, refuse)...)
	if errs[0] != nil || model.CodeOf(errs[1]) != model.Conflict {
		t.Errorf("errors %v, want one for the second only", errs)
	}
	if n := s.rows(t); n != 1 || runs != 1 {
		t.Errorf("%d rows after %d runs, want 1 and 1", n, runs)
	}
}

func TestEventsOfACommitAreOneRow(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	one, two := start(t, s, "one"), start(t, s, "two")
	var b store.Batch
	for n := range int64(3) {
		b.Events = append(b.Events, step(one, n+1).Events[0], step(two, n+1).Events[0])
	}
	if err := s.Commit(ctx, &b); err != nil {
		t.Fatal(err)
	}
	rows, err := s.writer.conn.number(`SELECT count(*) FROM events`)
	if rows != 2 || err != nil {
		t.Errorf("%d rows of events, error %v, want one for each attempt", rows, err)
	}
}

// A database that can't grow fails as one on a full disk does.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	id := start(t, s, "k")
	limit := func(pages int64) {
		t.Helper()
		if err := s.writer.conn.script(fmt.Sprint("PRAGMA max_page_count = ", pages)); err != nil {
			t.Fatal(err)
		}
	}
	pages, err := s.writer.conn.number("PRAGMA page_count")
	if err != nil {
		t.Fatal(err)
	}
	limit(pages + 3)
	var n int64
	var failed *store.Batch
	for n = 1; failed == nil; n++ {
		b := step(id, n)
		b.Attempts = []engine.AttemptRow{{ID: id, Tasks: int32(n)}}
		b.Tasks[0].Name = strings.Repeat("x", 500)
		err := s.Commit(ctx, b)
		if err == nil {
			continue
		}
		if model.CodeOf(err) != model.Unavailable || !strings.Contains(err.Error(), "full") || model.HintsOf(err) == "" {
			t.Fatalf("error %v (%s) with hint %q", err, model.CodeOf(err), model.HintsOf(err))
		}
		failed = b
	}
	n -= 2 // the last that was acknowledged
	if n < 1 {
		t.Fatal("the disk was full from the start")
	}
	storetest.CheckWhole(t, s, id, n)

	limit(pages + 1000)
	if err := s.Commit(ctx, failed); err != nil {
		t.Fatalf("repeated commit: %v", err)
	}
	storetest.CheckWhole(t, s, id, n+1)
}
