package wire

import (
	"context"
	"errors"
	"io"
)

// inbox is how many messages a call can get before it looks: an answer, a piece
// that it wanted, and the end.
const inbox = 4

// Call is one call, on either side. Only one goroutine uses it at a time.
type Call struct {
	id     uint64
	conn   *Conn
	in     chan Message
	over   bool
	ctx    context.Context
	cancel context.CancelCauseFunc

	// piece is where content goes that comes, and wanted how much of it may: it
	// is guarded by the connection, and zero while nothing is wanted.
	piece  []byte
	wanted int
}

// Context ends when the caller cancels the call or the connection ends.
func (c *Call) Context() context.Context { return c.ctx }

// Over reports whether the call has been answered for the last time.
func (c *Call) Over() bool { return c.over }

// Send sends a message of the call, with the content that follows it. Unless it
// succeeds, the content must stay as it is for good: it may still be on its way. A
// message that is too long is Invalid and is not sent. A call is over that was to begin
// with a message that is not sent.
func (c *Call) Send(ctx context.Context, m Message, content []byte) error {
	m.ID, m.Length = c.id, len(content)
	line, err := lineOf(&m)
	if err != nil {
		if m.begins() {
			c.end()
		}
		return err
	}
	if m.ends() {
		c.end()
	}
	f := frame{line, content, make(chan struct{})}
	for queue, sent := c.conn.queue, chan struct{}(nil); ; {
		select {
		case queue <- f:
			queue, sent = nil, f.sent
		case <-sent:
			return nil
		case <-c.conn.done:
			return ErrEnded
		case <-ctx.Done():
			if queue != nil && m.begins() {
				c.end()
			}
			return context.Cause(ctx)
		}
	}
}

// end lets the connection forget the call, so that it takes nothing more.
func (c *Call) end() {
	c.over = true
	c.cancel(nil)
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	delete(c.conn.calls, c.id)
}

// Next returns the next message of the other side. What it failed with is an
// error.
func (c *Call) Next(ctx context.Context) (Message, error) {
	var m Message
	select {
	case m = <-c.in:
	case <-ctx.Done():
		return m, context.Cause(ctx)
	case <-c.conn.done:
		select {
		case m = <-c.in: // it came before the end
		default:
			return m, ErrEnded
		}
	}
	if m.ends() {
		c.over = true
		c.cancel(nil)
	}
	if m.Type == Failed {
		return m, m.Error.Err()
	}
	return m, nil
}

// Expect returns the next message, which must be of a type.
func (c *Call) Expect(ctx context.Context, want Type) (Message, error) {
	m, err := c.Next(ctx)
	if err == nil && m.Type != want {
		err = nonsense("a message %q where %q is due", m.Type, want)
	}
	return m, err
}

// Give sends content, as much of it at a time as the other side wants.
func (c *Call) Give(ctx context.Context, content io.Reader) error {
	var buffer []byte
	for {
		m, err := c.Expect(ctx, Want)
		if err != nil {
			return err
		}
		if m.Limit < 1 {
			return nonsense("a wish for %d bytes", m.Limit)
		}
		if size := min(m.Limit, PieceSize); len(buffer) < size {
			buffer = make([]byte, size)
		}
		n, err := fill(buffer[:min(m.Limit, PieceSize)], content)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return err
		}
		if err := c.Send(ctx, Message{Type: Piece, Last: last}, buffer[:n]); err != nil || last {
			return err
		}
	}
}

// fill reads until p is full or the reader ends. Unlike io.ReadFull, it tells the
// end of content from content that was cut off.
func fill(p []byte, r io.Reader) (n int, err error) {
	for n < len(p) && err == nil {
		var read int
		read, err = r.Read(p[n:])
		n += read
	}
	return n, err
}

// Content returns the content that the other side gives, of about so many bytes.
func (c *Call) Content(ctx context.Context, size int64) io.Reader {
	// One byte more than there is shows the end with the first piece.
	return &content{call: c, ctx: ctx, space: int(max(1, min(size+1, PieceSize)))}
}

type content struct {
	call  *Call
	ctx   context.Context
	space int
	left  []byte // of the last piece
	err   error
}

func (r *content) Read(p []byte) (int, error) {
	if len(r.left) == 0 && r.err == nil {
		r.err = r.more()
	}
	if len(r.left) == 0 {
		return 0, r.err
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// more waits for the next piece.
func (r *content) more() error {
	c := r.call
	if c.piece == nil {
		c.piece = make([]byte, r.space)
	}
	c.conn.mu.Lock()
	c.wanted = len(c.piece)
	c.conn.mu.Unlock()
	if err := c.Send(r.ctx, Message{Type: Want, Limit: len(c.piece)}, nil); err != nil {
		return err
	}
	m, err := c.Expect(r.ctx, Piece)
	if err != nil {
		return err
	}
	if r.left = c.piece[:m.Length]; m.Last {
		return io.EOF
	}
	if m.Length == 0 {
		return nonsense("a piece without content that is not the last")
	}
	return nil
}
