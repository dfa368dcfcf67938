package files

import (
	"errors"
	"path/filepath"
	"testing"
)

// Known returns how many records a memo in a file remembers.
func Known(t *testing.T, memo string) int {
	t.Helper()
	m, err := OpenMemo(memo)
	if err != nil {
		t.Fatal(err)
	}
	known := m.places()
	delete(known, 0) // those of nothing
	return len(known)
}

// Forgive lets a memo take the record of a product for what it knows, whatever
// was done to it.
func Forgive(t *testing.T, memo, path string) {
	t.Helper()
	m, err := OpenMemo(memo)
	if err != nil {
		t.Fatal(err)
	}
	var e eyes
	defer e.close()
	dir, name := filepath.Split(MetadataPath(path))
	id, _, err := e.identify(dir, name)
	if err != nil {
		t.Fatal(err)
	}
	known := make([]bool, len(m.entries)/size)
	var learned []placed
	for i := range known {
		e := placed{i, *m.at(i)}
		if known[i] = e.entry.key() != keyOf(dir, name); !known[i] {
			e.entry.set(e.entry.key(), id, e.entry.stamp())
			learned = append(learned, e)
		}
	}
	m.keep(known, learned, true)
}

// TryLock takes the lock of a path without waiting; nil where somebody has it.
func TryLock(t *testing.T, path string) (release func()) {
	t.Helper()
	release, err := tryLock(path)
	if err != nil && !errors.Is(err, errLocked) {
		t.Error(err)
	}
	return release
}
