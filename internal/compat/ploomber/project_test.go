package ploomber_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var (
	update    = flag.Bool("update", false, "write what is run into the files that say what should be run")
	peerFirst = flag.Bool("peer-first", false, "have Ploomber make the builds that pawl makes otherwise, and the other way round")
)

// Each file in testdata is a project: its comment says what is special about it
// and how it changes. Before anything else, and after each change, both say what
// they would run, which must be the same; then one of them builds, in turn, and
// neither has anything to do any more. The file `want` says what was run, and
// why. In the end each of them builds everything, and what they make must be the
// same, records included.
//
// A line that begins with "$" is a change, and one with "+" another one at the
// same time: "replace FILE OLD NEW", "remove PATH", "empty PATH", "put PATH",
// which takes the file PATH.new. The line "! always TASK... : REASON" tells which
// tasks the peer runs whatever happens, "# needs PROGRAM" what must be there, and
// "# args" what is said on both command lines.
func TestProjectsAreBuiltInTurn(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(found) < 10 {
		t.Fatalf("projects: %v %v", found, err)
	}
	p := newPeer(t)
	for _, file := range found {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := readScript(archive)
			if err != nil {
				t.Fatal(err)
			}
			for _, program := range s.needs {
				if _, err := exec.LookPath(program); err != nil {
					t.Skip(err)
				}
			}
			g := &game{t: t, script: s, peer: p, dir: t.TempDir(), ours: !*peerFirst}
			want, got := string(s.files["want"]), g.play()
			if diff := cmp.Diff(want, got); diff != "" && !*update {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
			if *update && !t.Failed() {
				s.save(t, file, archive, got)
			}
		})
	}
}

// script is what a file in testdata says.
type script struct {
	files  map[string][]byte
	needs  []string
	args   []string
	always []string
	steps  []step
}

// step is one change of a project.
type step [][]string

func readScript(archive *txtar.Archive) (*script, error) {
	s := &script{files: make(map[string][]byte), steps: []step{nil}}
	for _, f := range archive.Files {
		s.files[f.Name] = f.Data
	}
	for line := range strings.Lines(string(archive.Comment)) {
		words := split(line)
		if len(words) < 2 {
			continue
		}
		last := &s.steps[len(s.steps)-1]
		subject, _, _ := strings.Cut(strings.Join(words[2:], " "), ":")
		switch words[0] + " " + words[1] {
		case "# needs":
			s.needs = append(s.needs, words[2:]...)
			continue
		case "# args":
			s.args = append(s.args, words[2:]...)
			continue
		case "! always":
			s.always = append(s.always, strings.Fields(subject)...)
			continue
		}
		switch words[0] {
		case "$":
			s.steps = append(s.steps, step{words[1:]})
		case "+":
			*last = append(*last, words[1:])
		case "#", "!":
			return nil, fmt.Errorf("unknown line %q", line)
		}
	}
	return s, nil
}

// split returns the words of a line; what is in quotes of either kind is one
// word, in which \n is a line break.
func split(line string) []string {
	var words []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		word, rest, _ := strings.Cut(line, " ")
		if quote := line[:1]; quote == "'" || quote == `"` {
			word, rest, _ = strings.Cut(line[1:], quote)
			word = strings.ReplaceAll(word, `\n`, "\n")
		}
		words, line = append(words, word), rest
	}
	return words
}

func (s *script) save(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
	if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}
