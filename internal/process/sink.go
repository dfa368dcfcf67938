package process

import (
	"cmp"
	"errors"
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

// ErrorsWriter is a writer that takes standard error elsewhere.
type ErrorsWriter interface {
	io.Writer
	// Errors returns the writer for it, which may be a FileWriter.
	Errors() io.Writer
}

// Sink takes what a program prints to where it belongs. Use it in this order:
// OpenSink, File and Errors, Started, Finish.
type Sink struct {
	out, errors *stream // the same unless the writer keeps them apart
}

// stream takes what is printed to one place.
type stream struct {
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
// one, nowhere if w is nil, else through a pipe. Standard error goes with it, or to
// what the Errors of w gives.
func OpenSink(w io.Writer) (*Sink, error) {
	out, err := openStream(w)
	if err != nil {
		return nil, err
	}
	apart, ok := w.(ErrorsWriter)
	if !ok {
		return &Sink{out, out}, nil
	}
	errs, err := openStream(apart.Errors())
	if err != nil {
		out.started()
		return nil, errors.Join(err, out.finish())
	}
	return &Sink{out, errs}, nil
}

func openStream(w io.Writer) (*stream, error) {
	switch w := w.(type) {
	case nil:
		f, err := null()
		return &stream{file: f}, err
	case *os.File:
		return &stream{file: w}, nil
	case FileWriter:
		if f, err := w.File(); f != nil || err != nil {
			return &stream{file: f}, err
		}
	}
	r, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s := &stream{file: write, pipe: r, copied: make(chan error, 1)}
	go func() { s.copied <- copyOutput(w, r) }() // finish waits for it
	return s, nil
}

// File returns what the program is to write to. It is valid until Started.
func (s *Sink) File() *os.File { return s.out.file }

// Errors returns what is to be its standard error. It is valid until Started.
func (s *Sink) Errors() *os.File { return s.errors.file }

// Started says that the program has the files.
func (s *Sink) Started() {
	s.out.started()
	if s.errors != s.out {
		s.errors.started()
	}
}

func (s *stream) started() {
	if s.pipe != nil {
		_ = s.file.Close() // the program holds a descriptor of its own
	}
}

// Finish says that the program has ended. It returns when all that the
// program itself has printed is written, and the first error of writing it.
func (s *Sink) Finish() error {
	err := s.out.finish()
	if s.errors != s.out {
		err = cmp.Or(err, s.errors.finish())
	}
	return err
}

func (s *stream) finish() error {
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
