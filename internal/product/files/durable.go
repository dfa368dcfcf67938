package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
)

// drafts numbers the files that become records.
var drafts atomic.Uint64

// replace gives a file other content at once: it has either the old or the new,
// whenever it is read. If the content has to be on disk before the name leads to
// it, lasting is true.
func replace(path string, content []byte, lasting bool) error {
	draft, err := newDraft(filepath.Dir(path))
	if err != nil {
		return err
	}
	_, err = draft.Write(content)
	if err == nil && lasting {
		err = draft.Sync()
	}
	err = errors.Join(err, draft.Close())
	if err == nil {
		err = os.Rename(draft.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(draft.Name()))
	}
	return nil
}

// newDraft makes a file with a name of its own, which is short because that of a
// record can be as long as names get.
func newDraft(dir string) (*os.File, error) {
	for {
		name := fmt.Sprintf(".pawl-%d-%d.part", os.Getpid(), drafts.Add(1))
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// syncTree writes a file, or a folder with all files in it, to disk.
func syncTree(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return syncFile(path, info.Mode())
	}
	path, err = filepath.EvalSymlinks(path) // a walk does not follow them
	if err != nil {
		return err
	}
	return filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncFile(path, entry.Type())
	})
}

// syncDirs writes the names in folders to disk.
func syncDirs(dirs []string) error {
	for _, dir := range dirs {
		if err := syncFile(dir, fs.ModeDir); err != nil {
			return err
		}
	}
	return nil
}

// syncFile writes a file or the names in a folder to disk. What is neither has
// nothing to be written, and what nobody may read counts as written.
func syncFile(path string, mode fs.FileMode) error {
	if !mode.IsRegular() && !mode.IsDir() {
		return nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // the file system has no such thing
	}
	return errors.Join(err, f.Close())
}
