package process

import (
	"context"
	"time"
)

// Watch ends a process group as soon as a context is done.
type Watch struct {
	ctx   context.Context
	stop  func() bool
	ended chan struct{}
}

// Watch ends g when ctx is done, until the watch is released.
func (g Group) Watch(ctx context.Context, grace time.Duration) *Watch {
	w := &Watch{ctx: ctx, ended: make(chan struct{})}
	w.stop = context.AfterFunc(ctx, func() {
		g.End(grace)
		close(w.ended)
	})
	return w
}

// Release ends the watch. A group whose end has begun by then is ended all
// the same. Call it once, when the group's leader has ended.
func (w *Watch) Release() {
	if w.stop() {
		w.ctx = nil
	}
}

// Cause returns why the group was ended, as soon as it has; nil if it was
// left alone. Call it after Release.
func (w *Watch) Cause() error {
	if w.ctx == nil {
		return nil
	}
	<-w.ended
	return context.Cause(w.ctx)
}
