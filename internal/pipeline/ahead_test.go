package pipeline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/pipeline"
)

// Sources that are read before they are asked for are as if they were not: each
// task has its own, and one that is missing is told of.
func TestReadingAheadShowsOnlyInTheTimeItTakes(t *testing.T) {
	t.Parallel()
	const count = 300
	dir := manyScripts(t, count)
	definition := filepath.Join(dir, "pipeline.yaml")
	text, err := os.ReadFile(definition)
	if err != nil {
		t.Fatal(err)
	}
	twice := "- {source: scripts/step0.sh, name: again, product: out/again.csv}\n- {source: scripts/missing.sh, name: wrong, product: out/wrong.csv}\n"
	if err := os.WriteFile(definition, append(text, twice...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, pipeline.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "scripts/missing.sh") {
		t.Fatalf("got %v, want the script that is missing", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "scripts", "missing.sh"), []byte("echo > {{product}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := load(t, pipeline.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for i, task := range p.Tasks[1:count] {
		before := filepath.Join(p.Root, fmt.Sprintf("out/%d.csv", i))
		if want := "cat " + before + " > " + task.Products[0].Path; !strings.HasPrefix(task.Code, want) {
			t.Fatalf("%s has %q, want %q", task.Name, task.Code, want)
		}
		if !slices.Contains(p.Inputs, task.Source.Path) {
			t.Fatalf("%s counts for nothing", task.Source.Path)
		}
	}
	if first, again := p.Tasks[0].Source, p.Tasks[count].Source; first != again {
		t.Errorf("one source is %+v and %+v", first, again)
	}
}
