package script_test

import (
	"os/exec"
	"testing"
)

const fibonacci = `
def fibo(n): return n if n <= 1 else fibo(n - 1) + fibo(n - 2)
def main(): print(fibo(10))
`

// BenchmarkPython runs 40 small tasks, one after the other. The limit is a
// shell that starts as many Pythons, which do the same.
func BenchmarkPython(b *testing.B) {
	const tasks = 40
	dir := project(b, map[string]string{"tasks.py": fibonacci})
	o := newPython(b)
	for _, mode := range []string{"cold", "forked"} {
		b.Run(mode, func(b *testing.B) {
			for b.Loop() {
				for range tasks {
					prints(b, o, pyTask(b, dir, mode, "tasks.main"), "55\n")
				}
			}
		})
	}
	b.Run("forked, with the template's start", func(b *testing.B) {
		for b.Loop() {
			o := newPython(b)
			for range tasks {
				prints(b, o, pyTask(b, dir, "forked", "tasks.main"), "55\n")
			}
		}
	})
	b.Run("limit", func(b *testing.B) {
		for b.Loop() {
			script := `i=0; while [ $i -lt 40 ]; do "$0" -c "$1"; i=$((i+1)); done`
			if _, err := exec.Command("/bin/sh", "-c", script, pythonPath(b), "import json"+fibonacci+"main()").Output(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRuby runs one small task.
func BenchmarkRuby(b *testing.B) {
	dir := project(b, map[string]string{"tasks.rb": "def main() end"})
	path := rubyPath(b)
	for b.Loop() {
		prints(b, rb, task(dir, "main", "ruby", path, "require", "tasks"), "")
	}
}
