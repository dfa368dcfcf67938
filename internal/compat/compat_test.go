package compat_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The clock of the library for regular expressions ends by itself.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"))
}

var update = flag.Bool("update", false, "write what the runs do into the files that say what they should do")

// Each file in testdata is a behaviour: its comment says which, and lines in
// it that begin with "$ run" are the runs. The file `want` in it is what they
// do. A line "$ write FILE" puts the file FILE.new in the place of FILE, and
// "# needs PROGRAM" skips the test where there is no such program.
func TestBehaviour(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no behaviours: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, got := "", behave(t, archive)
			for i := range archive.Files {
				if f := &archive.Files[i]; f.Name == "want" {
					want, f.Data = string(f.Data), []byte(got)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" && !*update {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// behave carries out what the comment of an archive says.
func behave(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	files := make(map[string]string)
	for _, f := range archive.Files {
		if f.Name != "want" {
			files[f.Name] = string(f.Data)
		}
	}
	p := newProject(t, files)
	var got []string
	for line := range strings.Lines(string(archive.Comment)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 3 && words[0] == "#" && words[1] == "needs":
			if _, err := exec.LookPath(words[2]); err != nil {
				t.Skipf("there is no %s here", words[2])
			}
		case len(words) == 3 && words[0] == "$" && words[1] == "write":
			p.write(t, words[2], files[words[2]+".new"])
		case len(words) >= 2 && words[0] == "$" && words[1] == "run":
			c, err := parseCommand(words[2:])
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			got = append(got, p.run(t, c))
		}
	}
	if len(got) == 0 {
		t.Fatal("the comment has no line that begins with \"$ run\"")
	}
	return strings.Join(got, "\n")
}
