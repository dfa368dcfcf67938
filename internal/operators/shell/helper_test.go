package shell

import (
	"context"
	"errors"
	"testing"
)

// contextOf returns the context of a test of whatever kind.
func contextOf(t any) context.Context {
	if t, ok := t.(interface{ Context() context.Context }); ok {
		return t.Context()
	}
	return context.Background()
}

// cancelled returns a context that is done, and its cause.
func cancelled(t *testing.T) (context.Context, error) {
	t.Helper()
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	return ctx, stop
}
