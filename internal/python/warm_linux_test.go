package python_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/python"
	"golang.org/x/sys/unix"
)

func TestWhatForksTasksCanStartBeforeTheFirst(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": "import told\ndef make(product): print(told.text)\n"})
	base := func(c *python.Config) { c.Env = append(c.Env, "PYTHONUSERBASE="+dir) }
	asker, _ := host(t, dir, base)
	v, err := asker.Call(t.Context(), python.Call{Path: "site.getusersitepackages"})
	if err != nil {
		t.Fatal(err)
	}
	site, fifo := v.(string), filepath.Join(dir, "fifo")
	if err := errors.Join(
		os.MkdirAll(site, 0o755),
		os.WriteFile(filepath.Join(site, "told.py"), []byte("text = 'once'\nwith open("+`"`+fifo+`"`+", 'w') as f:\n    f.write(text)\n"), 0o600),
		unix.Mkfifo(fifo, 0o600),
	); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(fifo, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, _ := host(t, dir, base, func(c *python.Config) {
		c.Env = append(c.Env, "PYTHONPATH="+site)
		c.Preload = []string{"tasks"}
	})
	h.Warm()
	if err := f.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 4)
	if _, err := io.ReadFull(f, text); err != nil || string(text) != "once" {
		t.Fatalf("nothing was imported: %q, %v", text, err)
	}
	if _, printed, err := run(t, h, function(dir, "make")); err != nil || printed != "once\n" {
		t.Errorf("printed %q, %v", printed, err)
	}
}
