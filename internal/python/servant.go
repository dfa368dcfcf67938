package python

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/process/pyfork"
)

// servant is the process that answers requests, one after the other.
type servant struct {
	conn   net.Conn
	lines  *bufio.Reader
	output *tap
	kill   context.CancelFunc
	ended  <-chan ending // gets one value
}

// ending is how a process ended.
type ending struct {
	status process.Status
	err    error
}

// ask sends a request and returns the value of its answer. The servant is
// started if there is none.
func (h *Host) ask(ctx context.Context, kind, cwd string, request params.Map) (params.Value, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := h.keepLibrary(); err != nil {
		return nil, err
	}
	request = h.withMade(request.Set("kind", kind).Set("cwd", cwd).Set("path", h.folders()))
	h.asking.Lock()
	defer h.asking.Unlock()
	if h.life.Err() != nil {
		return nil, ErrClosed
	}
	if h.servant == nil && h.adopted {
		return nil, &Failure{Message: "the process that has made the pipeline has ended"}
	}
	if h.servant == nil {
		s, err := h.hire()
		if err != nil {
			return nil, err
		}
		h.servant = s
	}
	text, err := h.servant.ask(ctx, append(params.AppendJSON(nil, request), '\n'))
	if err != nil {
		err = h.lose(ctx, err)
		h.servant = nil
		return nil, err
	}
	return answerOf(text)
}

// hire starts a servant: forked, so that it dies with the host however that
// ends and has what was preloaded, or by itself.
func (h *Host) hire() (*servant, error) {
	output, err := openTap(h.config.Output)
	if err != nil {
		return nil, err
	}
	l, err := openLine()
	if err != nil {
		return nil, errors.Join(err, output.close())
	}
	ctx, kill := context.WithCancel(h.life)
	s := &servant{output: output, kill: kill}
	s.ended, err = h.serve(ctx, output.file(), l)
	if err == nil {
		s.conn, err = l.connect(ctx)
	}
	if err != nil {
		kill()
		l.abandon()
		return nil, errors.Join(err, output.close())
	}
	s.lines = bufio.NewReader(s.conn)
	return s, nil
}

func (h *Host) serve(ctx context.Context, output *os.File, l *line) (<-chan ending, error) {
	mode, err := modeOf(Automatic, h.config.Mode, h.config.Env)
	if err != nil {
		return nil, err
	}
	if mode != Cold {
		ended, err := h.serveForked(ctx, output, l)
		if !errors.Is(err, pyfork.ErrCold) {
			return ended, err
		}
	}
	c := h.child(h.config.Dir, output, append([]string{"serve"}, l.words...)...)
	c.Files = l.files()
	p, err := c.Start()
	l.started()
	if err != nil {
		return nil, err
	}
	ended := make(chan ending, 1)
	go func() { // the servant waits for it
		status, err := p.Wait(ctx)
		ended <- ending{status, err}
	}()
	return ended, nil
}

// ask writes a request and reads the answer, after all that was printed.
func (s *servant) ask(ctx context.Context, request []byte) ([]byte, error) {
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Unix(1, 0)) })
	if _, err := s.conn.Write(request); err != nil {
		stop()
		return nil, err
	}
	text, err := s.lines.ReadBytes('\n')
	err = errors.Join(err, s.output.settle())
	if !stop() {
		err = context.Cause(ctx) // the connection is of no use any more
	}
	return text, err
}

// lose ends a servant that has not answered, and returns why it has not.
func (h *Host) lose(ctx context.Context, err error) error {
	s := h.servant
	if ctx.Err() != nil || h.life.Err() != nil {
		s.kill()
	}
	_ = s.conn.Close()
	how := <-s.ended
	s.kill()
	err = errors.Join(err, s.output.close())
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case h.life.Err() != nil:
		return ErrClosed
	case how.err != nil:
		return fmt.Errorf("ask Python: %w", errors.Join(how.err, err))
	}
	return &Failure{Message: fmt.Sprintf("Python ended with %s before it answered", how.status)}
}

// dismiss lets a servant end by itself, or ends it where that takes too long.
func (s *servant) dismiss() {
	if s == nil {
		return
	}
	_ = s.conn.Close() // it ends when it sees that
	timer := time.AfterFunc(process.DefaultGrace, s.kill)
	<-s.ended
	timer.Stop()
	s.kill()
	_ = s.output.close() // what requests print is with whoever asked
}

func answerOf(text []byte) (params.Value, error) {
	v, err := params.ParseJSON(text)
	said, ok := v.(params.Map)
	if err != nil || !ok {
		return nil, fmt.Errorf("Python answered %.100q", text) //nolint:staticcheck // a name
	}
	if f, ok := said.Get("error"); ok {
		m, _ := f.(params.Map)
		return nil, failureOf(m)
	}
	value, _ := said.Get("value")
	return value, nil
}
