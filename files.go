package pawl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/blob/memory"
	"github.com/pawlhq/pawl/internal/values"
)

// File is a handle of a file that a FileManager keeps: a field of the parameters of a
// run by which any step, on any machine, reads the file. The zero File is none. A
// py> task that gets one as a parameter loads it like any output.
type File = values.File

// FileManager keeps files under names that it makes, until they are deleted: unlike
// outputs, they outlive the runs that wrote them. Its methods may be called
// concurrently; Close deletes what CopyToTemp has left on this machine.
type FileManager = values.FileManager

// LocalFiles returns a manager that keeps files in a folder, which is made if it is
// missing. Package bucket has one that keeps them in object storage.
func LocalFiles(folder string) (*FileManager, error) {
	of, err := file.Open(folder)
	if err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	return values.NewFileManager(of, "", func(key string) string {
		path, err := of.Path(key)
		if err != nil {
			return key // it was written under that key
		}
		return path
	}), nil
}

// MemoryFiles returns a manager that keeps files in memory, for tests.
func MemoryFiles() *FileManager {
	return values.NewFileManager(memory.New(time.Now), "", func(key string) string { return "memory:" + key })
}

// Files returns the manager of Config.Files, for functions of steps.
func Files(ctx context.Context) (*FileManager, error) {
	e, ok := ctx.Value(engineKey{}).(*Engine)
	switch {
	case !ok:
		return nil, errors.New("Files is for functions of steps: the context is none of theirs")
	case e.cfg.Files == nil:
		return nil, Permanent(errors.New("no manager keeps files: Config.Files is not set"))
	}
	return e.cfg.Files, nil
}
