package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// filledProjects is how many projects a filled store has, each with the
// workflows w0 to w4.
const filledProjects = 200

// The history of a filled store is written by the database itself, for the
// sake of time: n attempts, each with two tasks and two rows of events, that
// have ended, one of a hundred in failure. SERIES is a table of the numbers 1 to n in a column i.
var fillings = []string{
	`INSERT INTO sessions (id, uuid, project, workflow, key, time, attempts, last)
	SELECT i, 'filled ' || CAST(i AS TEXT), 1 + i % 200, 'w' || CAST(i % 5 AS TEXT), 'filled ' || CAST(i AS TEXT), i * 1000000, 1, i FROM SERIES`,
	`INSERT INTO attempts (id, session, number, name, project, workflow, stored, zone, created, definition, resume_attempt, resume_from,
		due, after, wake, epoch, state, cancel_asked, tasks, started, ended)
	SELECT i, i, 1, '', 1 + i % 200, 'w' || CAST(i % 5 AS TEXT), 1 + (i % 200) * 5 + i % 5, 'UTC', i * 1000000, 1, 0, '',
		0, 0, 0, 0, CASE WHEN i % 100 = 0 THEN 2 ELSE 1 END, false, 2, i * 1000000, i * 1000000 + 500000 FROM SERIES`,
	taskFilling(0, -1, "+bench"), taskFilling(1, 0, "+bench+t0"),
	`INSERT INTO events (attempt, last, body) SELECT i, 2, 'no reader looks at what is in here' FROM SERIES`,
	`INSERT INTO events (attempt, last, body) SELECT i, 4, 'no reader looks at what is in here' FROM SERIES`,
}

func taskFilling(id, parent int, name string) string {
	return fmt.Sprintf(`INSERT INTO tasks (attempt, id, parent, name, state, flags, try, retries, started, ended, wake, deadline)
		SELECT i, %d, %d, '%s', 4, 0, 1, 0, i * 1000000, i * 1000000 + 500000, 0, 0 FROM SERIES`, id, parent, name)
}

// pushFilled makes the projects and workflows of a filled store.
func pushFilled(s store.Store) error {
	w, err := chain(1)
	if err != nil {
		return err
	}
	for p := range filledProjects {
		push := store.Push{
			Project:  fmt.Sprintf("p%03d", p),
			Revision: store.Revision{Name: "1", Archive: store.Archive{Type: "none"}, Created: 1},
		}
		for i := range 5 {
			push.Workflows = append(push.Workflows, store.Workflow{Name: fmt.Sprintf("w%d", i), Zone: "UTC", Definition: w})
		}
		if _, err := s.Push(context.Background(), push); err != nil {
			return err
		}
	}
	return nil
}

// filledSQLite returns the path of a store with n attempts that have ended.
func (h *harness) filledSQLite(n int) (string, error) {
	path := h.newPath()
	s, err := sqlite.Open(path)
	if err != nil {
		return "", err
	}
	if err := pushFilled(s); err != nil {
		return "", err
	}
	if err := s.Close(); err != nil {
		return "", err
	}
	b, err := openBareSQLite(path, "OFF")
	if err != nil {
		return "", err
	}
	const atOnce = 100_000
	for first := 1; first <= n; first += atOnce {
		series := fmt.Sprintf(`(WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n) AS n`,
			first, min(first+atOnce-1, n))
		for _, text := range fillings {
			if err := b.exec(strings.ReplaceAll(text, "SERIES", series)); err != nil {
				return "", fmt.Errorf("%w in %s", err, text)
			}
		}
	}
	return path, b.close()
}

// filledPostgres returns the schema of a store with n attempts that have ended.
func (h *harness) filledPostgres(n int) (postgres.Config, error) {
	cfg, err := h.newSchema()
	if err != nil {
		return cfg, err
	}
	s, err := postgres.Open(context.Background(), cfg)
	if err != nil {
		return cfg, err
	}
	if err := pushFilled(s); err != nil {
		return cfg, err
	}
	if err := s.Close(); err != nil {
		return cfg, err
	}
	b, err := openBarePostgres(cfg)
	if err != nil {
		return cfg, err
	}
	ctx := context.Background()
	texts := append([]string{}, fillings...)
	texts = append(texts, `SELECT setval('sessions_id_seq', `+fmt.Sprint(n)+`), setval('attempts_id_seq', `+fmt.Sprint(n)+`)`,
		`VACUUM ANALYZE sessions`, `VACUUM ANALYZE attempts`, `VACUUM ANALYZE tasks`, `VACUUM ANALYZE events`, `CHECKPOINT`)
	for _, text := range texts {
		text = strings.ReplaceAll(text, "SERIES", fmt.Sprintf(`generate_series(1::bigint, %d) AS n (i)`, n))
		if _, err := b.conn.Exec(ctx, text); err != nil {
			return cfg, fmt.Errorf("%w in %s", err, text)
		}
	}
	return cfg, b.conn.Close(ctx)
}
