package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/clock"
)

var update = flag.Bool("update", false, "write what is generated")

// The reference of the command line is made from the commands themselves.
func TestReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "reference", "cli.md")
	want := reference(t)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(have)); diff != "" {
		t.Errorf("go test ./internal/cli -run Reference -update writes it anew:\n%s", diff)
	}
}

func reference(t *testing.T) string {
	root := newRoot(console.IO{Clock: clock.System{}, Env: []string{"TZ=UTC"}}, nil)
	var b strings.Builder
	fmt.Fprintf(&b, "# Command line\n\nThis page is made from `pawl --help` by a test of `internal/cli`. What programs read is in "+
		"[JSON output](json-output.md), what a command ends with in [exit codes](exit-codes.md).\n\n```\n%s```\n", help(t, root))
	for _, c := range root.Commands() {
		if c.Name() != "help" && !c.Hidden {
			fmt.Fprintf(&b, "\n## pawl %s\n\n```\n%s```\n", c.Name(), help(t, c))
		}
	}
	return b.String()
}

func help(t *testing.T, c *cobra.Command) string {
	var b bytes.Buffer
	c.Root().SetOut(&b)
	if err := c.Help(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"": "''", "+a/b=c": "+a/b=c", "two words": "'two words'", "it's": `'it'\''s'`, "$x": "'$x'",
	} {
		if got := console.Quote(word); got != want {
			t.Errorf("%q is quoted %s, want %s", word, got, want)
		}
	}
}

// A fault of the program is told in one line.
func TestPanicsAreTold(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	world := console.IO{Stdout: &b, Stderr: &b} // without a clock, which commands need
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "w.dig"), []byte("+a:\n  echo>: a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	world.Dir = dir
	if code := Main(t.Context(), []string{"run"}, world); code != console.ExitInternal {
		t.Errorf("exit code %d", code)
	}
	if !strings.HasPrefix(b.String(), "pawl: error: internal fault: ") || strings.Contains(b.String(), "goroutine") {
		t.Errorf("got %s", b.String())
	}
}
