package wire

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"
)

// ErrEnded is what calls fail with whose connection has ended.
var ErrEnded = errors.New("the connection has ended")

// Conn is one side of a connection. Its owner has one goroutine in Read and one
// in Write; all else may be called concurrently.
type Conn struct {
	in     *bufio.Reader
	out    io.Writer
	accept func(*Call, Message) // nil on the side that calls

	queue chan frame
	done  chan struct{}
	end   sync.Once

	mu    sync.Mutex
	last  uint64
	calls map[uint64]*Call
}

type frame struct {
	line, content []byte
	sent          chan struct{} // closed once it is
}

// Dial returns the side of a connection that calls.
func Dial(in io.Reader, out io.Writer) *Conn { return Accept(in, out, nil) }

// Accept returns the side of a connection that is called. Read tells accept of
// each call, with its first message, in its own goroutine, so it must not wait.
func Accept(in io.Reader, out io.Writer, accept func(*Call, Message)) *Conn {
	return &Conn{
		in: bufio.NewReaderSize(in, 64<<10), out: out, accept: accept,
		queue: make(chan frame), done: make(chan struct{}), calls: make(map[uint64]*Call),
	}
}

// Ended is closed once Read or Write has ended.
func (c *Conn) Ended() <-chan struct{} { return c.done }

// Read hands messages to their calls until there are no more, which is no error.
// Before it returns, the calls that are left are cancelled.
func (c *Conn) Read() error {
	defer c.over()
	for {
		m, err := readMessage(c.in)
		if err == nil {
			err = c.take(m)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// Write sends messages until that fails or Read ends, which is no error.
func (c *Conn) Write() error {
	defer c.over()
	for {
		select {
		case f := <-c.queue:
			if err := f.write(c.out); err != nil {
				return err
			}
			close(f.sent)
		case <-c.done:
			return nil
		}
	}
}

func (c *Conn) over() {
	c.end.Do(func() {
		close(c.done)
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, call := range c.calls {
			call.cancel(ErrEnded)
		}
	})
}

// Call begins a call under a new id.
func (c *Conn) Call() *Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	return c.add(c.last)
}

func (c *Conn) add(id uint64) *Call {
	call := &Call{id: id, conn: c, in: make(chan Message, inbox)}
	call.ctx, call.cancel = context.WithCancelCause(context.Background())
	c.calls[id] = call
	return call
}

// take hands a message to its call. The caller may send messages for a call that
// has failed meanwhile, which are passed over; there is no reason to answer a
// call that is over.
func (c *Conn) take(m Message) error {
	call, err := c.callOf(&m)
	switch {
	case err != nil:
		return err
	case m.begins():
		c.accept(call, m)
		return nil
	case call == nil:
		_, err := io.CopyN(io.Discard, c.in, int64(m.Length))
		return err
	case m.Type == Cancel:
		call.cancel(context.Canceled)
		return nil
	case m.Type == Piece:
		if _, err := io.ReadFull(c.in, call.piece[:m.Length]); err != nil {
			return err
		}
	}
	select {
	case call.in <- m:
		return nil
	default:
		return nonsense("more messages for call %d than it asked for", m.ID)
	}
}

// callOf returns the call that a message is for or begins, or nil if that is
// over.
func (c *Conn) callOf(m *Message) (*Call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	call := c.calls[m.ID]
	begins := m.begins()
	switch {
	case c.accept == nil && (call == nil || !m.answers()):
		return nil, nonsense("a message %q for call %d", m.Type, m.ID)
	case c.accept != nil && (begins && call != nil || !begins && !m.continues()):
		return nil, nonsense("a message %q for call %d", m.Type, m.ID)
	case begins:
		return c.add(m.ID), nil
	case call == nil:
		return nil, nil
	case m.Type == Piece:
		if m.Length > call.wanted || call.wanted == 0 {
			return nil, nonsense("a piece of %d bytes for call %d, which wants %d", m.Length, m.ID, call.wanted)
		}
		call.wanted = 0
	case m.ends():
		delete(c.calls, m.ID)
	}
	return call, nil
}

func (m *Message) begins() bool {
	switch m.Type {
	case Hello, Put, Get, Stat, List, Delete, Sign, Launch, Programs, End, Forget:
		return true
	}
	return false
}

func (m *Message) continues() bool { return m.Type == Want || m.Type == Piece || m.Type == Cancel }

func (m *Message) answers() bool {
	return m.Type == Want || m.Type == Piece || m.Type == Found || m.ends()
}

func (m *Message) ends() bool { return m.Type == Done || m.Type == Failed }
