package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
)

// Dir is a folder of logs: a file for each try, in a folder for each attempt.
type Dir struct {
	path  string
	home  Home
	limit int64
	clock clock.Clock
	watchers
	logs open
}

var _ Store = (*Dir)(nil)

// At returns the logs in the folder at path, which need not exist.
func At(path string) *Dir { return &Dir{path: path, clock: clock.System{}} }

// Limit sets how many bytes a log may have from now on: of one that is printed more
// to, the beginning and the end are kept. Zero, the default, is any number; else it
// is at least MinLimit. Call it before the first log is opened.
func (d *Dir) Limit(size int64) { d.limit = size }

// Clock sets what tells when something was printed, which is the machine's else. Call it
// before the first log is opened.
func (d *Dir) Clock(c clock.Clock) { d.clock = c }

// Within says where in the folder the logs are. Call it before the first log is opened.
func (d *Dir) Within(h Home) { d.home = h }

// Path returns the file of a try. It need not exist.
func (d *Dir) Path(id model.TryID, task string) string {
	return filepath.Join(d.Attempt(id.Attempt), name{try: id, stem: stemOf(id, task)}.String())
}

// Attempt returns the folder with the logs of an attempt. It need not exist.
func (d *Dir) Attempt(id model.AttemptID) string {
	return filepath.Join(d.path, d.home.folder(id), strconv.FormatInt(int64(id), 10))
}

// Append implements Store: all runs of a try share one file.
func (d *Dir) Append(id model.TryID, task string) (*Log, error) {
	path := d.Path(id, task)
	return d.logs.append(&Log{path: path, limit: d.limit, now: d.clock.Now, made: func() { d.made(path) }}), nil
}

// List implements Store. Other files in the folder are passed over.
func (d *Dir) List(_ context.Context, id model.AttemptID) ([]File, error) {
	entries, err := os.ReadDir(d.Attempt(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list logs of attempt %d: %w", id, err)
	}
	var list []File
	for _, e := range entries {
		n, ok := parseName(id, e.Name())
		if !ok || n.run != "" {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("list logs of attempt %d: %w", id, err)
		}
		list = append(list, File{ID: n.try, Name: n.task(), Size: info.Size()})
	}
	slices.SortFunc(list, func(a, b File) int { return compareTries(a.ID, b.ID) })
	return list, nil
}

// Open implements Store.
func (d *Dir) Open(_ context.Context, id model.TryID, task string, show Show) (io.ReadCloser, error) {
	f, err := d.logs.show(d.Path(id, task), show.about(id, task))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noLog(id, task)
	}
	if err != nil {
		return nil, fmt.Errorf("open task log: %w", err)
	}
	return f, nil
}

func noLog(id model.TryID, task string) error {
	return model.Errorf(model.NotFound, "there is no log of try %d of %s", id.Try, task)
}

// openNow opens a file as it is now.
func openNow(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return snapshot{io.LimitReader(f, info.Size()), f}, nil
}

// snapshot reads a file as it was when it was opened.
type snapshot struct {
	io.Reader
	io.Closer
}

// Link implements Store: a folder has no URLs.
func (d *Dir) Link(context.Context, File) (string, error) { return "", nil }

// Remove implements Store.
func (d *Dir) Remove(_ context.Context, id model.AttemptID) error {
	if err := os.RemoveAll(d.Attempt(id)); err != nil {
		return fmt.Errorf("remove logs of attempt %d: %w", id, err)
	}
	return nil
}

// Quiet returns the attempts that have logs, but none that was made since an
// instant, in any order.
func (d *Dir) Quiet(since time.Time) ([]model.AttemptID, error) {
	var list []model.AttemptID
	for _, folder := range d.home.folders() {
		entries, err := os.ReadDir(filepath.Join(d.path, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("list logs: %w", err)
		}
		for _, e := range entries {
			n, err := strconv.ParseInt(e.Name(), 10, 64)
			id := model.AttemptID(n)
			if err != nil || !e.IsDir() || d.home.folder(id) != folder {
				continue
			}
			if info, err := e.Info(); err == nil && info.ModTime().Before(since) { // else it has just been removed
				list = append(list, id)
			}
		}
	}
	return list, nil
}

// create opens a file for appending and makes its folder when it is missing.
func create(path string) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	f, err := os.OpenFile(path, flags, 0o600)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path, flags, 0o600)
}

// openToMove opens a file whose text is to be moved.
func openToMove(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR, 0) }
