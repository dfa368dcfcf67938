package listing_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/listing"
)

func TestReachShowsNoPassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if what, err := listing.Reach(t.Context(), "a.db", dir); err != nil || what != "SQLite, a.db" {
		t.Errorf("%q, %v", what, err)
	}
	for address, code := range map[string]model.Code{
		"b.db":                                 model.NotFound,
		"postgres://u:marker@127.0.0.1:1/d":    model.Unavailable,
		"postgres://u:mar ker@:x/d":            model.Invalid,
		"postgres://u:marker@127.0.0.1:port/d": model.Invalid,
		"mysql://u:marker@127.0.0.1/d":         model.Invalid,
	} {
		what, err := listing.Reach(t.Context(), address, dir)
		if model.CodeOf(err) != code || what != "" || strings.Contains(err.Error(), "ker") {
			t.Errorf("%s: %q, %v", address, what, err)
		}
	}
}
