// Package plugin keeps objects in whatever a program knows how to reach: a
// plug-in named pawl-blob-TYPE. It knows nothing of what the program does.
package plugin

import (
	"context"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/plugin"
	"github.com/pawlhq/pawl/internal/plugin/wire"
)

// Kind is that of plug-ins for object storage.
var Kind = plugin.Kind{Prefix: "pawl-blob-", What: "object storage"}

// Options say which plug-in is used, and how. Their Kind is that of this package.
type Options = plugin.Options

// Store is a blob.Store in a plug-in. All calls that wait for a plug-in that ends
// too early are Unavailable; the next call starts it again.
type Store struct{ plugin *plugin.Plugin }

var _ blob.Store = (*Store)(nil)

// Open returns the store of a plug-in. It starts nothing.
func Open(o Options) *Store {
	o.Kind = Kind
	return &Store{plugin.Open(o)}
}

// Close ends the plug-in.
func (s *Store) Close() error { return s.plugin.Close() }

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
	return s.plugin.Call(ctx, begin, func(call *wire.Call) error {
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
	talk, err := s.plugin.Begin(ctx)
	if err != nil {
		return nil, blob.Object{}, err
	}
	o, err := open(ctx, talk.Call, key)
	if err != nil {
		return nil, blob.Object{}, talk.Settle(err)
	}
	return &body{ctx: ctx, talk: talk, content: talk.Content(ctx, o.Size), left: o.Size}, o, nil
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
	err = s.plugin.Call(ctx, wire.Message{Type: wire.Stat, Key: key}, func(call *wire.Call) error {
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
	m, err := s.plugin.Ask(ctx, wire.Message{Type: wire.List, Prefix: prefix, After: after, Limit: limit})
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
	_, err := s.plugin.Ask(ctx, wire.Message{Type: wire.Delete, Key: key})
	return err
}

// SignGet asks for a URL. Its lifetime is in whole seconds.
func (s *Store) SignGet(ctx context.Context, key string, lifetime time.Duration) (string, error) {
	if err := check(ctx, key); err != nil {
		return "", err
	}
	m, err := s.plugin.Ask(ctx, wire.Message{Type: wire.Sign, Key: key, Seconds: int64(lifetime / time.Second)})
	return m.URL, err
}
