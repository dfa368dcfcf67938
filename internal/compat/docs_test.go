package compat_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// example is a project in a page of the documentation.
type example struct {
	line   int // where it begins
	files  map[string]string
	output string // what the run prints
	runs   bool
}

// A block of a page that names a file, as in "```yaml main.dig", is part of an
// example, which a block "```output" ends: main.dig is run and prints that.
// Without one the example only has to be correct: the next one begins where
// main.dig comes again.
func TestExamplesOfTheDocumentation(t *testing.T) {
	t.Parallel()
	found := 0
	for _, page := range []string{"reference/dig.md", "reference/operators.md", "how-to/migrate-from-digdag.md"} {
		text, err := os.ReadFile(filepath.Join("../../docs", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range examples(string(text)) {
			found++
			t.Run(page, func(t *testing.T) {
				t.Parallel()
				e.check(t, page)
			})
		}
	}
	if found == 0 {
		t.Error("the documentation has no examples")
	}
}

func (e *example) check(t *testing.T, page string) {
	t.Helper()
	for name, program := range map[string]string{"tasks.py": "python3", "tasks.rb": "ruby"} {
		if _, err := exec.LookPath(program); e.files[name] != "" && err != nil {
			t.Skipf("there is no %s here", program)
		}
	}
	p := newProject(t, e.files)
	if !e.runs {
		if err := p.load(); err != nil {
			t.Errorf("%s:%d: %v", page, e.line, err)
		}
		return
	}
	c, err := parseCommand([]string{"-secret", "db.password=swordfish", "main"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e.output, said(p.run(t, c))); diff != "" {
		t.Errorf("%s:%d (-page +run):\n%s", page, e.line, diff)
	}
}

// said returns what the tasks of a run printed, and why they failed.
func said(run string) string {
	var b strings.Builder
	for line := range strings.Lines(run) {
		if text, ok := strings.CutPrefix(line, "  | "); ok {
			b.WriteString(text)
		} else if strings.HasPrefix(line, "  error: ") || strings.HasPrefix(line, "refused: ") {
			b.WriteString(strings.TrimLeft(line, " "))
		}
	}
	return b.String()
}

// examples returns those of a page.
func examples(page string) []*example {
	var list []*example
	var current *example
	number := 0
	for block := range strings.SplitSeq(page, "\n```") {
		at := number
		number += strings.Count(block, "\n") + 1
		head, body, _ := strings.Cut(block, "\n")
		kind, name, named := strings.Cut(head, " ")
		switch {
		case named && name != "" && !strings.Contains(name, " "):
			if current == nil || current.files[name] != "" {
				current = &example{line: at, files: make(map[string]string)}
				list = append(list, current)
			}
			current.files[name] = body + "\n"
		case kind == "output" && current != nil:
			current.output, current.runs = body+"\n", true
			current = nil
		}
	}
	return list
}
