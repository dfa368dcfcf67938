package client

import (
	"context"
	"errors"
	"net/http"
	"syscall"
	"time"
)

// transient is a failure that may be gone in a moment.
type transient struct {
	error
	// after is how long the server asks to wait. Zero does not say.
	after time.Duration
}

func (t transient) Unwrap() error { return t.error }

const (
	firstWait = 5 * time.Millisecond
	// longestWait bounds what a server may ask for.
	longestWait = time.Minute
)

// again calls try until it succeeds, fails for good or has failed too often.
// The waits double; ten of them take five seconds.
func (c *Client) again(ctx context.Context, try func() error) error {
	wait := firstWait
	for n := 0; ; n++ {
		err := try()
		var moment transient
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &moment):
			return err
		case n >= c.cfg.Retries:
			return moment.error
		}
		if err := c.pause(ctx, max(wait, min(moment.after, longestWait))); err != nil {
			return err
		}
		wait *= 2
	}
}

// lastWait is the longest wait for a server that does not listen yet; with those
// before it, it makes two and a half seconds.
const lastWait = 1280 * time.Millisecond

// onceListening calls try again, for a while, as long as nobody listens where
// the server is to be on this machine: it may have been started a moment ago.
// Where a connection is refused, nothing was sent, so that a change is still
// sent once at most.
func (c *Client) onceListening(ctx context.Context, try func() (*http.Response, error)) (*http.Response, error) {
	for wait := firstWait; ; wait *= 2 {
		res, err := try()
		if !errors.Is(err, syscall.ECONNREFUSED) || !c.cfg.Endpoint.local() || c.cfg.Retries < 0 || wait > lastWait {
			return res, err
		}
		if err := c.pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// pause waits unless the context ends before.
func (c *Client) pause(ctx context.Context, d time.Duration) error {
	c.cfg.Log.Info("the request is sent again", "in", d)
	due, stop := c.cfg.Clock.After(d)
	defer stop()
	select {
	case <-due:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
