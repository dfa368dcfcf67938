package serve

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/operator"
)

func TestWhereValuesOfADatabaseAre(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		pairs []string
		below func(dir string, h logs.Home) string // empty for elsewhere
	}{
		"an embedded one":               {nil, func(dir string, _ logs.Home) string { return filepath.Join(dir, "values", "objects", "1%") }},
		"an embedded one with a folder": {[]string{"values.file.path", "DIR/all"}, func(dir string, h logs.Home) string { return filepath.Join(dir, "all", "objects", h.Name+"%", "1%") }},
		"one in memory":                 {[]string{"database.type", "memory"}, nil},
		"one in memory with a folder":   {[]string{"database.type", "memory", "values.file.path", "DIR/all"}, func(dir string, h logs.Home) string { return filepath.Join(dir, "all", "objects", h.Name+"%", "1%") }},
		"one elsewhere":                 {[]string{"database.type", "postgresql", "database.host", "h", "database.user", "u", "database.database", "d"}, func(dir string, h logs.Home) string { return filepath.Join(dir, "values", "objects", h.Name+"%", "1%") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, s := t.TempDir(), memory.New()
			pairs := []string{"database.path", dir}
			for _, p := range tt.pairs {
				pairs = append(pairs, strings.Replace(p, "DIR", dir, 1))
			}
			set := newSettings(configured(pairs...))
			o := set.outputs(s, slog.New(slog.DiscardHandler))
			if set.err != nil {
				t.Fatal(set.err)
			}
			file := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
				t.Fatal(err)
			}
			task := &operator.Task{ID: operator.TryID{Attempt: 1, Task: 1, Try: 1}, Session: "s", Name: "+w+a"}
			ref, err := o.Of(1).Keep(t.Context(), task, operator.Kept{Name: "x", Form: "text", File: file})
			if err != nil {
				t.Fatal(err)
			}
			found, err := o.Of(1).Find(t.Context(), ref.(operator.Map), filepath.Join(t.TempDir(), "copy-"))
			if err != nil {
				t.Fatal(err)
			}
			h, err := homeOf(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if tt.below != nil && !strings.HasPrefix(found.Path, tt.below(dir, h)+string(filepath.Separator)) {
				t.Errorf("they are at %s, want %s", found.Path, tt.below(dir, h))
			}
			if err := o.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(found.Path); (err == nil) != (tt.below != nil) {
				t.Errorf("%s: %v", found.Path, err)
			}
			if _, err := os.Stat(filepath.Join(dir, "values")); tt.below == nil && err == nil {
				t.Error("there are values beside what is forgotten")
			}
		})
	}
}
