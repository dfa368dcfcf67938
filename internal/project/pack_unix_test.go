//go:build unix

package project_test

import (
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
