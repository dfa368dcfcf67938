package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/plugin/wire"
)

// program is a plug-in that was started.
type program struct {
	name     string
	log      *slog.Logger
	patience time.Duration

	cmd    *exec.Cmd
	input  io.Closer
	output io.Closer
	errors io.ReadCloser
	conn   *wire.Conn

	// ready is closed once the plug-in has said that it has started, or it is
	// known that it won't: then refused says why.
	ready   chan struct{}
	refused error
	// reaped is closed once nothing of the plug-in is left: then fate says how it
	// ended, as an Unavailable error.
	reaped chan struct{}
	fate   error

	mu       sync.Mutex
	last     string // line of standard error
	fault    error  // why it was killed
	expected bool   // that it ends
	exited   bool   // so that its id may be another's
}

// start starts a plug-in, without waiting for what it says.
func start(o *Options) (*program, error) {
	path := o.Path
	if path == "" {
		var err error
		if path, err = o.Kind.Find(o.Type); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(path)
	cmd.Env, cmd.SysProcAttr = o.Env, ownGroup()
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	said, saidErr := cmd.StderrPipe()
	err := errors.Join(inErr, outErr, saidErr)
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, model.Errorf(model.Unavailable, "start the plug-in %s: %w", o.Kind.Program(o.Type), err)
	}
	p := &program{
		name: o.Kind.Program(o.Type), log: o.Log.With("plugin", o.Kind.Program(o.Type)), patience: o.Patience,
		cmd: cmd, input: in, output: out, errors: said, conn: wire.Dial(out, in),
		ready: make(chan struct{}), reaped: make(chan struct{}),
	}
	go p.live()
	go p.greet(o.Settings)
	return p, nil
}

// broken reports whether the plug-in is of no use any more.
func (p *program) broken() bool {
	select {
	case <-p.conn.Ended():
		return true
	default:
		return false
	}
}

// greet makes the first call.
func (p *program) greet(settings map[string]string) {
	defer close(p.ready)
	ctx, cancel := context.WithTimeoutCause(context.Background(), p.patience, fmt.Errorf("it did not answer within %v", p.patience))
	defer cancel()
	call := p.conn.Call()
	err := call.Send(ctx, wire.Message{Type: wire.Hello, Protocol: wire.Protocol, Settings: settings}, nil)
	var m wire.Message
	if err == nil {
		m, err = call.Expect(ctx, wire.Done)
	}
	switch {
	case err == nil && m.Protocol != wire.Protocol:
		err = fmt.Errorf("it speaks version %d of the protocol instead of %d", m.Protocol, wire.Protocol)
	case err == nil:
		p.log.Info("plug-in starts", "program", m.Program, "pid", p.cmd.Process.Pid)
		return
	case call.Over():
		p.stop()
		p.refused = err
		return
	}
	p.refused = p.give(err)
}

// give gives a plug-in up for an error, and returns its fate.
func (p *program) give(err error) error {
	if !errors.Is(err, wire.ErrEnded) {
		p.kill(err)
	}
	<-p.reaped
	return p.fate
}

// settle ends a call, which is called off if the plug-in has not answered. It
// returns what the caller is told.
func (p *program) settle(call *wire.Call, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, wire.ErrNonsense), errors.Is(err, wire.ErrEnded):
		return p.give(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.patience)
	defer cancel()
	if !call.Over() {
		_ = call.Send(ctx, wire.Message{Type: wire.Cancel}, nil) // else no answer comes
	}
	for !call.Over() {
		_, missing := call.Next(ctx)
		if missing != nil && ctx.Err() != nil {
			_ = p.give(fmt.Errorf("it did not give up a call within %v", p.patience)) // the others are told
		}
		if missing != nil {
			break
		}
	}
	return err
}

// kill ends the plug-in at once, unless it has ended.
func (p *program) kill(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.exited {
		return
	}
	if p.fault == nil {
		p.fault = why
	}
	killGroup(p.cmd.Process)
}

// stop asks the plug-in to end, by the end of its input, and waits for it.
func (p *program) stop() {
	p.mu.Lock()
	p.expected = true
	p.mu.Unlock()
	_ = p.input.Close() // it may have ended already
	if !within(p.reaped, p.patience) {
		p.kill(fmt.Errorf("it did not end within %v", p.patience))
		<-p.reaped
	}
}

// live goes on for as long as the plug-in and whatever belongs to it.
func (p *program) live() {
	var readers, writer sync.WaitGroup
	readers.Go(p.listen)
	readers.Go(func() {
		if err := p.conn.Read(); errors.Is(err, wire.ErrNonsense) {
			p.kill(err)
		}
	})
	writer.Go(func() { _ = p.conn.Write() }) // the connection has ended, whatever the error
	exited := make(chan struct{})
	var how string
	go func() {
		defer close(exited)
		if state, err := p.cmd.Process.Wait(); err != nil {
			how = err.Error()
		} else {
			how = state.String()
		}
	}()
	select {
	case <-exited:
	case <-p.conn.Ended():
		_ = p.input.Close()
		if !within(exited, p.patience) {
			p.kill(fmt.Errorf("it did not end within %v", p.patience))
			<-exited
		}
	}
	p.clear()
	readers.Wait()
	_ = errors.Join(p.input.Close(), p.output.Close(), p.errors.Close()) // nobody uses them any more
	writer.Wait()
	p.bury(how)
}

// clear ends what a plug-in that has exited left behind, which would keep its
// output open.
func (p *program) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exited = true
	killGroup(p.cmd.Process)
}

// bury notes how the plug-in ended.
func (p *program) bury(how string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault != nil {
		how = p.fault.Error()
	}
	if p.last != "" {
		how += ": " + p.last
	}
	if !p.expected || p.fault != nil {
		p.log.Warn("plug-in has ended", "how", how)
	}
	p.fate = model.Errorf(model.Unavailable, "the plug-in %s has ended: %s", p.name, how)
	close(p.reaped)
}

// within reports whether something has ended before a time is over.
func within(ended <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ended:
		return true
	case <-timer.C:
		return false
	}
}
