package process

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// FileWriter is a writer that may offer a file for a program to write to. A
// nil file means that what the program prints has to go through Write.
type FileWriter interface {
	io.Writer
	// File returns the file, which stays the writer's to close.
	File() (*os.File, error)
}

// Sink takes what a program prints to where it belongs. Use it in this order:
// OpenSink, File, Started, Finish.
type Sink struct {
	file *os.File // what the program writes to
	// The rest is set when that is the end of a pipe.
	pipe   *os.File
	copied chan error
}

// null is the input of all programs, and takes what nobody wants to see. It
// stays open.
var null = sync.OnceValues(func() (*os.File, error) {
	return os.OpenFile(os.DevNull, os.O_RDWR, 0)
})

// input is what a program reads.
func (c *Command) input() (*os.File, error) {
	if c.Input != nil {
		return c.Input, nil
	}
	return null()
}

// OpenSink returns the sink that takes output to w: to its file where it has
// one, nowhere if w is nil, else through a pipe.
func OpenSink(w io.Writer) (*Sink, error) {
	switch w := w.(type) {
	case nil:
		f, err := null()
		return &Sink{file: f}, err
	case *os.File:
		return &Sink{file: w}, nil
	case FileWriter:
		if f, err := w.File(); f != nil || err != nil {
			return &Sink{file: f}, err
		}
	}
	r, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s := &Sink{file: write, pipe: r, copied: make(chan error, 1)}
	go func() { s.copied <- copyOutput(w, r) }() // Finish waits for it
	return s, nil
}

// File returns what the program is to write to. It is valid until Started.
func (s *Sink) File() *os.File { return s.file }

// Started says that the program has the file.
func (s *Sink) Started() {
	if s.pipe != nil {
		_ = s.file.Close() // the program holds a descriptor of its own
	}
}

// Finish says that the program has ended. It returns when all that the
// program itself has printed is written, and the first error of writing it.
func (s *Sink) Finish() error {
	if s.pipe == nil {
		return nil
	}
	// Whoever the program has left behind may keep the pipe open for good, so
	// the copy is interrupted; it then takes what is in the pipe and ends.
	_ = s.pipe.SetReadDeadline(time.Unix(1, 0)) // fails where it has ended
	if err := <-s.copied; err != nil {
		return fmt.Errorf("take output: %w", err)
	}
	return nil
}
