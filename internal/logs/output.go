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
	// Keep is the least level of the records that are kept. It may be set until
	// something is printed.
	Keep Level

	mu     sync.Mutex
	log    *Log
	closed bool
}

// Write appends p to the log, as standard output.
func (o *Output) Write(p []byte) (int, error) { return o.write(Stdout, p) }

func (o *Output) write(s Stream, p []byte) (int, error) {
	l, err := o.open()
	if err != nil {
		return 0, err
	}
	return l.write(s, p)
}

// File returns a file for a program to print its standard output to, which stays
// the Output's to close. It is nil where the program has to print through Write.
func (o *Output) File() (*os.File, error) {
	l, err := o.open()
	if err != nil {
		return nil, err
	}
	out, _ := l.Files()
	return out, nil
}

// Errors returns the writer of standard error.
func (o *Output) Errors() io.Writer { return outputErrors{o} }

type outputErrors struct{ *Output }

func (e outputErrors) Write(p []byte) (int, error) { return e.write(Stderr, p) }

// File is ErrorFile.
func (e outputErrors) File() (*os.File, error) { return e.ErrorFile() }

// ErrorFile is as File, for standard error.
func (o *Output) ErrorFile() (*os.File, error) {
	l, err := o.open()
	if err != nil {
		return nil, err
	}
	_, f := l.Files()
	return f, nil
}

func (o *Output) open() (*Log, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, os.ErrClosed
	}
	if o.log == nil {
		l, err := o.Store.Append(o.ID, o.Task)
		if err != nil {
			return nil, fmt.Errorf("open task log: %w", err)
		}
		l.keepFrom(o.Keep)
		o.log = l
	}
	return o.log, nil
}

// Close releases the log, if there is one. Calls after it fail, except Close.
func (o *Output) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	if o.log == nil {
		return nil
	}
	l := o.log
	o.log = nil
	return l.Close()
}

var _ io.WriteCloser = (*Output)(nil)
