package python

import (
	"context"
	"fmt"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process/pyfork"
)

// forker returns what forks tasks: a template, or, once code has made the
// pipeline, a stem, which has all that lives in it.
func (h *Host) forker(ctx context.Context) (*template, func(), error) {
	if h.made.Load() == nil {
		t, err := h.acquire()
		return t, func() { h.templates.release(t) }, err
	}
	ts := &h.stems
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if h.life.Err() != nil {
		return nil, nil, ErrClosed
	}
	if ts.last == nil {
		t, err := h.grow(ctx)
		if err != nil {
			return nil, nil, err
		}
		ts.last = t
		ts.ended.Go(t.python.Listen)
	}
	t := ts.last
	if t.python.Broken() {
		return nil, nil, fmt.Errorf("%w: the process that forked them has ended", pyfork.ErrCold)
	}
	t.users++
	return t, func() { ts.release(t) }, nil
}

// grow has the process that answers requests fork a stem.
func (h *Host) grow(ctx context.Context) (*template, error) {
	v, err := h.ask(ctx, "stem", h.config.Dir, params.Map{})
	if err != nil {
		return nil, err
	}
	path, _ := v.(string)
	python, err := pyfork.Connect(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", pyfork.ErrCold, err)
	}
	return &template{python: python, last: true}, nil
}
