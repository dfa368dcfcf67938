package sqlite

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// Migrations are numbered from 1 without gaps and go forward only. A file that
// was ever released does not change.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// applicationID marks a database as one of this program: "pawl".
const applicationID = 0x7061776c

// migrations returns the texts in order: the one at n leads to version n+1.
func migrations() ([]string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(migrationFiles, name)
		if err != nil {
			return nil, err
		}
		texts[i] = string(text)
	}
	return texts, nil
}

// prepare makes a connection ready to write and brings the database to the
// newest version.
func prepare(c *conn) error {
	texts, err := migrations()
	if err != nil {
		return err
	}
	version, err := checkVersion(c, len(texts))
	if err != nil {
		return err
	}
	if err := setJournal(c); err != nil {
		return err
	}
	for ; version < len(texts); version++ {
		if err := migrate(c, version, texts[version]); err != nil {
			return fmt.Errorf("bring to version %d: %w", version+1, err)
		}
	}
	return nil
}

// checkVersion returns the version of the database, or an error when it isn't
// one that this program can use.
func checkVersion(c *conn, newest int) (int, error) {
	var version, count int
	var application int64
	err := c.Query(`
		SELECT (SELECT user_version FROM pragma_user_version),
		       (SELECT application_id FROM pragma_application_id),
		       (SELECT count(*) FROM sqlite_schema)`,
		func(r tables.Row) error {
			version, application, count = int(r.Int(0)), r.Int(1), int(r.Int(2))
			return nil
		})
	switch {
	case err != nil:
		return 0, err
	case application != applicationID && (application != 0 || version != 0 || count != 0):
		return 0, model.Errorf(model.Invalid, "the file is the database of another program")
	case version > newest:
		return 0, model.Errorf(model.Invalid, "the database has version %d, and this program knows versions up to %d", version, newest).
			WithHint("use the newer version of pawl that wrote it")
	}
	return version, nil
}

func setJournal(c *conn) error {
	var mode string
	err := c.Query("PRAGMA journal_mode = WAL", func(r tables.Row) error {
		mode = r.Text(0)
		return nil
	})
	if err != nil {
		return err
	}
	if mode != "wal" {
		return model.Errorf(model.Invalid, "the database can't have a write-ahead log where it is: its journal mode is %s", mode).
			WithHint("keep it on a local disk")
	}
	return c.script(fmt.Sprintf("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = %d; PRAGMA cache_size = %d", mostPages, writerPages))
}

// writerPages is how many pages the writer keeps in memory, 32 MiB: those that
// a transaction changes, and those in which the next is likely to, of the
// indexes of many workflows.
const writerPages = 8192

// migrate leads a database from a version to the next, unless another process
// has done that by now.
func migrate(c *conn, from int, text string) error {
	if err := c.script("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := migrateLocked(c, from, text)
	if err == nil {
		err = c.script("COMMIT")
	}
	if err != nil {
		_ = c.script("ROLLBACK") // it is closed anyway
	}
	return err
}

func migrateLocked(c *conn, from int, text string) error {
	version, err := c.number("PRAGMA user_version")
	if err != nil || int(version) != from {
		return err
	}
	return c.script(fmt.Sprintf("%s; PRAGMA application_id = %d; PRAGMA user_version = %d", text, applicationID, from+1))
}
