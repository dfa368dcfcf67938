package pipeline_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/pipeline"
)

// load loads with nothing of the surroundings of the test.
func load(t testing.TB, o pipeline.Options) (*pipeline.Pipeline, error) {
	t.Helper()
	if o.Lookup == nil {
		o.Lookup = func(string) (string, bool) { return "", false }
	}
	if o.Now.IsZero() {
		o.Now = time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC)
	}
	if o.User == "" {
		o.User = "ann"
	}
	return pipeline.Load(context.Background(), o)
}

// folder makes a folder with files.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		write(t, filepath.Join(dir, name), content)
	}
	return dir
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// copyOf copies a project, so that what a test does to it is gone afterwards.
func copyOf(t testing.TB, project string) string {
	t.Helper()
	dir := filepath.Join(folder(t, nil), filepath.Base(project))
	if err := os.CopyFS(dir, os.DirFS(project)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// excerpt returns an error as users see it.
func excerpt(err error) string {
	var errs document.Errors
	if errors.As(err, &errs) {
		return errs.Excerpt()
	}
	return err.Error() + "\n" + model.HintsOf(err)
}

// must loads what has to be right.
func must(t testing.TB, o pipeline.Options) *pipeline.Pipeline {
	t.Helper()
	p, err := load(t, o)
	if err != nil {
		t.Fatal(excerpt(err))
	}
	return p
}

// refused loads what has to be wrong, and checks what is said about it.
func refused(t testing.TB, o pipeline.Options, says ...string) {
	t.Helper()
	_, err := load(t, o)
	if err == nil {
		t.Fatalf("it loads, but %q was expected", says)
	}
	for _, text := range says {
		if !strings.Contains(excerpt(err), text) {
			t.Errorf("the error does not say %q:\n%s", text, excerpt(err))
		}
	}
}
