package blobplugin

import (
	"context"
	"errors"
	"time"

	"github.com/pawlhq/pawl/internal/plugin/wire"
)

// server returns what answers calls.
func server(program string, open Open) *wire.Server[Store] {
	return &wire.Server[Store]{
		Program: program, Answer: answer,
		Open: func(ctx context.Context, settings map[string]string) (Store, error) { return open(ctx, settings) },
	}
}

func answer(call *wire.Call, store Store, m wire.Message) (answer wire.Message, err error) {
	ctx := call.Context()
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
	default:
		err = wire.ErrNoCall
	}
	return answer, err
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
