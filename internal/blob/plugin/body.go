package plugin

import (
	"context"
	"errors"
	"io"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/plugin"
	"github.com/pawlhq/pawl/internal/plugin/wire"
)

// body is the content of an object. One that is cut off is an error.
type body struct {
	ctx     context.Context
	talk    *plugin.Talk
	content io.Reader
	left    int64
	err     error
}

func (b *body) Read(p []byte) (int, error) {
	if b.err == nil && b.ctx.Err() != nil {
		b.fail(context.Cause(b.ctx))
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.content.Read(p)
	b.left -= int64(n)
	switch {
	case err == nil && b.left < 0, errors.Is(err, io.EOF) && b.left != 0:
		b.fail(model.Errorf(model.Unavailable, "%s gave an object whose size is %d bytes off", b.talk.Program(), -b.left))
		return 0, b.err
	case err != nil:
		b.fail(err)
	}
	return n, b.err
}

// fail ends the reading. The end of content is followed by that of the call.
func (b *body) fail(err error) {
	if b.err = err; errors.Is(err, io.EOF) {
		_, err = b.talk.Expect(b.ctx, wire.Done)
	}
	if err != nil {
		b.err = b.talk.Settle(err)
	}
}

// Close calls off what is left.
func (b *body) Close() error {
	if b.err == nil {
		b.fail(errClosed)
	}
	return nil
}

var errClosed = errors.New("read of an object that is closed")
