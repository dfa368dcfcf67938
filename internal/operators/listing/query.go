package listing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver of files

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/secretref"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// rows yields the rows of a query, each as a map of its columns. It is asked when
// they are, once, and rows are read as they come.
func (s *source) rows(ctx context.Context, t *operator.Task) (iter.Seq2[params.Value, error], error) {
	db, err := secretref.Expand(ctx, s.db, t.Secrets)
	if err != nil {
		return nil, err
	}
	query := strings.TrimRight(s.query, "; \t\r\n")
	scheme, err := schemeOf(db)
	switch {
	case err != nil:
		return nil, err
	case scheme != "":
		return postgresRows(ctx, db, query), nil
	}
	name := filepath.FromSlash(db)
	if !filepath.IsAbs(name) {
		name = filepath.Join(t.Workdir, name)
	}
	return sqliteRows(ctx, name, query), nil
}

// schemeOf returns what the address of a PostgreSQL begins with, and nothing of the name of
// a file. An address of another database is Invalid.
func schemeOf(db string) (string, error) {
	scheme, _, found := strings.Cut(db, "://")
	switch {
	case !found:
		return "", nil
	case scheme != "postgres" && scheme != "postgresql":
		return "", model.Errorf(model.Invalid, "%s can't be %s://...: give a postgres:// address or the name of a SQLite file", databaseKey, scheme)
	}
	return scheme, nil
}

// postgresRows has the database make JSON of the rows, which keeps what types mean.
func postgresRows(ctx context.Context, address, query string) iter.Seq2[params.Value, error] {
	return func(yield func(params.Value, error) bool) {
		c, err := pgx.Connect(ctx, address)
		if err != nil {
			yield(nil, fmt.Errorf("connect to the database of items: %w", err))
			return
		}
		defer func() { _ = c.Close(context.WithoutCancel(ctx)) }() // it was only read
		rows, err := c.Query(ctx, "SELECT row_to_json(items)::text FROM ("+query+") items")
		if err != nil {
			yield(nil, fmt.Errorf("query items: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var v params.Value
			var text string
			if err = rows.Scan(&text); err == nil {
				v, err = params.ParseJSON([]byte(text))
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, fmt.Errorf("query items: %w", err))
		}
	}
}

func sqliteRows(ctx context.Context, name, query string) iter.Seq2[params.Value, error] {
	return func(yield func(params.Value, error) bool) {
		if err := readSQLite(ctx, name, query, func(m params.Map) bool { return yield(m, nil) }); err != nil {
			yield(nil, fmt.Errorf("query items: %w", err))
		}
	}
}

// readSQLite calls each with the rows of a query until that returns false.
func readSQLite(ctx context.Context, name, query string, each func(params.Map) bool) (err error) {
	if _, err := os.Stat(name); err != nil {
		return model.Errorf(model.Invalid, "%w", err)
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(name), RawQuery: "mode=ro"}).String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		var m params.Map
		for i, c := range columns {
			v, err := sqliteValue(values[i])
			if err != nil {
				return fmt.Errorf("column %s: %w", c, err)
			}
			m = m.Set(c, v)
		}
		if !each(m) {
			return nil
		}
	}
	return rows.Err()
}

// sqliteValue is a value of a column as a parameter.
func sqliteValue(v any) (params.Value, error) {
	switch v := v.(type) {
	case nil, int64, float64, string, bool:
		return v, nil
	case []byte:
		if utf8.Valid(v) {
			return string(v), nil
		}
		return nil, errors.New("its bytes are no text: select hex() of it")
	case time.Time: // as the driver makes of columns of such types
		return v.Format(time.RFC3339Nano), nil
	}
	return nil, fmt.Errorf("a %T can't be a parameter", v)
}
