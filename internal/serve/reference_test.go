package serve

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is generated")

// The reference of settings is made of their descriptions.
func TestReferenceOfSettingsIsCurrent(t *testing.T) {
	t.Parallel()
	const mark = "<!-- generated: sections -->\n"
	page := filepath.Join("..", "..", "docs", "reference", "pawl-instance.md")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(text), mark)
	if !ok {
		t.Fatalf("%s has no line %s", page, mark)
	}
	current(t, page, head+mark+"\n"+Table().Reference())
	current(t, filepath.Join("..", "..", "docs", "reference", "pawl-instance.schema.json"), string(Table().Schema()))
}

// current compares a file with what it must be, or writes it.
func current(t *testing.T, path, want string) {
	t.Helper()
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
		t.Errorf("go test ./internal/serve -run Reference -update writes %s anew:\n%s", path, diff)
	}
}

// Whoever looks for a setting finds what it means.
func TestEverySettingSaysWhatItMeans(t *testing.T) {
	t.Parallel()
	for _, k := range Table().Options() {
		if !k.Ignored && (k.Doc == "" || k.Section.Doc == "") {
			t.Errorf("%s or its section has no description", k.Key)
		}
		if !k.Ignored && len(k.Section.Types) > 0 && k.Section.TypeDoc == "" {
			t.Errorf("the type of %s has no description", k.Section.Name)
		}
	}
}
