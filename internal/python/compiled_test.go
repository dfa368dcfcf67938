package python_test

import (
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/python"
)

func TestForkedTasksShareTheCodeOfModules(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs(filepath.Join("testdata", "compiled"))
	if err != nil {
		t.Fatal(err)
	}
	h, _ := host(t, dir, func(c *python.Config) {
		c.Preload = []string{"tasks"}
		c.Env = append(c.Env, "PYTHONDONTWRITEBYTECODE=1")
	})
	if _, printed, err := run(t, h, function(t.TempDir(), "make")); err != nil || printed != "True\n" {
		t.Errorf("whether the code is what was kept: %q, %v", printed, err)
	}
}

func TestCompiledCodeCountsAsLongAsItIsThatOfTheFile(t *testing.T) {
	t.Parallel()
	got := runPython(t, `
import importlib.machinery, sys
from _pawl import compiled
sys.path.insert(0, ".")

def write(name, text):
    with open(name + ".py", "w") as file:
        file.write(text)

def kept(name):
    return compiled._codes.get(name + ".py", (None, None))[1]

def code(name, loader=importlib.machinery.SourceFileLoader):
    return loader(name, name + ".py").get_code(name)

write("fresh", "def f(): return 1\n")
compiled.keep("fresh", "fresh.py")
print("just changed:", kept("fresh"))

compiled.SETTLED = -60
for name, text in ("plain", "x = 1\n"), ("warned", "x = 1 is 1\n"), ("wrong", "x = \n"), ("other", "x = 1\n"):
    write(name, text)
    compiled.keep(name, name + ".py")
compiled.keep("missing", "missing.py")
print("kept:", *(name for name in ("plain", "warned", "wrong", "other", "missing") if kept(name)))

compiled.offer()
print("as it was:", code("plain") is kept("plain"))

class Changing(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data, path):
        return compile(data.replace(b"1", b"2"), path, "exec")

print("a loader that changes code:", code("other", Changing).co_consts[0])
write("plain", "x = 10\n")
print("changed:", code("plain").co_consts[0])
`)
	want := "just changed: None\nkept: plain other\nas it was: True\na loader that changes code: 2\nchanged: 10\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
