package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/pawlhq/pawl/internal/model"
)

// Output receives what one try prints. What an earlier run of the same try
// has left is kept, and added to. It is safe for concurrent use.
type Output struct {
	// Dir is where the log is kept. Set the fields before use.
	Dir *Dir
	// ID is the try and Task the full name of its task.
	ID   model.TryID
	Task string

	mu     sync.Mutex
	file   *os.File
	closed bool
}

// Write appends p to the log.
func (o *Output) Write(p []byte) (int, error) {
	f, err := o.File()
	if err != nil {
		return 0, err
	}
	return f.Write(p)
}

// File returns the file itself, for a program to write to. It is open for
// appending and stays the Output's to close.
func (o *Output) File() (*os.File, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, os.ErrClosed
	}
	if o.file == nil {
		f, err := create(o.Dir.Path(o.ID, o.Task))
		if err != nil {
			return nil, fmt.Errorf("open task log: %w", err)
		}
		o.file = f
	}
	return o.file, nil
}

// Close releases the file, if there is one. Calls after it fail, except Close.
func (o *Output) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	f := o.file
	if f == nil {
		return nil
	}
	o.file = nil
	return f.Close()
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

var _ io.WriteCloser = (*Output)(nil)
