package python_test

import (
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
)

func TestFunctionGetsParamsAndMakesItsProduct(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode func(*python.Config)) {
		dir := project(t, map[string]string{"tasks.py": `
from pathlib import Path
def make(n, product):
    print("making", n, Path.cwd())
    Path(product).write_text(str(n))
`})
		h, _ := host(t, dir, mode)
		out := new(text)
		task := python.Task{Name: "make", Dotted: "tasks.make", Product: file(filepath.Join(dir, "out", "n.txt")), Params: params.Of("n", 3)}
		if _, err := h.Run(t.Context(), task, out); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), "making 3 "+dir+"\n"; got != want {
			t.Errorf("printed %q, want %q", got, want)
		}
		if got := read(t, dir, "out", "n.txt"); got != "3" {
			t.Errorf("product is %q", got)
		}
	})
}
