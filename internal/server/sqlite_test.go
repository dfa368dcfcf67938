package server_test

import (
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

func init() {
	stores["sqlite"] = func(t testing.TB) store.Store {
		s, err := sqlite.Open(filepath.Join(t.TempDir(), "pawl.db"))
		must(t, err)
		return s
	}
}
