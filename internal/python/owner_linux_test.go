package python_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pythontest"
	"golang.org/x/sys/unix"
)

// own is what the test program does as an owner: it runs a task and a request in the folder dir, which wait for good.
func own(dir, python3, cache string) {
	h, err := python.Start(context.Background(), python.Config{Python: python3, Dir: dir, Cache: cache, Env: os.Environ()})
	if err != nil {
		panic(err)
	}
	go func() {
		_, _ = h.Run(context.Background(), python.Task{Name: "t", Dotted: "tasks.wait", Product: file(dir + "/x")}, nil)
	}()
	_, _ = h.Call(context.Background(), python.Call{Path: "tasks.wait"})
}

func TestNothingOutlivesItsOwner(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": `
import signal, subprocess
def wait(product=None):
    fifo = open("fifo", "w")
    child = subprocess.Popen(["sleep", "1000"], stdout=fifo)
    print("x", file=fifo, flush=True)
    signal.pause()
`})
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), "PAWL_TEST_OWNER="+dir, "PAWL_TEST_CACHE="+cache, "PAWL_TEST_OWNED="+pythontest.Path(t))
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(fifo) // when one has opened it too
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.ReadFull(f, make([]byte, len("x\nx\n"))); err != nil {
		t.Fatal(err)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait()
	if rest, err := io.ReadAll(f); err != nil || len(rest) != 0 { // ends when nobody has the fifo
		t.Errorf("%q, %v", rest, err)
	}
}
