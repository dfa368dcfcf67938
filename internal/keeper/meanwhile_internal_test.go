package keeper

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

const (
	loadedModule   = "def one(product):\n    x = 1\n\n\ndef other(product):\n    pass\n"
	loadedScript   = "# %% tags=[\"parameters\"]\nproduct = None\n\n# %%\nx = 1\n"
	loadedResource = "a,b\n"
)

// What a task reads when it runs has to be what was read before, in all that
// counts.
func TestFilesThatWereEditedAfterLoadingAreNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	put := func(name, text string) {
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, file, text, want string }{
		{"nothing", "tasks.py", loadedModule, ""},
		{"the function", "tasks.py", "def one(product):\n    x = 2\n", "tasks.py"},
		{"a comment", "tasks.py", "def one(product):\n    x = 1  # one\n", ""},
		{"another function", "tasks.py", loadedModule + "    y = 1\n", ""},
		{"where it comes from", "tasks.py", "from elsewhere import one\n", ""},
		{"the module is gone", "tasks.py", "", "tasks.py"},
		{"the script", "nb.py", loadedScript + "y = 1\n", "nb.py"},
		{"no cell for parameters", "nb.py", "# %%\nx = 2\n", ""},
		{"a resource", "data.csv", "a,c\n", "data.csv"},
	} {
		put("tasks.py", loadedModule)
		put("nb.py", loadedScript)
		put("data.csv", loadedResource)
		digest, err := digestOf(path("data.csv"))
		if err != nil {
			t.Fatal(err)
		}
		m := &making{params: params.Of("resources_", params.Of("data", digest))}
		given := params.Of("resources_", params.Of("data", path("data.csv")))
		for _, err := range []error{
			m.readOrigins(&operator.Task{Type: "function", Local: params.Of("source", params.Of("path", path("tasks.py"), "dotted", "tasks.one"))}, "def one(product):\n    x = 1\n", given, &modules{}),
			m.readOrigins(&operator.Task{Type: "script", Local: params.Of("source", params.Of("path", path("nb.py")))}, "product = None\nx = 1", params.Map{}, nil),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if put(c.file, c.text); c.text == "" {
			if err := os.Remove(path(c.file)); err != nil {
				t.Fatal(err)
			}
		}
		want := c.want
		if want != "" {
			want = path(want)
		}
		if got := m.edited(); got != want {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
	}
}
