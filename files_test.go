package pawl_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

func TestFilesAreKept(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	local, err := pawl.LocalFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*pawl.FileManager{"local": local, "memory": pawl.MemoryFiles()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pawltest.FileManager(t, m)
		})
	}
	f, err := local.WriteBytes(t.Context(), []byte("x"), "csv")
	if err != nil || !strings.HasPrefix(f.String(), folder) || filepath.Ext(f.String()) != ".csv" {
		t.Errorf("the file is at %s, %v", f, err)
	}
	if text, err := os.ReadFile(f.String()); err != nil || string(text) != "x" {
		t.Errorf("the path has %q, %v", text, err)
	}
}

// One step writes a file and another reads it by its handle.
func TestStepsHandFilesOn(t *testing.T) {
	t.Parallel()
	type report struct {
		File pawl.File
		Text string
	}
	p := pawl.Must(pawl.Define("reports", "1",
		pawl.Execute("write", func(ctx context.Context, r *report) error {
			files, err := pawl.Files(ctx)
			if err == nil {
				r.File, err = files.Write(ctx, strings.NewReader("a;b\n"), ".csv")
			}
			return err
		}),
		pawl.Execute("read", func(ctx context.Context, r *report) error {
			files, err := pawl.Files(ctx)
			if err != nil {
				return err
			}
			text, err := files.ReadBytes(ctx, r.File)
			r.Text = string(text)
			return err
		}),
	))
	m := pawl.MemoryFiles()
	e := pawltest.NewWith(t, pawl.Config{Files: m}, p)
	run, err := p.Start(t.Context(), e.Engine, "k", report{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := run.Params(t.Context())
	if err != nil || got.Text != "a;b\n" || got.File.Size() != 4 {
		t.Errorf("got %+v, %v", got, err)
	}
	if text, err := json.Marshal(report{}.File); err != nil || string(text) != "null" {
		t.Errorf("no file is %s, %v", text, err)
	}
	if _, err := pawl.Files(t.Context()); err == nil {
		t.Error("there are files outside of steps")
	}
}

// Many who ask for a copy get one.
func TestACopyIsMadeOnce(t *testing.T) {
	t.Parallel()
	m := pawl.MemoryFiles()
	f, err := m.WriteBytes(t.Context(), []byte("x"), "")
	if err != nil {
		t.Fatal(err)
	}
	paths := make([]string, 8)
	var wg sync.WaitGroup
	for i := range paths {
		wg.Go(func() { paths[i], _ = m.CopyToTemp(t.Context(), f) })
	}
	wg.Wait()
	for _, path := range paths {
		if path != paths[0] || path == "" {
			t.Errorf("copies are at %v", paths)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(paths[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy stays: %v", err)
	}
}
