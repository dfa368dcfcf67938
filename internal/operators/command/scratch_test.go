package command_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/operator"
)

func newScratch(project, workdir string) *command.Scratch {
	return command.NewScratch(&operator.Task{
		ID: model.TryID{Attempt: 7, Task: 12, Try: 3}, Project: project, Workdir: workdir,
	}, "sh")
}

func TestScratchFilesArePrivateAndNamedAfterTheTask(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	s := newScratch(project, project)
	if err := s.Write("runner.sh", []byte("text")); err != nil {
		t.Fatal(err)
	}
	path := s.Path("runner.sh")
	if got, err := os.ReadFile(path); string(got) != "text" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	rel, err := filepath.Rel(project, path)
	if err != nil || !regexp.MustCompile(`^\.digdag/tmp/digdag-sh-7\.12-\d+-runner\.sh$`).MatchString(rel) {
		t.Errorf("got %s, %v", rel, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestScratchArgument(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	top := newScratch(project, project)
	if got := top.Arg("x"); filepath.IsAbs(got) || filepath.Join(project, got) != top.Path("x") {
		t.Errorf("in the project: got %s for %s", got, top.Path("x"))
	}
	below := newScratch(project, filepath.Join(project, "dir"))
	if got := below.Arg("x"); got != below.Path("x") {
		t.Errorf("below the project: got %s for %s", got, below.Path("x"))
	}
}

func TestScratchLeavesNothing(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	s := newScratch(project, project)
	if err := s.Write("input.json", nil); err != nil {
		t.Fatal(err)
	}
	for name, made := range map[string]bool{"output.json": true, "never": false} {
		if path := s.Path(name); made {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.Remove()
	entries, err := os.ReadDir(filepath.Join(project, ".digdag", "tmp"))
	if err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestScratchNeverWritesToAnExistingFile(t *testing.T) {
	t.Parallel()
	s := newScratch(t.TempDir(), "")
	if err := s.Write("x", nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Write("x", nil); err == nil || !strings.HasPrefix(err.Error(), "write scratch file: ") {
		t.Errorf("got %v", err)
	}
}

func TestScratchMayBeOutsideOfTheProject(t *testing.T) {
	t.Parallel()
	project, folder := t.TempDir(), t.TempDir()
	task := &operator.Task{Project: project, Workdir: project, Scratch: func() (string, error) { return folder, nil }}
	s := command.NewScratch(task, "sh")
	if err := s.Write("x", nil); err != nil {
		t.Fatal(err)
	}
	if path := s.Arg("x"); filepath.Dir(path) != folder {
		t.Errorf("got %s, want a file in %s", path, folder)
	}
	task.Scratch = func() (string, error) { return "", os.ErrPermission }
	if err := command.NewScratch(task, "sh").Write("x", nil); !errors.Is(err, os.ErrPermission) {
		t.Errorf("without a folder: %v", err)
	}
	if list, err := os.ReadDir(project); len(list) > 0 || err != nil {
		t.Errorf("the project has %v, %v", list, err)
	}
}

func BenchmarkScratch(b *testing.B) {
	t := &operator.Task{Project: b.TempDir()}
	for b.Loop() {
		s := command.NewScratch(t, "sh")
		if err := s.Write("runner.sh", []byte("true\n")); err != nil {
			b.Fatal(err)
		}
		s.Remove()
	}
}
