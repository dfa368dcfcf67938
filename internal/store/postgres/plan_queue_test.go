package postgres

import (
	"context"
	"database/sql/driver"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// fillQueue makes a long queue, of which some hold a place.
const fillQueue = `
	INSERT INTO attempts (session, number, name, project, workflow, stored, zone, created, definition, resume_attempt, resume_from,
		due, after, wake, epoch, state, cancel_asked, tasks, started, ended)
	SELECT i, 1, '', 0, 'w', 0, '', 0, 1, 0, '', 0, 0,
		CASE WHEN i <= 50 THEN 0 ELSE 9223372036854775806 END, 0, 0, false, 1, 0, 0
	FROM generate_series(1, 5000) i;
	INSERT INTO queue (attempt, rank, weight, admitted) SELECT i, 0, 1, CASE WHEN i <= 50 THEN 1 ELSE 0 END FROM generate_series(1, 5000) i;
	INSERT INTO attempt_tags (attempt, name, value) SELECT i, 'team', i % 100 FROM generate_series(1, 5000) i;`

// recorder is a database that notes the statements that it carries out.
type recorder struct {
	database
	seen map[string]int // and how many arguments each has
}

func (r recorder) Write(ctx context.Context, what string, write func(tables.Conn) error) error {
	return r.database.Write(ctx, what, func(c tables.Conn) error { return write(recorded{c.(conn), r.seen}) })
}

type recorded struct {
	conn
	seen map[string]int
}

func (r recorded) Query(text string, each func(tables.Row) error, args ...driver.Value) error {
	r.seen[text] = len(args)
	return r.conn.Query(text, each, args...)
}

func (r recorded) Exec(text string, args ...driver.Value) (int64, error) {
	r.seen[text] = len(args)
	return r.conn.Exec(text, args...)
}

// ofAll are in plans of what compares each of all with a list, or reads all that have
// a name.
var ofAll = []string{
	"Join Filter: (attempts.", "Join Filter: (attempt_tags.", "Join Filter: (a.",
	"attempt_tags_value", "attempts_workflow",
}

// No statement about the queue compares all with all, or reads all attempts, or all
// tags of a name: with statistics, and without them as in a queue that grows fast.
func TestALongQueueIsReadByItsIndexes(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]string{"new": "", "known": "ANALYZE attempts; ANALYZE queue; ANALYZE attempt_tags;"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := tempConfig(t)
			s := openAndClose(t, cfg)
			script(t, cfg, fillQueue+then)
			seen := make(map[string]int)
			for text, args := range statementsOfQueue(t, s, seen) {
				plan, err := genericPlan(s, numbered(text), args)
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				if strings.Contains(text, ") a ON TRUE") && !strings.Contains(plan, "Index Cond: (id = q.attempt)") {
					t.Errorf("%s\ndoes not go from the queue to attempts:\n%s", text, plan)
				}
				for _, bad := range ofAll {
					if strings.Contains(plan, bad) {
						t.Errorf("%s\nhas %s:\n%s", text, bad, plan)
					}
				}
			}
		})
	}
}

// statementsOfQueue admits some, and cancels others.
func statementsOfQueue(t *testing.T, s *Store, seen map[string]int) map[string]int {
	t.Helper()
	limits, err := admission.NewLimits([]admission.Limit{{Name: "all", Max: 90}, {Name: "teams", Tag: "team", PerValue: true, Max: 2}})
	if err != nil {
		t.Fatal(err)
	}
	q := tables.New(recorder{database{s}, seen}, dialect)
	if ids, err := q.Admit(ctx, limits.Tags(), 1, store.Choose(limits, 1)); err != nil || len(ids) != 40 {
		t.Fatalf("admitted %v, %v", ids, err)
	}
	for _, f := range []store.QueueFilter{
		{Workflow: "w", Tags: model.Tags{"team": "7"}}, {Projects: []model.ProjectID{0}, Tags: model.Tags{"team": "8"}},
		{Attempts: []model.AttemptID{4000, 4001}}, {},
	} {
		if ids, err := q.CancelQueued(ctx, f, 1, nil); err != nil || len(ids) == 0 {
			t.Fatalf("cancelled %v, %v", ids, err)
		}
	}
	return seen
}
