//go:build unix

package process_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/process"
)

const bothOutputs = "echo out; echo err >&2"

func TestOutputGoesToAWriter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	run(t, sh(bothOutputs, &out))
	if got := out.String(); got != "out\nerr\n" {
		t.Errorf("got %q", got)
	}
}

// fileWriter offers a file, or none.
type fileWriter struct {
	bytes.Buffer
	file *os.File
	err  error
}

func (w *fileWriter) File() (*os.File, error) { return w.file, w.err }

func TestOutputGoesStraightIntoAFile(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(*os.File) io.Writer{
		"file":           func(f *os.File) io.Writer { return f },
		"writer with it": func(f *os.File) io.Writer { return &fileWriter{file: f} },
	} {
		path := filepath.Join(t.TempDir(), "log")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		run(t, sh(bothOutputs+"; readlink /proc/$$/fd/1", wrap(f)))
		if _, err := f.WriteString("more\n"); err != nil {
			t.Errorf("%s is closed: %v", name, err)
		}
		if got, err := os.ReadFile(path); string(got) != "out\nerr\n"+path+"\nmore\n" || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestWriterMayHaveNoFile(t *testing.T) {
	t.Parallel()
	w := &fileWriter{}
	run(t, sh(bothOutputs, w))
	if got := w.String(); got != "out\nerr\n" {
		t.Errorf("got %q", got)
	}
	w.err = errors.New("disk full")
	if _, err := sh(bothOutputs, w).Run(t.Context()); err != w.err {
		t.Errorf("got %v, want %v", err, w.err)
	}
}

// leftBehind runs a script that leaves a process behind, and ends that.
func leftBehind(t *testing.T, script string) string {
	t.Helper()
	var out bytes.Buffer
	p, err := sh("/bin/sleep 1000 & "+script, &out).Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { process.Group(p.Pid()).End(time.Second) })
	if _, err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWhatIsLeftBehindIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	if got := leftBehind(t, "echo done"); got != "done\n" {
		t.Errorf("got %q", got)
	}
}

func TestAllThatTheProgramPrintedIsTaken(t *testing.T) {
	t.Parallel()
	const size = 300_000
	if got := leftBehind(t, "head -c 300000 /dev/zero"); len(got) != size {
		t.Errorf("got %d bytes, want %d", len(got), size)
	}
}

// failing takes some bytes and then fails.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriterThatFailsBreaksThePipe(t *testing.T) {
	t.Parallel()
	w := failing{errors.New("disk full")}
	status, err := sh("exec yes", w).Run(t.Context())
	if !errors.Is(err, w.err) || !strings.HasPrefix(err.Error(), "take output: ") {
		t.Errorf("got %v, want %v", err, w.err)
	}
	if want := int(syscall.SIGPIPE); status.Signal != want {
		t.Errorf("got %+v, want signal %d", status, want)
	}
}
