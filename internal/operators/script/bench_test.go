package script_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/operator"
)

const fibonacci = `
def fibo(n): return n if n <= 1 else fibo(n - 1) + fibo(n - 2)
def main(): print(fibo(10))
`

// BenchmarkPython runs 40 small tasks, one after the other, that print into a
// file. The limit is a shell that starts as many Pythons, which do the same.
func BenchmarkPython(b *testing.B) {
	const tasks = 40
	dir := project(b, map[string]string{"tasks.py": fibonacci})
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	runAll := func(b *testing.B, o operator.Operator, mode string) {
		for range tasks {
			tk := pyTask(b, dir, mode, "tasks.main")
			tk.Output = log
			if _, err := o.Run(b.Context(), tk); err != nil {
				b.Fatal(err)
			}
		}
	}
	o := newPython(b)
	for _, mode := range []string{"cold", "forked"} {
		b.Run(mode, func(b *testing.B) {
			for b.Loop() {
				runAll(b, o, mode)
			}
		})
	}
	b.Run("forked from the start", func(b *testing.B) {
		for b.Loop() {
			runAll(b, newPython(b), "forked")
		}
	})
	b.Run("limit", func(b *testing.B) {
		for b.Loop() {
			script := `i=0; while [ $i -lt 40 ]; do "$0" -c "$1"; i=$((i+1)); done`
			c := exec.Command("/bin/sh", "-c", script, pythonPath(b), "import json"+fibonacci+"main()")
			c.Stdout = log
			if err := c.Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	text, err := os.ReadFile(log.Name())
	if got := strings.Count(string(text), "55\n"); err != nil || got*3 != len(text) || got%tasks != 0 {
		b.Errorf("%d results in %d bytes, %v", got, len(text), err)
	}
}

// BenchmarkRuby runs one small task.
func BenchmarkRuby(b *testing.B) {
	dir := project(b, map[string]string{"tasks.rb": "def main() end"})
	path := rubyPath(b)
	for b.Loop() {
		prints(b, rb, task(dir, "main", "ruby", path, "require", "tasks"), "")
	}
}
