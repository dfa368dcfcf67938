package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pawlhq/pawl/internal/model"
)

// Look opens the database at path to be read, while others may write it. It makes
// nothing: what there is no database for is NotFound, and one that an earlier version of
// this program has written stays as it is, which is a Conflict. Whatever would write is
// Forbidden.
func Look(path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, explain("open database "+path, err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, model.Errorf(model.NotFound, "there is no database %s", path)
	}
	another := func() (*conn, error) { return dialToLook(path) }
	c, err := another()
	if err == nil {
		err = checkCurrent(c)
	}
	if err != nil {
		if c != nil {
			err = errors.Join(err, c.close())
		}
		return nil, explain("open database "+path, err)
	}
	return newStore(path, c, another, true), nil
}

// dialToLook opens a connection that writes nothing. It is not one that SQLite knows as
// such, which would leave files beside the database that the last one to close it removes.
func dialToLook(path string) (*conn, error) {
	c, err := dialAt(uri(path)+"?mode=rw", patience)
	if err != nil {
		return nil, err
	}
	if err := c.script("PRAGMA query_only = ON"); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// checkCurrent refuses a database that is not of the newest version.
func checkCurrent(c *conn) error {
	texts, err := migrations()
	if err != nil {
		return err
	}
	version, err := checkVersion(c, len(texts))
	if err == nil && version < len(texts) {
		return model.Errorf(model.Conflict, "the database has version %d, and is read from version %d on", version, len(texts)).
			WithHint("the next run that writes to it brings it up to date")
	}
	return err
}

var errLooking = model.Errorf(model.Forbidden, "the database is only read")
