package postgres

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pawlhq/pawl/internal/store/tables"
)

// conn is a connection as the tables see it.
type conn struct {
	ctx context.Context
	raw *pgx.Conn
}

var _ tables.Conn = conn{}

// Query implements tables.Conn.
func (c conn) Query(text string, each func(tables.Row) error, args ...driver.Value) error {
	rows, err := c.raw.Query(c.ctx, numbered(text), anys(args)...)
	if err != nil {
		return err
	}
	return eachRow(rows, each)
}

// Exec implements tables.Conn.
func (c conn) Exec(text string, args ...driver.Value) (int64, error) {
	tag, err := c.raw.Exec(c.ctx, numbered(text), anys(args)...)
	return tag.RowsAffected(), err
}

// Insert implements tables.Conn.
func (c conn) Insert(text string, args ...driver.Value) (id int64, err error) {
	err = c.raw.QueryRow(c.ctx, numbered(text)+" RETURNING id", anys(args)...).Scan(&id)
	return id, err
}

func anys(args []driver.Value) []any {
	list := make([]any, len(args))
	for i, v := range args {
		list[i] = v
	}
	return list
}

// texts are statements with the parameters that PostgreSQL knows, by those
// with the parameters that the tables use.
var texts sync.Map

// numbered turns each '?' into the number of the parameter.
func numbered(text string) string {
	if known, ok := texts.Load(text); ok {
		return known.(string)
	}
	var b strings.Builder
	for i, part := range strings.Split(text, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	texts.Store(text, b.String())
	return b.String()
}

// eachRow calls each with every row, until that returns an error.
func eachRow(rows pgx.Rows, each func(tables.Row) error) error {
	defer rows.Close()
	fields := rows.FieldDescriptions()
	row := make(tables.Row, len(fields))
	for rows.Next() {
		for i, raw := range rows.RawValues() {
			var err error
			if row[i], err = value(&fields[i], raw); err != nil {
				return err
			}
		}
		switch err := each(row); {
		case errors.Is(err, tables.ErrEnough):
			return nil
		case err != nil:
			return err
		}
	}
	return rows.Err()
}

// value returns a copy of a value that came in binary form.
func value(field *pgconn.FieldDescription, raw []byte) (driver.Value, error) {
	if raw == nil {
		return nil, nil
	}
	if field.Format == pgx.BinaryFormatCode {
		switch field.DataTypeOID {
		case pgtype.Int8OID:
			return int64(binary.BigEndian.Uint64(raw)), nil
		case pgtype.Int4OID:
			return int64(int32(binary.BigEndian.Uint32(raw))), nil
		case pgtype.Int2OID:
			return int64(int16(binary.BigEndian.Uint16(raw))), nil
		case pgtype.BoolOID:
			return int64(raw[0]), nil
		case pgtype.ByteaOID:
			return append([]byte{}, raw...), nil
		}
	}
	if field.DataTypeOID == pgtype.TextOID {
		return string(raw), nil
	}
	return nil, fmt.Errorf("column %q has a type that no table has: %d", field.Name, field.DataTypeOID)
}
