package compat_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The page on compatibility names every behaviour here, and no other.
func TestCompatibilityPageNamesTheBehaviours(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reference/compatibility/digdag.md")
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]bool)
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, " | "); len(cells) == 3 {
			for _, m := range regexp.MustCompile("`([a-z0-9]+(?:_[a-z0-9]+)+)`").FindAllStringSubmatch(cells[2], -1) {
				named[m[1]] = true
			}
		}
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if !named[name] {
			t.Errorf("the page does not name %s", name)
		}
		delete(named, name)
	}
	for name := range named {
		t.Errorf("the page names %s, which is no behaviour", name)
	}
}
