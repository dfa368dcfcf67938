package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/store/postgres"
)

// barePostgres writes a transaction in one round trip on one connection, the
// rows of a table as arrays.
type barePostgres struct {
	conn *pgx.Conn
	cfg  postgres.Config
}

func (h *harness) newBarePostgres() (bare, error) {
	cfg, err := h.newSchema()
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	s, err := postgres.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return openBarePostgres(cfg)
}

// openBarePostgres connects to a schema that is there.
func openBarePostgres(cfg postgres.Config) (*barePostgres, error) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, cfg.URL)
	if err != nil {
		return nil, err
	}
	_, err = c.Exec(ctx, `SET search_path = "`+cfg.Schema+`"; SET synchronous_commit = on`)
	return &barePostgres{c, cfg}, err
}

func (b *barePostgres) commit(t *transaction) error {
	var batch pgx.Batch // what is sent together is one transaction
	for _, r := range t.inserts {
		if len(r.values) > 0 {
			batch.Queue(r.insertArrays(), arrays(r.kinds, r.values)...)
		}
	}
	if len(t.advance) > 0 {
		batch.Queue(`
			UPDATE attempts a SET state = u.state, tasks = u.tasks, started = u.started, ended = u.ended
			FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS u (state, tasks, started, ended, id)
			WHERE a.id = u.id`, arrays("iiiii", t.advance)...)
	}
	for _, c := range t.changes {
		batch.Queue(c.text+" = ANY ($1::bigint[])", c.ids)
	}
	return b.conn.SendBatch(context.Background(), &batch).Close()
}

// typeOf is the type of a column by the letter for it.
var typeOf = map[byte]string{'i': "bigint", 't': "text", 'y': "bytea", 'b': "boolean"}

// insertArrays returns the statement that adds the rows of arrays.
func (t *table) insertArrays() string {
	args := make([]string, len(t.columns))
	for i := range args {
		args[i] = fmt.Sprintf("$%d::%s[]", i+1, typeOf[t.kinds[i]])
	}
	return "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") SELECT * FROM unnest(" + strings.Join(args, ", ") + ")" + t.conflict
}

// arrays returns the columns of rows.
func arrays(kinds string, values [][]driver.Value) []any {
	columns := make([]any, len(kinds))
	for i := range kinds {
		switch kinds[i] {
		case 'i':
			columns[i] = column[int64](values, i)
		case 't':
			columns[i] = column[string](values, i)
		case 'y':
			columns[i] = column[[]byte](values, i)
		case 'b':
			columns[i] = column[bool](values, i)
		}
	}
	return columns
}

func column[T any](values [][]driver.Value, i int) []T {
	c := make([]T, len(values))
	for k, row := range values {
		c[k] = row[i].(T)
	}
	return c
}

func (b *barePostgres) close() error {
	return errors.Join(b.conn.Close(context.Background()), drop(b.cfg))
}
