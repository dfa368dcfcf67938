package project

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WorkspaceOptions say where workspaces are and what they may cost.
type WorkspaceOptions struct {
	// Dir is the folder that holds them, which must exist. Defaults to that of
	// the system for temporary files.
	Dir string
	// Limits are those of the archives.
	Limits Limits
	// Cache is how many bytes of archives to keep for tasks to come. One that is
	// in use is kept in any case.
	Cache int64
}

// Workspaces gives each task a folder of its own with the files of its revision.
// Archives are fetched once and kept; each folder is unpacked anew, so whatever
// a task does to its files, no other task sees it. The methods may be called
// concurrently.
type Workspaces struct {
	dir    string
	limits Limits
	cache  *cache
}

// OpenWorkspaces makes an empty folder for workspaces.
func OpenWorkspaces(options WorkspaceOptions) (*Workspaces, error) {
	dir, err := os.MkdirTemp(options.Dir, "pawl-")
	if err != nil {
		return nil, fmt.Errorf("make folder for workspaces: %w", err)
	}
	return &Workspaces{dir, options.Limits, newCache(dir, options.Limits.stream(), options.Cache)}, nil
}

// Close removes all archives and workspaces. It comes after all other calls,
// those of workspaces included.
func (w *Workspaces) Close() error { return removeAll(w.dir) }

// Fetch opens the archive of a revision. Reading ends with the context, too.
type Fetch func(ctx context.Context) (io.ReadCloser, error)

// Make unpacks the archive that is known under a key, which is fetched if it is
// not there. Nobody else fetches the same key meanwhile. The caller closes the
// workspace. Errors are those of fetch and Unpack.
func (w *Workspaces) Make(ctx context.Context, key string, fetch Fetch) (_ *Workspace, err error) {
	kept, err := w.cache.acquire(ctx, key, fetch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.cache.release(kept)) }()
	dir, err := os.MkdirTemp(w.dir, "task-")
	if err != nil {
		return nil, fmt.Errorf("make workspace: %w", err)
	}
	if err := unpackFile(kept.file, dir, w.limits); err != nil {
		w.cache.forget(kept) // the next task gets what is there then
		return nil, errors.Join(err, removeAll(dir))
	}
	return &Workspace{dir}, nil
}

func unpackFile(name, dir string, limits Limits) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read archive: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return Unpack(f, dir, limits)
}

// Workspace is the folder of one task.
type Workspace struct{ dir string }

// Dir returns the name of the folder.
func (w *Workspace) Dir() string { return w.dir }

// Close removes the folder with all that the task left in it.
func (w *Workspace) Close() error { return removeAll(w.dir) }

// removeAll removes a folder even if permissions of folders in it were taken
// away.
func removeAll(dir string) error {
	if err := os.RemoveAll(dir); err == nil {
		return nil
	}
	// What could not be opened for removal shows in the second attempt.
	_ = filepath.WalkDir(dir, func(name string, e fs.DirEntry, _ error) error {
		if e != nil && e.IsDir() {
			return os.Chmod(name, 0o700)
		}
		return nil
	})
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove workspace: %w", err)
	}
	return nil
}
