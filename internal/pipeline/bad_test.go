package pipeline_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/pipeline"
)

var update = flag.Bool("update", false, "write what the tests see into the files they compare with")

// Each testdata/bad/*.txtar holds a project, and in the file "want" the errors
// that a user sees.
func TestBadProjects(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal(archives, err)
	}
	for _, file := range archives {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := folder(t, nil)
			want := ""
			var project []txtar.File
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				project = append(project, f)
				write(t, filepath.Join(dir, f.Name), string(f.Data))
			}
			_, err = load(t, pipeline.Options{Dir: dir})
			var list document.Errors
			if !errors.As(err, &list) {
				t.Fatalf("want document.Errors, got %v", err)
			}
			got := strings.ReplaceAll(list.Excerpt(), dir+"/", "") + "\n"
			got = strings.ReplaceAll(got, dir, "DIR")
			if *update {
				archive.Files = append(project, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
