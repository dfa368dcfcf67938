package ploomber_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pawlhq/pawl/internal/python/pythontest"
)

// Each file in testdata/scripts is a project whose script.py makes a pipeline and
// builds it. With both libraries it must print the same and make the same.
func TestScriptsBuildWhatTheyMake(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob("testdata/scripts/*.txtar")
	if err != nil || len(found) == 0 {
		t.Fatalf("scripts: %v %v", found, err)
	}
	for _, file := range found {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var dirs, printed [2]string
			for i := range dirs {
				dirs[i] = t.TempDir()
				g := game{t: t, dir: dirs[i]}
				for _, f := range archive.Files {
					g.write(f.Name, f.Data)
				}
			}
			theirs := exec.Command(pythontest.Path(t), "script.py")
			theirs.Dir, theirs.Env = dirs[0], environment(t)
			printed[0], printed[1] = run(t, theirs), run(t, pawl(t, dirs[1], "python", "script.py"))
			if diff := cmp.Diff(printed[0], printed[1]); diff != "" {
				t.Errorf("what is printed differs (-peer +pawl):\n%s", diff)
			}
			if diff := cmp.Diff(snapshot(t, dirs[0]), snapshot(t, dirs[1])); diff != "" {
				t.Errorf("the products differ (-peer +pawl):\n%s", diff)
			}
		})
	}
}
