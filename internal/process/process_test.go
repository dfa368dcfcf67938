//go:build unix

package process_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/pawlhq/pawl/internal/process"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sh returns a command that runs a script.
func sh(script string, out io.Writer) *process.Command {
	return &process.Command{Path: "/bin/sh", Args: []string{"sh", "-c", script}, Env: os.Environ(), Output: out}
}

func run(t *testing.T, c *process.Command) process.Status {
	t.Helper()
	status, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func TestStatusTellsHowTheProgramEnded(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]process.Status{
		"exit 0":       {},
		"exit 3":       {Code: 3},
		"exit 255":     {Code: 255},
		"kill -9 $$":   {Code: 137, Signal: 9},
		"kill -TERM 0": {Code: 143, Signal: 15},
	} {
		if got := run(t, sh(script, nil)); got != want {
			t.Errorf("%s: got %+v, want %+v", script, got, want)
		}
	}
}

func TestStatusNamesTheSignal(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]process.Status{
		"code 0":                      {},
		"code 128":                    {Code: 128},
		"code 137, killed by SIGKILL": {Code: 137, Signal: 9},
		"code 143, as after SIGTERM":  {Code: 143},
		"code 255":                    {Code: 255},
		"code 139, killed by SIGSEGV": {Code: 139, Signal: 11, Core: true},
	} {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEnvironmentFolderAndInputAreOnlyWhatWasGiven(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &process.Command{
		Path:   "/bin/sh",
		Args:   []string{"my-name", "-c", `/usr/bin/env; echo "$0"; cat; pwd`},
		Dir:    dir,
		Env:    []string{"A=1", "PWD=" + dir},
		Output: &out,
	}
	run(t, c)
	if got, want := out.String(), "A=1\nPWD="+dir+"\nmy-name\n"+dir+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProgramLeadsItsOwnGroup(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	c := sh("read line <&3", nil)
	c.Files = []*os.File{r}
	p, err := c.Start()
	if err != nil {
		t.Fatal(err)
	}
	group, err := syscall.Getpgid(p.Pid())
	if err != nil || group != p.Pid() {
		t.Errorf("group %d of process %d: %v", group, p.Pid(), err)
	}
	w.Close()
	if _, err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsLeftToReap(t *testing.T) {
	t.Parallel()
	p, err := sh("exit 1", nil).Start()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.Wait4(p.Pid(), nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("got %v, want %v", err, syscall.ECHILD)
	}
}

func TestProgramThatCannotStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing")
	for _, tt := range []struct {
		name string
		c    process.Command
		want error
		text string
	}{
		{"missing program", process.Command{Path: missing}, fs.ErrNotExist, "start " + missing},
		{"not executable", process.Command{Path: plain}, fs.ErrPermission, "start " + plain},
		{"missing folder", process.Command{Path: "/bin/true", Dir: missing}, fs.ErrNotExist, "stat " + missing},
		{"NUL in a variable", process.Command{Path: "/bin/true", Env: []string{"A=1", "B=\x00"}}, syscall.EINVAL, `variable "B"`},
		{"NUL in an argument", process.Command{Path: "/bin/true", Args: []string{"a", "secret\x00"}}, syscall.EINVAL, "an argument"},
		{"too large", process.Command{Path: "/bin/true", Env: []string{"A=1", "B=" + strings.Repeat("x", 1<<20)}}, syscall.E2BIG, "B, has 1048576 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.c.Args == nil {
				tt.c.Args = []string{"x"}
			}
			tt.c.Output = io.Discard
			_, err := tt.c.Run(t.Context())
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %v with %q", err, tt.want, tt.text)
			}
		})
	}
}

func TestManyAtATimeKeepTheirOwnOutput(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			var out bytes.Buffer
			status, err := sh("echo $0; exit "+strconv.Itoa(i), &out).Run(context.Background())
			if err != nil || status.Code != i || out.String() != "sh\n" {
				t.Errorf("run %d: %+v, %q, %v", i, status, &out, err)
			}
		})
	}
	wg.Wait()
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}
