package sqlite

import (
	"context"
	"errors"
	"io/fs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// explain says what failed.
func explain(what string, err error) error { return tables.Explain(what, err, diagnose) }

func diagnose(err error) (code model.Code, reason, hint string) {
	var e *sqlite.Error
	switch {
	case errors.As(err, &e):
		return diagnoseSQLite(e.Code())
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return model.Unavailable, "", ""
	case errors.Is(err, fs.ErrPermission):
		return model.Forbidden, "", ""
	}
	return model.Internal, "", ""
}

// isBusy reports whether another process has locked what was asked for.
func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

func diagnoseSQLite(code int) (model.Code, string, string) {
	switch code & 0xff { // what is above only details it
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return model.Unavailable, "another process keeps it locked", "end the other process, or try again later"
	case sqlite3.SQLITE_FULL:
		return model.Unavailable, "the disk is full", "make room; nothing that was acknowledged is lost"
	case sqlite3.SQLITE_IOERR:
		return model.Unavailable, "the disk does not work", ""
	case sqlite3.SQLITE_NOTADB:
		return model.Invalid, "the file is not a database", ""
	case sqlite3.SQLITE_CORRUPT:
		return model.Internal, "the database is damaged", "move it away, or restore it from a backup"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return model.Forbidden, "the file, or the folder that it is in, can't be written", "check their permissions"
	}
	return model.Internal, "", ""
}
