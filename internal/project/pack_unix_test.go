//go:build unix

package project_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
)

func TestWhatCannotBePacked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644))
	wantCode(t, "pipe", project.Pack(dir, io.Discard, project.PackOptions{}), model.Invalid)

	dir = t.TempDir()
	if os.WriteFile(filepath.Join(dir, "\xff"), nil, 0o644) == nil {
		wantCode(t, "name that is not UTF-8", project.Pack(dir, io.Discard, project.PackOptions{}), model.Invalid)
	}
}

// The configuration of who runs a project is not packed under another name.
func TestNoLinkLeadsToTheConfiguration(t *testing.T) {
	t.Parallel()
	for name, lead := range map[string]func(dir, outside string) error{
		"directly": func(dir, _ string) error { return os.Symlink("pawl.yaml", filepath.Join(dir, "x")) },
		"through another folder": func(dir, _ string) error {
			return errors.Join(os.Symlink(".", filepath.Join(dir, "d")), os.Symlink("d/pawl.yaml", filepath.Join(dir, "x")))
		},
		"from outside": func(dir, outside string) error {
			there := filepath.Join(outside, "y")
			return errors.Join(os.Symlink(filepath.Join(dir, "pawl.yaml"), there), os.Symlink(there, filepath.Join(dir, "x")))
		},
	} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "pawl.yaml"), []byte("database: {password: hunter3}\n"), 0o600))
		must(t, lead(dir, t.TempDir()))
		options := project.PackOptions{CopyOutgoingSymlinks: true}
		wantCode(t, name, project.Pack(dir, io.Discard, options), model.Invalid)
		must(t, os.WriteFile(filepath.Join(dir, ".digdagignore"), []byte("x\n"), 0o600))
		must(t, project.Pack(dir, io.Discard, options))
	}
}
