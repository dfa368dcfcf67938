package logs_test

import (
	"io"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/logs"
)

// watch watches the log of the try. What it returns waits for a call.
func watch(t *testing.T, d *logs.Dir) (called func(), tells bool) {
	t.Helper()
	calls := make(chan struct{}, 1)
	stop, tells := d.Watch(id, task, func() {
		select {
		case calls <- struct{}{}:
		default:
		}
	})
	t.Cleanup(stop)
	return func() {
		t.Helper()
		select {
		case <-calls:
		case <-time.After(time.Minute):
			t.Fatal("nobody was called")
		}
	}, tells
}

func say(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		t.Fatal(err)
	}
}

// told skips a test where the system does not tell of writes.
func told(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system does not tell of writes to files")
	}
}

func TestWhoWatchesIsCalledWhenALogIsMadeAndWrittenTo(t *testing.T) {
	t.Parallel()
	d := logs.At(filepath.Join(t.TempDir(), "logs"))
	out := output(d)
	defer out.Close()
	called, tells := watch(t, d)
	if tells {
		t.Error("a log that does not exist is told of")
	}
	f, err := out.File()
	if err != nil {
		t.Fatal(err)
	}
	if f != nil { // else programs print through the writers here
		say(t, f, "as a program writes")
		called() // it is made
	}
	say(t, out, "as an operator writes")
	called()
	told(t)
	say(t, out, "more")
	called()
}

func TestALogThatExistsIsToldOfAtOnceAndToAll(t *testing.T) {
	t.Parallel()
	told(t)
	d := written(t, "before")
	first, _ := watch(t, d)
	second, tells := watch(t, d)
	if !tells {
		t.Fatal("a log that exists is not told of")
	}
	out := output(logs.At(filepath.Dir(d.Attempt(id.Attempt)))) // as another process
	defer out.Close()
	say(t, out, "after")
	first()
	second()
}

func TestWhoStoppedWatchingIsNotCalled(t *testing.T) {
	t.Parallel()
	d := written(t, "before")
	out := output(d)
	defer out.Close()
	var stopped, wrong atomic.Bool
	stop, _ := d.Watch(id, task, func() { wrong.Store(stopped.Load()) })
	other, _ := watch(t, d)
	stop()
	stopped.Store(true)
	say(t, out, "after")
	told(t)
	other()
	if wrong.Load() {
		t.Error("called after it had stopped")
	}
}
