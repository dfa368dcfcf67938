package pyfork

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pawlhq/pawl/internal/process"
	"golang.org/x/sys/unix"
)

//go:embed template.py
var templateSource string

const (
	// boot is the program of a template: it runs what it is sent.
	boot = "import os; source = os.read(3, 1 << 17); exec(compile(source, 'template.py', 'exec'), {'__name__': 'template', 'source': source})"
	// startLimit bounds how long a template may take to start, and endLimit how
	// long one that has started may take to end when it is closed.
	startLimit = 30 * time.Second
	endLimit   = time.Second
)

// Template is a Python that forks a child for each request. What is said to it
// and by it stands in template.py. Its methods may be called concurrently.
type Template struct {
	conn    *net.UnixConn
	process *process.Process // nil for one that somebody else has started
	started bool             // it has said that it is ready

	sending sync.Mutex // keeps the order of asked

	mu      sync.Mutex
	asked   []*child // that have not begun
	running map[int]*child
	broken  bool // it makes no children any more
}

// child is one request. Each channel gets one value, or is closed if nobody will
// ever know it.
type child struct {
	began chan int // its process
	ended chan process.Status
}

// Start starts a template and returns the folders in which it looks for modules.
// The words are the interpreter with its first arguments; env is the whole
// environment. The program follows template.py, and may find its own text with
// that in the variable source. It has 30 seconds until it makes its Template.
//
// Listen must be called, and Close when no child runs any more.
func Start(ctx context.Context, words, env []string, program string) (*Template, []string, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, nil, err
	}
	c := process.Command{
		Path:  words[0],
		Args:  append(words[:len(words):len(words)], "-c", boot),
		Dir:   "/",
		Env:   env,
		Files: []*os.File{theirs},
	}
	p, err := c.Start()
	_ = theirs.Close() // the template has its own, and is heard to end by it
	if err != nil {
		return nil, nil, errors.Join(err, ours.Close())
	}
	t := &Template{conn: ours, process: p, running: make(map[int]*child)}
	folders, err := t.greet(ctx, program)
	if err != nil {
		t.Close()
		t.Listen()
		return nil, nil, err
	}
	return t, folders, nil
}

func socketPair() (*net.UnixConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "template"), os.NewFile(uintptr(fds[1]), "owner")
	conn, err := net.FileConn(ours)
	if err = errors.Join(err, ours.Close()); err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return conn.(*net.UnixConn), theirs, nil
}

// greet sends the template its program and waits until that is ready.
func (t *Template) greet(ctx context.Context, program string) (folders []string, err error) {
	if err := t.conn.SetReadDeadline(time.Now().Add(startLimit)); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = t.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := t.conn.Write([]byte(templateSource + "\n" + program)); err != nil {
		return nil, err
	}
	message := make([]byte, MaxRequest)
	n, err := t.conn.Read(message)
	if err != nil {
		return nil, err
	}
	words := strings.Split(string(message[:n]), "\x00")
	if words[0] != "ready" {
		return nil, fmt.Errorf("template said %q", words[0])
	}
	t.started = true
	return words[1:], t.conn.SetReadDeadline(time.Time{})
}

// Close makes the template end. Its children go on.
func (t *Template) Close() {
	_ = t.conn.Close() // it ends when it sees that
}

// Listen hears what the template says until it ends, and reaps it.
func (t *Template) Listen() {
	message := make([]byte, 512)
	for {
		n, err := t.conn.Read(message)
		if err != nil {
			break
		}
		t.hear(strings.Split(string(message[:n]), "\x00"))
	}
	t.lose()
	t.Close()
	if t.process == nil {
		return
	}
	limit := time.Duration(0)
	if t.started {
		limit = endLimit // it sees that it was closed, and ends its child itself
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_, _ = t.process.Wait(ctx)
}

func (t *Template) hear(words []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	number := func(i int) int {
		if i >= len(words) {
			return 0
		}
		n, _ := strconv.Atoi(words[i])
		return n
	}
	switch pid := number(1); words[0] {
	case "began":
		if c := t.next(); c != nil {
			t.running[pid] = c
			c.began <- pid
		}
	case "failed":
		if c := t.next(); c != nil {
			close(c.began)
		}
	case "ended":
		if c := t.running[pid]; c != nil {
			delete(t.running, pid)
			c.ended <- process.StatusOf(syscall.WaitStatus(number(2)))
		}
	case "broken":
		t.refuse()
	}
}

// next takes the child that was asked for first.
func (t *Template) next() *child {
	if len(t.asked) == 0 {
		return nil
	}
	c := t.asked[0]
	t.asked = t.asked[1:]
	return c
}

// refuse lets no child begin any more.
func (t *Template) refuse() {
	t.broken = true
	for c := t.next(); c != nil; c = t.next() {
		close(c.began)
	}
}

// lose tells all who wait that they wait in vain.
func (t *Template) lose() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refuse()
	for _, c := range t.running {
		close(c.ended)
	}
}

// Broken reports that the template makes no children any more.
func (t *Template) Broken() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.broken
}

// ask asks for a child. An error means that there will be none.
func (t *Template) ask(request []byte, files ...*os.File) (*child, error) {
	fds := make([]int, len(files))
	for i, f := range files {
		fds[i] = int(f.Fd())
	}
	c := &child{began: make(chan int, 1), ended: make(chan process.Status, 1)}
	t.sending.Lock()
	defer t.sending.Unlock()
	if !t.enqueue(c) {
		return nil, ErrCold
	}
	if _, _, err := t.conn.WriteMsgUnix(request, syscall.UnixRights(fds...), nil); err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.asked = t.asked[:max(0, len(t.asked)-1)] // it is the last one while sending is locked
		return nil, ErrCold
	}
	return c, nil
}

func (t *Template) enqueue(c *child) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken {
		return false
	}
	t.asked = append(t.asked, c)
	return true
}
