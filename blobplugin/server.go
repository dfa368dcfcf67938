package blobplugin

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/blob/plugin/wire"
)

// server answers the calls of one connection.
type server struct {
	program string
	open    Open
	calls   sync.WaitGroup

	mu    sync.Mutex
	store Store // nil until hello
}

func (s *server) run(in io.Reader, out io.Writer) error {
	conn := wire.Accept(in, out, func(call *wire.Call, m wire.Message) {
		s.calls.Go(func() { s.serve(call, m) })
	})
	written := make(chan error, 1)
	go func() { written <- conn.Write() }()
	if err := conn.Read(); err != nil {
		return err
	}
	s.calls.Wait()
	return <-written
}

// serve answers a call. That only fails once nobody listens.
func (s *server) serve(call *wire.Call, m wire.Message) {
	answer, err := s.answer(call, m)
	if err != nil {
		answer = wire.Message{Type: wire.Failed, Error: wire.ErrorOf(err)}
	} else {
		answer.Type = wire.Done
	}
	_ = call.Send(context.Background(), answer, nil)
}

func (s *server) answer(call *wire.Call, m wire.Message) (answer wire.Message, err error) {
	ctx := call.Context()
	if m.Type == wire.Hello {
		return s.hello(ctx, m)
	}
	s.mu.Lock()
	store := s.store
	s.mu.Unlock()
	if store == nil {
		return answer, errors.New("the first call is hello")
	}
	switch m.Type {
	case wire.Put:
		err = store.Put(ctx, m.Key, call.Content(ctx, m.Size), PutOptions{Size: m.Size, IfAbsent: m.IfAbsent, ContentType: m.ContentType})
	case wire.Get:
		err = get(ctx, store, call, m.Key)
	case wire.Stat:
		answer.Object, err = stat(ctx, store, m.Key)
	case wire.List:
		answer.Objects, err = list(ctx, store, m)
	case wire.Delete:
		err = store.Delete(ctx, m.Key)
	case wire.Sign:
		answer.URL, err = store.SignGet(ctx, m.Key, time.Duration(m.Seconds)*time.Second)
	}
	return answer, err
}

func (s *server) hello(ctx context.Context, m wire.Message) (answer wire.Message, err error) {
	if m.Protocol != wire.Protocol {
		return answer, Errorf(Invalid, "%s speaks version %d of the protocol, and pawl version %d", s.program, wire.Protocol, m.Protocol).
			WithHint("install the plug-in of the same release as pawl")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store != nil {
		return answer, errors.New("hello comes once")
	}
	store, err := s.open(ctx, m.Settings)
	if err != nil {
		return answer, err
	}
	s.store = store
	return wire.Message{Protocol: wire.Protocol, Program: s.program}, nil
}

// get tells of the object and gives its content.
func get(ctx context.Context, store Store, call *wire.Call, key string) (err error) {
	body, o, err := store.Get(ctx, key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	found := wire.ObjectOf(o)
	if err := call.Send(ctx, wire.Message{Type: wire.Found, Object: &found}, nil); err != nil {
		return err
	}
	return call.Give(ctx, body)
}

func stat(ctx context.Context, store Store, key string) (*wire.Object, error) {
	o, err := store.Stat(ctx, key)
	found := wire.ObjectOf(o)
	return &found, err
}

func list(ctx context.Context, store Store, m wire.Message) ([]wire.Object, error) {
	objects, err := store.List(ctx, m.Prefix, m.After, m.Limit)
	found := make([]wire.Object, len(objects))
	for i, o := range objects {
		found[i] = wire.ObjectOf(o)
	}
	return found, err
}
