package script

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/operator"
	"golang.org/x/sys/unix"
)

// call runs a call in a child and returns what it has written. The error is
// errCold if there was no child.
func (t *template) call(ctx context.Context, c *call) ([]byte, process.Status, error) {
	own := c.ownVariables()
	request := strings.Join(append([]string{c.Workdir, c.command, string(c.input())}, own...), "\x00")
	if len(request) > maxRequest || strings.Count(request, "\x00") != 2+len(own) {
		return nil, process.Status{}, errCold
	}
	target, err := memoryFile("output.json")
	if err != nil {
		return nil, process.Status{}, errCold
	}
	defer target.Close() //nolint:errcheck // it was read by then
	status, err := t.run(ctx, c.Output, []byte(request), target)
	if err != nil {
		return nil, status, err
	}
	output, err := content(target)
	return output, status, err
}

// run has a child made and waits for it.
func (t *template) run(ctx context.Context, output io.Writer, request []byte, target *os.File) (process.Status, error) {
	sink, err := process.OpenSink(output)
	if err != nil {
		return process.Status{}, err
	}
	var made *child
	if isTerminal(sink.File()) {
		err = errCold // Python asks for that when it starts
	} else {
		made, err = t.ask(request, sink.File(), target)
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
		return process.Status{}, errCold
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
		return status, &operator.Error{Message: "Python command was lost: the process that started it has ended", Kind: "runtime"}
	}
	return status, nil
}

// memoryFile returns an empty file that is in no folder.
func memoryFile(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// content returns all that a file holds, wherever others have read or written.
func content(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	text := make([]byte, info.Size())
	_, err = io.ReadFull(io.NewSectionReader(f, 0, info.Size()), text)
	return text, err
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
