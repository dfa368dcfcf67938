package files

import "testing"

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
	id, _, err := e.identify(MetadataPath(path))
	if err != nil {
		t.Fatal(err)
	}
	learned := make([]entry, len(m.entries)/size)
	for i := range learned {
		learned[i] = *m.at(i)
		if key := learned[i].key(); key == keyOf(MetadataPath(path)) {
			learned[i].set(key, id, learned[i].stamp())
		}
	}
	if err := m.keep(learned, true); err != nil {
		t.Fatal(err)
	}
}
