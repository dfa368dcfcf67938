package compat_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/lint"
)

// What runs well has no faults that show before.
func TestGoodRunsHaveNoFaults(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content, good := make(map[string]string), false
		for _, f := range archive.Files {
			content[f.Name] = string(f.Data)
			good = good || f.Name == "want" && strings.Contains(string(f.Data), "attempt success")
		}
		if !good || strings.Contains(content["want"], "attempt error") {
			continue
		}
		looked++
		p := newProject(t, content)
		loaded, err := dig.LoadProject(os.DirFS(p.dir), "")
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		l := lint.Linter{Project: os.DirFS(p.dir), Workflows: loaded.Workflows}
		if found := instance.Check(l, loaded.Workflows...); len(found.Faults)+len(found.Remote) > 0 {
			t.Errorf("%s:\n%s\n%s", file, found.Faults.Excerpt(), found.Remote.Excerpt())
		}
	}
	if looked == 0 {
		t.Error("no run ends well")
	}
}
