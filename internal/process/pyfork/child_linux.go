package pyfork

import (
	"context"
	"io"
	"os"

	"github.com/pawlhq/pawl/internal/process"
	"golang.org/x/sys/unix"
)

// Run has a child made that does what the request says, and waits for its end.
// The request begins with the child's folder, ended by NUL, and is no longer
// than MaxRequest. What the child prints goes to output as with
// process.Command, and target is handed to it.
//
// The error is ErrCold if there was no child. If ctx is done, the child's group
// is ended as by process.Group.End, and the error is ctx's cause.
func (t *Template) Run(ctx context.Context, output io.Writer, request []byte, target *os.File) (process.Status, error) {
	sink, err := process.OpenSink(output)
	if err != nil {
		return process.Status{}, err
	}
	var made *child
	if isTerminal(sink.File()) {
		err = ErrCold // Python asks for that when it starts
	} else {
		made, err = t.ask(request, sink.File(), sink.Errors(), target)
	}
	sink.Started()
	var status process.Status
	if err == nil {
		status, err = made.wait(ctx)
	}
	if serr := sink.Finish(); err == nil {
		err = serr
	}
	return status, err
}

// wait waits for the end of a child, as Process.Wait does.
func (c *child) wait(ctx context.Context) (process.Status, error) {
	pid, ok := <-c.began
	if !ok {
		return process.Status{}, ErrCold
	}
	group := process.Group(pid)
	w := group.Watch(ctx, process.DefaultGrace)
	status, ok := <-c.ended
	w.Release()
	if err := w.Cause(); err != nil {
		return status, err
	}
	if !ok {
		group.End(process.DefaultGrace)
		return status, ErrLost
	}
	return status, nil
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
