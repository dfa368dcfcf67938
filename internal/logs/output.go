package logs

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/pawlhq/pawl/internal/model"
)

// Output receives what one try prints. What an earlier run of the same try
// has left is kept, and added to. It is safe for concurrent use.
type Output struct {
	// Store is where the log is kept. Set the fields before use.
	Store Store
	// ID is the try and Task the full name of its task.
	ID   model.TryID
	Task string

	mu     sync.Mutex
	file   *os.File
	done   func()
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
		f, done, err := o.Store.Append(o.ID, o.Task)
		if err != nil {
			return nil, fmt.Errorf("open task log: %w", err)
		}
		o.file, o.done = f, done
	}
	return o.file, nil
}

// Close releases the log, if there is one. Calls after it fail, except Close.
func (o *Output) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	f := o.file
	if f == nil {
		return nil
	}
	o.file = nil
	err := f.Close()
	o.done()
	return err
}

var _ io.WriteCloser = (*Output)(nil)
