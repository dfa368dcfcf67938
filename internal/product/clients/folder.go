package clients

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
)

// folder is a store in a folder, such as one on a network.
type folder struct{ path string }

var _ store = folder{}

func (f folder) String() string { return f.path }

func (f folder) close() error { return nil }

func (f folder) place(key string) string { return filepath.Join(f.path, filepath.FromSlash(key)) }

func (f folder) has(_ context.Context, key string) (bool, error) {
	found := false
	err := f.walk(key, func(entry) error {
		found = true
		return fs.SkipAll
	})
	return found, err
}

func (f folder) list(_ context.Context, key string) (found []entry, err error) {
	err = f.walk(key, func(e entry) error {
		found = append(found, e)
		return nil
	})
	return found, err
}

// walk calls do for the file under a key or for those below it.
func (f folder) walk(key string, do func(entry) error) error {
	top := f.place(key)
	info, err := os.Stat(top)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		if err = do(entry{key: key, size: info.Size()}); errors.Is(err, fs.SkipAll) {
			err = nil
		}
		return err
	}
	return filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || isDraft(d.Name()) {
			return err
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		name, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		return do(entry{key: below(key, name), name: name, size: info.Size()})
	})
}

func (f folder) get(ctx context.Context, key string) (io.ReadCloser, error) {
	file, err := os.Open(f.place(key))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, model.Errorf(model.NotFound, "there is no file %s", f.place(key))
	}
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{blob.Until(ctx, file), file}, nil
}

// same compares the content.
func (f folder) same(ctx context.Context, e entry, path string) (same bool, err error) {
	here, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = here.Close() }() // it was only read
	info, err := here.Stat()
	if err != nil || info.Size() != e.size {
		return false, err
	}
	there, err := f.get(ctx, e.key)
	if err != nil {
		return false, err
	}
	defer func() { _ = there.Close() }() // as above
	return sameBytes(here, there)
}

func sameBytes(a, b io.Reader) (bool, error) {
	const page = 64 << 10
	x, y := bufio.NewReaderSize(a, page), bufio.NewReaderSize(b, page)
	for {
		p, perr := x.Peek(page)
		q, qerr := y.Peek(page)
		for _, err := range []error{perr, qerr} {
			if err != nil && !errors.Is(err, io.EOF) {
				return false, err
			}
		}
		if !bytes.Equal(p, q) {
			return false, nil
		}
		if perr != nil {
			return true, nil
		}
		_, _ = x.Discard(page) // both have it
		_, _ = y.Discard(page)
	}
}

// check has nothing to compare with.
func (f folder) check(context.Context, entry, string) error { return nil }

// put writes a draft beside, which takes the place of what was there.
func (f folder) put(ctx context.Context, key, path string) (err error) {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	to := f.place(key)
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	draft, err := newDraft(filepath.Dir(to))
	if err != nil {
		return err
	}
	_, err = io.Copy(draft, blob.Until(ctx, from))
	if err == nil {
		err = draft.Sync()
	}
	err = errors.Join(err, draft.Close())
	if err == nil {
		err = replace(draft.Name(), to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(draft.Name()))
	}
	return syncFolder(filepath.Dir(to))
}

// replace renames a file. A folder in its way is one of an older version, and
// has no files any more.
func replace(from, to string) error {
	if info, err := os.Lstat(to); err == nil && info.IsDir() {
		if err := os.RemoveAll(to); err != nil {
			return err
		}
	}
	return os.Rename(from, to)
}

const (
	draftStart = ".pawl-"
	draftEnd   = ".part"
)

// drafts numbers those of this process.
var drafts atomic.Uint64

func newDraft(dir string) (*os.File, error) {
	for {
		name := fmt.Sprintf("%s%d-%d%s", draftStart, os.Getpid(), drafts.Add(1), draftEnd)
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

func isDraft(name string) bool {
	return strings.HasPrefix(name, draftStart) && strings.HasSuffix(name, draftEnd)
}

// syncFolder writes the names in a folder to disk, if it has such a thing.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

func (f folder) delete(_ context.Context, key string) error {
	err := os.Remove(f.place(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, syncFolder(filepath.Dir(f.place(key))))
}
