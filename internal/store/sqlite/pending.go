package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Pending returns the names of the migrations that the database at path lacks,
// in order: all of them when there is none, which is not made.
func Pending(file string) (names []string, err error) {
	if names, err = fs.Glob(migrationFiles, "migrations/*.sql"); err != nil {
		return nil, err
	}
	for i := range names {
		names[i] = path.Base(names[i])
	}
	if file, err = filepath.Abs(file); err == nil {
		_, err = os.Stat(file)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return names, nil
	}
	version := 0
	if err == nil {
		version, err = versionOf(file, len(names))
	}
	if err != nil {
		return nil, explain("look for migrations", err)
	}
	return names[version:], nil
}

func versionOf(file string, newest int) (version int, err error) {
	c, err := dial(file, patience)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	return checkVersion(c, newest)
}

// Migrate brings the tables of the database at path to this version, or makes
// it. What was done stays done when it fails.
func Migrate(file string) error {
	s, err := Open(file)
	if err != nil {
		return err
	}
	return s.Close()
}
