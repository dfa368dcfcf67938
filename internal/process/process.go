// Package process starts programs and ends them, at little more than what the
// system itself asks for it.
//
// Each program leads a process group of its own, so that cancelling reaches
// all that it has started. The package knows neither tasks nor operators, and
// keeps nothing between calls.
package process

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// DefaultGrace is how long a cancelled program may take to end.
const DefaultGrace = 5 * time.Second

// Command describes a program to be run.
type Command struct {
	// Path is the file to execute; a relative one is looked up in Dir.
	Path string
	// Args are the arguments, the program's own name first.
	Args []string
	// Dir is the working directory. Empty means the caller's.
	Dir string
	// Env is the whole environment, as KEY=VALUE.
	Env []string
	// Input is the standard input. Nil is an empty one. A terminal listens to the
	// program and no longer to us, until it has ended: what is typed, also to
	// interrupt, is for the program.
	Input *os.File
	// Output receives standard output and standard error, unless it is an
	// ErrorsWriter. A file, or what a FileWriter gives, is handed to the program
	// itself; to any other writer the output is copied. Nil discards it.
	Output io.Writer
	// Files become the descriptors 3, 4 and so on.
	Files []*os.File
	// Grace is the time from SIGTERM to SIGKILL when the program is
	// cancelled. Zero means DefaultGrace.
	Grace time.Duration
}

// Status is how a program ended.
type Status struct {
	// Code is the exit code; 128 plus its number for a signal.
	Code int
	// Signal is the one that ended the program, 0 if it exited by itself.
	Signal int
	// Core reports that memory was dumped.
	Core bool
}

// String returns the code, and the signal that it stands for. A shell whose
// program was killed exits with such a code by itself.
func (s Status) String() string {
	text := fmt.Sprintf("code %d", s.Code)
	name := signalName(s.Code - 128)
	switch {
	case name == "":
	case s.Signal != 0:
		text += ", killed by " + name
	default:
		text += ", as after " + name
	}
	return text
}

// Process is a program that was started. Wait must be called once.
type Process struct {
	child child
	grace time.Duration
	sink  *Sink

	restore func() // takes back what was lent
}

// Run starts the program and waits for it. Errors are those of Start and Wait;
// nothing is started when ctx is done already.
func (c *Command) Run(ctx context.Context) (Status, error) {
	if ctx.Err() != nil {
		return Status{}, context.Cause(ctx)
	}
	p, err := c.Start()
	if err != nil {
		return Status{}, err
	}
	return p.Wait(ctx)
}

// Start starts the program. A program that cannot be executed is an
// *fs.PathError with the system's error.
func (c *Command) Start() (*Process, error) {
	sink, err := OpenSink(c.Output)
	if err != nil {
		return nil, err
	}
	restore := lend(c.Input)
	child, err := start(c, append([]*os.File{sink.File(), sink.Errors()}, c.Files...))
	if err != nil {
		restore()
		return nil, closeBoth(sink, err)
	}
	sink.Started()
	grace := c.Grace
	if grace == 0 {
		grace = DefaultGrace
	}
	return &Process{child: child, grace: grace, sink: sink, restore: restore}, nil
}

func closeBoth(sink *Sink, err error) error {
	sink.Started()
	if serr := sink.Finish(); serr != nil {
		return fmt.Errorf("%w (and %w)", err, serr)
	}
	return err
}

// Pid returns the process id.
func (p *Process) Pid() int { return p.child.pid() }

// Wait waits for the end of the program. What it has started and left behind
// is not waited for, and what that prints later is lost unless the output is
// a file.
//
// If ctx is done before, the program and all in its group are ended as by
// Group.End, and the error is ctx's cause. Otherwise an error says why output
// was lost.
func (p *Process) Wait(ctx context.Context) (Status, error) {
	w := Group(p.Pid()).Watch(ctx, p.grace)
	p.child.await()
	w.Release() // before the id is free for others
	status, err := p.child.reap()
	p.restore()
	if serr := p.sink.Finish(); err == nil {
		err = serr
	}
	if cause := w.Cause(); cause != nil {
		err = cause
	}
	return status, err
}
