package sqlite

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/store"
)

// queryPlan returns what SQLite does for a query, a line for each step.
func queryPlan(t *testing.T, c *conn, text string, args []driver.Value) string {
	t.Helper()
	var lines []string
	err := c.query("EXPLAIN QUERY PLAN "+text, func(r row) error {
		lines = append(lines, r.text(3))
		return nil
	}, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// A page of attempts is read in its order from an index, and no more of it.
func TestListsAreReadInTheirOrder(t *testing.T) {
	t.Parallel()
	c := openTemp(t).writer.conn
	for _, test := range []struct {
		filter store.Filter
		uses   string
	}{
		{store.Filter{}, "a USING INTEGER PRIMARY KEY"},
		{store.Filter{Project: "p"}, "attempts_project"},
		{store.Filter{Project: "p", Workflow: "w"}, "attempts_workflow"},
		{store.Filter{Running: true}, "attempts_running"},
		{store.Filter{Running: true, Unowned: true}, "attempts_unowned"},
		{store.Filter{Owner: "o"}, "attempts_owned"},
		{store.Filter{Running: true, Owner: "o"}, "attempts_owned"},
	} {
		where, args := conditions(test.filter)
		args = append(args, int64(99), int64(10))
		got := queryPlan(t, c, selectAttempts+where+` ORDER BY a.id DESC LIMIT ?`, args)
		if !strings.Contains(got, test.uses) || strings.Contains(got, "TEMP B-TREE") {
			t.Errorf("%+v does not use %s in order:\n%s", test.filter, test.uses, got)
		}
	}
	for _, filter := range []store.Filter{
		{Session: 1}, {Session: 1, Project: "p", Workflow: "w", Running: true}, {Project: "p", Workflow: "w", Key: "k"},
	} {
		where, args := conditions(filter)
		got := queryPlan(t, c, selectAttempts+where+` ORDER BY a.id DESC LIMIT ?`, append(args, int64(99), int64(10)))
		if !strings.Contains(got, "a USING INDEX sqlite_autoindex_attempts_1") {
			t.Errorf("%+v does not start from the session:\n%s", filter, got)
		}
	}
}

// Whoever looks for work finds what is due next without reading what is done.
func TestWhatWakesNextIsFoundByAnIndex(t *testing.T) {
	t.Parallel()
	c := openTemp(t).writer.conn
	for _, column := range []string{"wake", "deadline"} {
		got := queryPlan(t, c, fmt.Sprintf(
			`SELECT attempt, id, %[1]s FROM tasks WHERE %[1]s <> 0 AND state < 4 ORDER BY %[1]s LIMIT 1`, column), nil)
		if !strings.Contains(got, "tasks_"+column) || strings.Contains(got, "TEMP B-TREE") {
			t.Errorf("the next %s is found so:\n%s", column, got)
		}
	}
	got := queryPlan(t, c, `SELECT id FROM attempts WHERE state = 0 AND epoch = 0 ORDER BY id LIMIT 9`, nil)
	if !strings.Contains(got, "attempts_unowned") {
		t.Errorf("what can be claimed is found so:\n%s", got)
	}
}
