package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

const (
	// tailBlock is how much of a file's end is read first.
	tailBlock = 16 << 10
	// tailLimit bounds what is read if that holds too few lines.
	tailLimit = 1 << 20
)

// Tail returns the last n lines of a log without their line ends, oldest
// first. The last one may be unfinished. A try that has no log has no lines.
// At most the last MiB is looked at; a line that began before is cut.
func (d *Dir) Tail(id model.TryID, task string, n int) ([]string, error) {
	if n <= 0 {
		return nil, nil
	}
	path := d.Path(id, task)
	d.logs.sync(path)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read task log: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read task log: %w", err)
	}
	text, err := tail(f, info.Size(), n)
	if err != nil {
		return nil, fmt.Errorf("read task log: %w", err)
	}
	if len(text) == 0 {
		return nil, nil
	}
	lines := strings.Split(string(bytes.TrimSuffix(text, []byte{'\n'})), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return lines[max(0, len(lines)-n):], nil
}

// tail returns the end of a text that holds at least its last n lines.
func tail(r io.ReaderAt, size int64, n int) ([]byte, error) {
	for want := int64(tailBlock); ; want *= 8 {
		text := make([]byte, min(want, size))
		got, err := r.ReadAt(text, size-int64(len(text)))
		if err != nil && err != io.EOF {
			return nil, err
		}
		// One line end more than lines are wanted: the last line may have one.
		if text = text[:got]; want >= min(size, tailLimit) || bytes.Count(text, []byte{'\n'}) > n {
			return text, nil
		}
	}
}

// lastLines is how many lines Last looks at.
const lastLines = 20

// Last returns the newest line of a log that is not blank, or "", and whether
// the log has others. Of a line that was written over with carriage returns, as
// progress bars are, it returns what would be seen.
func (d *Dir) Last(id model.TryID, task string) (line string, more bool, err error) {
	lines, err := d.Tail(id, task, lastLines)
	more = len(lines) > 1
	for len(lines) > 0 {
		line := strings.TrimRight(lines[len(lines)-1], "\r \t")
		if line = line[strings.LastIndexByte(line, '\r')+1:]; strings.TrimSpace(line) != "" {
			return line, more, err
		}
		lines = lines[:len(lines)-1]
	}
	return "", more, err
}

// Follow reads the log of a try from its start. The log need not exist yet.
func (d *Dir) Follow(id model.TryID, task string) io.ReadCloser {
	return d.FollowFrom(context.Background(), id, task, Show{}, 0)
}

// FollowFrom implements Store.
func (d *Dir) FollowFrom(_ context.Context, id model.TryID, task string, show Show, offset int64) Reader {
	path := d.Path(id, task)
	d.logs.sync(path)
	return &shown{from: &fileChunks{path: path, at: offset}, show: show.about(id, task), offset: offset}
}
