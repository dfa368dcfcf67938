package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// examples says of each example which workflow is run, a piece of what it must
// print, and the program that it needs.
var examples = map[string]struct{ workflow, want, needs string }{
	"backfill":  {"partitions", "day 2026-01-30, after 2026-01-29, before 2026-01-31", "sh"},
	"branches":  {"branches", "files: run the", "python3"},
	"checks":    {"checks", "1+2+3+4+5+6+7+8+9+10", "sh"},
	"daily-etl": {"daily", "5 orders, total 150", "python3"},
	"fan-out":   {"regions", "characters", "sh"},
	"hello":     {"hello", "tomorrow is Saturday, January 31st 2026", "sh"},
	"loops":     {"loops", "rows 8 to 10 (part 2)", "sh"},
	"modules":   {"main", "both are done", "sh"},
	"retry":     {"flaky", "try number 3", "sh"},
	"shop":      {"shop", "tokyo has 5 orders since 2026-01-30", "sh"},
	"ruby":      {"tasks", "on 2026-01-30", "ruby"},
}

// Each example runs, and prints what it is there to show.
func TestExamples(t *testing.T) {
	t.Parallel()
	for name, c := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(c.needs); err != nil {
				t.Skipf("needs %s", c.needs)
			}
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "examples", name))); err != nil {
				t.Fatal(err)
			}
			p := startPawl(t, dir, "run", c.workflow, "--session", "2026-01-30", "--rerun")
			if err := p.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, p.Stderr)
			}
			if out := p.Stdout.(*strings.Builder).String(); !strings.Contains(out, c.want) {
				t.Errorf("there is no %q in\n%s", c.want, out)
			}
		})
	}
}

func TestEveryExampleIsRun(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "*.dig"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "*.pawl.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(dirs, more...) {
		name := filepath.Base(filepath.Dir(path))
		if _, ok := examples[name]; !ok {
			t.Errorf("example %s is not run", name)
		}
	}
}
