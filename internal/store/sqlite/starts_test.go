package sqlite

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// takeTogether lets starts wait for a write that is under way, and returns
// what became of each.
func takeTogether(s *Store, starts ...*tables.Start) (made []store.Attempt, errs []error) {
	made = make([]store.Attempt, len(starts))
	jobs := make([]*job, len(starts))
	for i, one := range starts {
		jobs[i] = &job{intake: &tables.Intake{Starts: []*tables.Start{one}, Decide: func(l *tables.Ledger) error {
			made[i] = l.Make(one)
			return nil
		}}}
	}
	return made, together(&s.writer, jobs...)
}

func TestStartsThatWaitAreWrittenTogether(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	starts := make([]*tables.Start, 41)
	for i := range starts {
		starts[i] = s.EncodeStart(startOf(fmt.Sprint(i)))
	}
	before := len(s.writer.conn.stmts)
	made, errs := takeTogether(s, starts...)
	for i, a := range made {
		if errs[i] != nil || a.ID != model.AttemptID(i+1) || a.Session.ID != model.SessionID(i+1) {
			t.Errorf("start %d made attempt %d of session %d, error %v", i, a.ID, a.Session.ID, errs[i])
		}
		if got, err := s.Attempt(ctx, a.ID); err != nil || got.Session.Key != fmt.Sprint(i) {
			t.Errorf("attempt %d is of session %q, error %v", a.ID, got.Session.Key, err)
		}
	}
	if n := len(s.writer.conn.stmts) - before; n < 3*len(bulkSizes) {
		t.Errorf("%d statements were prepared: not one for each number of rows", n)
	}
	if next := start(t, s, "next"); next != 42 {
		t.Errorf("the next attempt is %d, want 42", next)
	}
}

func TestAStartThatFailsHarmsNoOther(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	bad := s.EncodeStart(startOf("bad"))
	bad.Hash[0]++
	bad.Body = func() []byte { return nil } // which no definition can be
	made, errs := takeTogether(s, s.EncodeStart(startOf("a")), bad, s.EncodeStart(startOf("b")))
	if errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Fatalf("errors %v, want one for the second only", errs)
	}
	if made[0].ID != 1 || made[2].ID != 2 {
		t.Errorf("attempts %d and %d were made, want 1 and 2", made[0].ID, made[2].ID)
	}
	list, _, err := s.ListAttempts(ctx, store.Filter{}, store.Page{})
	if err != nil || len(list) != 2 || list[0].Session.Key != "b" || list[1].Session.Key != "a" {
		t.Errorf("attempts %+v, error %v, want those of b and a", list, err)
	}
}

// What starts and commits read and change is found by an index, however much
// there is.
func TestWritesUseIndexes(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	for _, test := range []struct {
		of   *bulk
		args int // of a row
		uses []string
	}{
		{selectStarted, 4, []string{"sqlite_autoindex_sessions_1 (project=? AND workflow=? AND key=?)", "sqlite_autoindex_attempts_1 (session=? AND name=?)"}},
		{selectHashes, 1, []string{"sqlite_autoindex_definitions_1"}},
		{selectLeases, 1, []string{"SEARCH leases USING INTEGER PRIMARY KEY"}},
		{selectStartable, 1, []string{"SEARCH w USING INTEGER PRIMARY KEY", "SEARCH p USING INTEGER PRIMARY KEY"}},
		{selectVersions, 1, []string{"SEARCH schedules USING INTEGER PRIMARY KEY"}},
		{selectUnfinished, 1, []string{"sqlite_autoindex_attempts_1 (session=?)"}},
		{updateSchedules, 8, []string{"SEARCH schedules USING INTEGER PRIMARY KEY"}},
		{wakeSuccessors, 1, []string{"attempts_after (after=?)", "SEARCH attempts USING INTEGER PRIMARY KEY", "SEARCH o USING INDEX sqlite_autoindex_attempts_1 (session=?)"}},
		{dropInbox, 1, []string{"posts_attempt (attempt=?)"}},
		{dropPosts, 1, []string{"SEARCH posts USING INTEGER PRIMARY KEY"}},
	} {
		for i, text := range test.of.texts {
			var lines []string
			err := s.writer.conn.Query("EXPLAIN QUERY PLAN "+text, func(r tables.Row) error {
				lines = append(lines, r.Text(3))
				return nil
			}, nulls(test.args*bulkSizes[i])...)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			all := strings.Join(lines, "\n")
			if slices.ContainsFunc(test.uses, func(index string) bool { return !strings.Contains(all, index) }) {
				t.Errorf("%s\ndoes not use %s:\n%s", text, test.uses, all)
			}
			for _, line := range lines {
				if strings.HasPrefix(line, "SCAN ") && line != "SCAN u" && !strings.Contains(line, "CONSTANT ROW") {
					t.Errorf("%s\nreads a whole table: %s", text, line)
				}
			}
		}
	}
}

func nulls(n int) []driver.Value { return make([]driver.Value, n) }
