package sqlite

import (
	"fmt"
	"testing"

	"github.com/pawlhq/pawl/internal/store/tables"
)

// fillLog writes more pages than the write-ahead log has before it is copied.
func fillLog(t *testing.T, s *Store) {
	t.Helper()
	err := s.write(ctx, "fill the log", func(c *conn) error {
		_, err := c.Exec(`
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT OR REPLACE INTO shared_values (key, value, expires) SELECT i, randomblob(3000), 1 FROM n`, int64(checkpointPages+100))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.copier.ended.Wait()
}

// log returns how long the write-ahead log is, and how much of it is not copied.
func (s *Store) log(t *testing.T) (pages, left int) {
	t.Helper()
	err := s.read(ctx, "look at the log", func(c *conn) error {
		return c.Query("PRAGMA wal_checkpoint(NOOP)", func(r tables.Row) error {
			pages, left = int(r.Int(1)), int(r.Int(1)-r.Int(2))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages, left
}

func TestALongLogIsCopiedAndBeginsAnew(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	for range 2 {
		fillLog(t, s)
		if pages, left := s.log(t); pages < checkpointPages || left > 0 {
			t.Fatalf("%d of %d pages of the log are left", left, pages)
		}
		if err := s.write(ctx, "write on", put("k")); err != nil {
			t.Fatal(err)
		}
		if pages, _ := s.log(t); pages > 100 {
			t.Errorf("the log goes on after it was copied: it has %d pages", pages)
		}
		if err := s.write(ctx, "forget", func(c *conn) error { _, err := c.Exec(`DELETE FROM shared_values WHERE key = 'k'`); return err }); err != nil {
			t.Fatal(err)
		}
	}
}

// What somebody reads for long is copied later.
func TestALongReadHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	err := s.read(ctx, "read for long", func(c *conn) error {
		return c.atOneMoment(func() error {
			if _, err := c.number(`SELECT count(*) FROM shared_values`); err != nil {
				return err
			}
			fillLog(t, s)
			if pages, left := s.log(t); left == 0 {
				t.Errorf("all %d pages are copied under a reader of the state before them", pages)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	fillLog(t, s)
	if pages, left := s.log(t); left > 0 {
		t.Errorf("%d of %d pages of the log are left", left, pages)
	}
}

// A store that is closed while its log is copied leaves nothing behind.
func TestClosingWaitsForTheCopy(t *testing.T) {
	t.Parallel()
	for i := range 5 {
		s := openTemp(t)
		if err := s.write(ctx, "write", put(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		s.copier.begin()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s.copier.busy.Load() {
			t.Error("the log is still being copied")
		}
	}
}
