package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// File is the log of one try.
type File struct {
	ID model.TryID
	// Size is how many bytes it has as yet.
	Size int64
}

// List returns the logs of an attempt, in order of task and try. Other files
// in its folder are passed over.
func (d *Dir) List(id model.AttemptID) ([]File, error) {
	entries, err := os.ReadDir(d.Attempt(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list logs of attempt %d: %w", id, err)
	}
	var list []File
	for _, e := range entries {
		try, ok := tryOf(id, e.Name())
		if !ok {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("list logs of attempt %d: %w", id, err)
		}
		list = append(list, File{ID: try, Size: info.Size()})
	}
	slices.SortFunc(list, func(a, b File) int {
		if a.ID.Task != b.ID.Task {
			return int(a.ID.Task - b.ID.Task)
		}
		return int(a.ID.Try - b.ID.Try)
	})
	return list, nil
}

// tryOf reads the name of a file: the reverse of Path, as far as it goes.
func tryOf(id model.AttemptID, name string) (model.TryID, bool) {
	digits := len(name) - len(strings.TrimLeft(name, "0123456789"))
	stem, isLog := strings.CutSuffix(name, ".log")
	dot := strings.LastIndexByte(stem, '.')
	if !isLog || dot < digits {
		return model.TryID{}, false
	}
	task, errTask := strconv.ParseInt(name[:digits], 10, 32)
	try, errTry := strconv.ParseInt(stem[dot+1:], 10, 32)
	return model.TryID{Attempt: id, Task: model.TaskID(task), Try: int32(try)}, errTask == nil && errTry == nil && try >= 0
}

// Open opens the log of a try as it is now: what is added later is not read.
// One that there is not is NotFound.
func (d *Dir) Open(id model.TryID, task string) (_ io.ReadCloser, size int64, err error) {
	f, err := os.Open(d.Path(id, task))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, model.Errorf(model.NotFound, "there is no log of try %d of %s", id.Try, task)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open task log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("open task log: %w", err), f.Close())
	}
	return snapshot{io.LimitReader(f, info.Size()), f}, info.Size(), nil
}

// snapshot reads a file as it was when it was opened.
type snapshot struct {
	io.Reader
	io.Closer
}
