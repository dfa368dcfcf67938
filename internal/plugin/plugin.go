// Package plugin runs plug-ins: programs named pawl-KIND-TYPE on PATH, which speak the
// protocol of package wire over their standard input and output. It starts the program
// when it is first needed, and again after it has ended, and knows nothing of what it
// does.
package plugin

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/plugin/wire"
)

// Options say which plug-in is used, and how.
type Options struct {
	// Kind says what the plug-in is for, and Type which it is: both name the program.
	// Required.
	Kind Kind
	Type string
	// Settings are for the plug-in, which checks them when it starts.
	Settings map[string]string
	// Log receives what the plug-in writes to standard error, line by line, and
	// how it starts and ends. Required.
	Log *slog.Logger
	// Path is the program. Defaults to the one that Find finds when it starts.
	Path string
	// Env is the environment of the program. Defaults to that of this process.
	Env []string
	// Patience is how long the plug-in may take to say that it has started, to
	// give up what was called off, and to end; then it is killed. Defaults to 10 s.
	Patience time.Duration
}

const defaultPatience = 10 * time.Second

// Plugin is a plug-in that runs when it is needed. All calls that wait for one that
// ends too early are Unavailable; the next call starts it again.
type Plugin struct {
	options Options

	mu     sync.Mutex
	now    *program // that was started last
	closed bool
}

// Open returns a plug-in. It starts nothing.
func Open(o Options) *Plugin {
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	return &Plugin{options: o}
}

// Close ends the plug-in.
func (p *Plugin) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.now != nil {
		p.now.stop()
	}
	return nil
}

// program returns the program that runs, once it has said so.
func (p *Plugin) program(ctx context.Context) (*program, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, model.Errorf(model.Unavailable, "the %s %s is closed", p.options.Kind.What, p.options.Type)
	}
	if p.now == nil || p.now.broken() {
		now, err := start(&p.options)
		if err != nil {
			p.mu.Unlock()
			return nil, err
		}
		p.now = now
	}
	now := p.now
	p.mu.Unlock()
	select {
	case <-now.ready:
		return now, now.refused
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Talk is one call of a plug-in.
type Talk struct {
	*wire.Call
	program *program
}

// Begin begins a call, which ends with Settle.
func (p *Plugin) Begin(ctx context.Context) (*Talk, error) {
	now, err := p.program(ctx)
	if err != nil {
		return nil, err
	}
	return &Talk{now.conn.Call(), now}, nil
}

// Program is the name of the plug-in's program.
func (t *Talk) Program() string { return t.program.name }

// Settle ends the call, which is called off if the plug-in has not answered. It
// returns what the caller is told of an error.
func (t *Talk) Settle(err error) error { return t.program.settle(t.Call, err) }

// Call makes one call: its first message, and what follows it.
func (p *Plugin) Call(ctx context.Context, m wire.Message, follow func(*wire.Call) error) error {
	t, err := p.Begin(ctx)
	if err != nil {
		return err
	}
	if err = t.Send(ctx, m, nil); err == nil {
		err = follow(t.Call)
	}
	return t.Settle(err)
}

// Ask makes a call that one message answers.
func (p *Plugin) Ask(ctx context.Context, m wire.Message) (answer wire.Message, err error) {
	err = p.Call(ctx, m, func(call *wire.Call) error {
		answer, err = call.Expect(ctx, wire.Done)
		return err
	})
	return answer, err
}
