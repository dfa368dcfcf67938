//go:build unix

package scratch_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pawlhq/pawl/internal/scratch"
)

// holder is the variable that has this test binary make a folder in the named
// one and hold it.
const holder = "PAWL_TEST_HOLD"

func TestMain(m *testing.M) {
	if parent := os.Getenv(holder); parent != "" {
		f, err := scratch.Make(parent, "run-")
		if err != nil {
			panic(err)
		}
		fmt.Println(f.Path())
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		return
	}
	os.Exit(m.Run())
}

func TestSweepRemovesWhatTheDeadHaveLeft(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(t.TempDir(), "not", "there")
	own, err := scratch.Make(parent, "run-")
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(parent, "notes")
	for _, file := range []string{filepath.Join(own.Path(), "file"), other} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), holder+"="+parent)
	stdin, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	theirs := line[:len(line)-1]

	scratch.Sweep(parent, "run-")
	for _, path := range []string{own.Path(), theirs, other} {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("while both live: %v", err)
		}
	}
	_ = process.Process.Kill()
	_ = process.Wait()
	scratch.Sweep(parent, "other-")
	if _, err := os.Stat(theirs); err != nil {
		t.Errorf("another prefix: %v", err)
	}
	scratch.Sweep(parent, "run-")
	if _, err := os.Stat(theirs); !os.IsNotExist(err) {
		t.Errorf("the folder of the dead is there: %v", err)
	}
	if err := own.Remove(); err != nil {
		t.Error(err)
	}
	if list, err := os.ReadDir(parent); len(list) != 1 || err != nil {
		t.Errorf("left: %v, %v; want the notes alone", list, err)
	}
}

// Who sweeps never takes a folder that is just being made.
func TestSweepSparesTheLiving(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 200 {
				f, err := scratch.Make(parent, "run-")
				if err != nil {
					t.Error(err)
					return
				}
				if err := os.WriteFile(filepath.Join(f.Path(), "file"), nil, 0o600); err != nil {
					t.Error(err)
				}
				if err := f.Remove(); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 200 {
				scratch.Sweep(parent, "run-")
			}
		})
	}
	all.Wait()
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := scratch.Make(file, "run-"); err == nil {
		t.Error("a folder was made in a file")
	}
}

// A folder with a name that is given is held like any other.
func TestAFolderOfAName(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(t.TempDir(), "not", "there")
	path := filepath.Join(parent, "run-x")
	own, err := scratch.MakeAt(path)
	if err != nil {
		t.Fatal(err)
	}
	scratch.Sweep(parent, "run-")
	if _, err := os.Stat(path); err != nil || own.Path() != path {
		t.Errorf("what is held is swept: %v", err)
	}
	if other, err := scratch.MakeAt(path); err == nil {
		t.Errorf("another has it, too: %v", other)
	}
	if err := own.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("it is left")
	}
}
