// Package plugin keeps objects in whatever a program knows how to reach: a
// plug-in named pawl-blob-TYPE, which speaks the protocol of package wire over its
// standard input and output. It starts the program when it is first needed, and
// again after it has ended, and knows nothing of what the program does.
package plugin

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/plugin/wire"
	"github.com/pawlhq/pawl/internal/model"
)

// Options say which plug-in is used, and how.
type Options struct {
	// Type is the type of object storage, which names the program. Required.
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

// Store is a blob.Store in a plug-in. All calls that wait for a plug-in that ends
// too early are Unavailable; the next call starts it again.
type Store struct {
	options Options

	mu     sync.Mutex
	now    *program // that was started last
	closed bool
}

var _ blob.Store = (*Store)(nil)

// Open returns the store of a plug-in. It starts nothing.
func Open(o Options) *Store {
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	return &Store{options: o}
}

// Close ends the plug-in.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.now != nil {
		s.now.stop()
	}
	return nil
}

// program returns the plug-in that runs, once it has said so.
func (s *Store) program(ctx context.Context) (*program, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, model.Errorf(model.Unavailable, "the object storage %s is closed", s.options.Type)
	}
	if s.now == nil || s.now.broken() {
		p, err := start(&s.options)
		if err != nil {
			s.mu.Unlock()
			return nil, err
		}
		s.now = p
	}
	p := s.now
	s.mu.Unlock()
	select {
	case <-p.ready:
		return p, p.refused
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// call makes one call: its first message, and what follows it.
func (s *Store) call(ctx context.Context, m wire.Message, follow func(*wire.Call) error) error {
	p, err := s.program(ctx)
	if err != nil {
		return err
	}
	call := p.conn.Call()
	if err = call.Send(ctx, m, nil); err == nil {
		err = follow(call)
	}
	return p.settle(call, err)
}

// ask makes a call that one message answers.
func (s *Store) ask(ctx context.Context, m wire.Message) (answer wire.Message, err error) {
	err = s.call(ctx, m, func(call *wire.Call) error {
		answer, err = call.Expect(ctx, wire.Done)
		return err
	})
	return answer, err
}

// check refuses what need not be asked.
func check(ctx context.Context, key string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return blob.CheckKey(key)
}

// Put gives the plug-in the content, the end of it only if that has the size that
// the options say: so the plug-in never has the whole of anything else.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, options blob.PutOptions) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	if options.Size < 0 {
		return model.Errorf(model.Invalid, "the size of a body can't be %d bytes", options.Size)
	}
	begin := wire.Message{Type: wire.Put, Key: key, Size: options.Size, IfAbsent: options.IfAbsent, ContentType: options.ContentType}
	return s.call(ctx, begin, func(call *wire.Call) error {
		if err := call.Give(ctx, blob.Until(ctx, blob.Exactly(body, options.Size))); err != nil {
			return err
		}
		_, err := call.Expect(ctx, wire.Done)
		return err
	})
}

// Get asks for the content piece by piece, as it is read.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, blob.Object, error) {
	if err := check(ctx, key); err != nil {
		return nil, blob.Object{}, err
	}
	p, err := s.program(ctx)
	if err != nil {
		return nil, blob.Object{}, err
	}
	call := p.conn.Call()
	o, err := open(ctx, call, key)
	if err != nil {
		return nil, blob.Object{}, p.settle(call, err)
	}
	return &body{ctx: ctx, program: p, call: call, content: call.Content(ctx, o.Size), left: o.Size}, o, nil
}

func open(ctx context.Context, call *wire.Call, key string) (blob.Object, error) {
	if err := call.Send(ctx, wire.Message{Type: wire.Get, Key: key}, nil); err != nil {
		return blob.Object{}, err
	}
	m, err := call.Expect(ctx, wire.Found)
	if err != nil {
		return blob.Object{}, err
	}
	return object(m)
}

// object returns the object in an answer.
func object(m wire.Message) (blob.Object, error) {
	if m.Object == nil {
		return blob.Object{}, fmt.Errorf("%w: an answer without an object", wire.ErrNonsense)
	}
	return m.Object.Blob(), nil
}

// Stat asks for an object.
func (s *Store) Stat(ctx context.Context, key string) (o blob.Object, err error) {
	if err := check(ctx, key); err != nil {
		return o, err
	}
	err = s.call(ctx, wire.Message{Type: wire.Stat, Key: key}, func(call *wire.Call) error {
		m, err := call.Expect(ctx, wire.Done)
		if err == nil {
			o, err = object(m)
		}
		return err
	})
	return o, err
}

// List asks for a list. Its prefix and after must be UTF-8, as keys are.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]blob.Object, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := blob.CheckLimit(limit); err != nil {
		return nil, err
	}
	if !utf8.ValidString(prefix) || !utf8.ValidString(after) {
		return nil, model.Errorf(model.Invalid, "a list of %q after %q is not of plain text", prefix, after)
	}
	m, err := s.ask(ctx, wire.Message{Type: wire.List, Prefix: prefix, After: after, Limit: limit})
	if err != nil {
		return nil, err
	}
	found := make([]blob.Object, len(m.Objects))
	for i, o := range m.Objects {
		found[i] = o.Blob()
	}
	return found, nil
}

// Delete asks to remove an object.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	_, err := s.ask(ctx, wire.Message{Type: wire.Delete, Key: key})
	return err
}

// SignGet asks for a URL. Its lifetime is in whole seconds.
func (s *Store) SignGet(ctx context.Context, key string, lifetime time.Duration) (string, error) {
	if err := check(ctx, key); err != nil {
		return "", err
	}
	m, err := s.ask(ctx, wire.Message{Type: wire.Sign, Key: key, Seconds: int64(lifetime / time.Second)})
	return m.URL, err
}
