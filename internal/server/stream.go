package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

const (
	// usualLull is how far apart looks are while much happens, so that more gathers.
	usualLull = 20 * time.Millisecond
	// A stream is woken by what this process does. For what others do it looks
	// often while there is something to see, and ever more seldom while there
	// is not.
	lookOften, lookSeldom = 250 * time.Millisecond, 5 * time.Second
	// quietFor is after how long without news a follower is told that there
	// still is a connection.
	quietFor = 15 * time.Second
	// takeWithin is how long a client may take to receive what was sent.
	takeWithin = time.Minute
)

// following is an answer of server-sent events about an attempt, or all, that goes
// on until next reports that there will be none any more.
type following struct {
	// id is the attempt, or 0 for all.
	id model.AttemptID
	// bell, which is also rung for what is committed, is for what next looks at
	// beside the store. It may be nil.
	bell bell
	// next sends the events that there are and reports whether those were the
	// last ones.
	next func(*stream) (last bool, err error)
	// close releases what next uses. It may be nil.
	close func() error
	// lull and seldom take the place of usualLull and lookSeldom, unless they are 0.
	lull, seldom time.Duration
}

// stream writes server-sent events.
type stream struct {
	c    *call
	out  *http.ResponseController
	sent time.Time
	news bool
	// bell is rung when there is something new, stir when others may have done
	// something.
	bell, stir bell
	// patience is how long to wait for the bell before looking nevertheless, up to
	// seldom, and lull how far apart looks are.
	patience, seldom, lull time.Duration
	looked                 time.Time
	// place, unless it is empty, is the id of an event from which to go on where
	// nothing is sent for long.
	place string
}

func (f following) send(c *call) (err error) {
	if f.close != nil {
		defer func() { err = errors.Join(err, f.close()) }()
	}
	s := &stream{
		c: c, out: http.NewResponseController(c.w), sent: c.cfg.Clock.Now(),
		bell: f.bell, stir: newBell(), patience: lookOften,
		seldom: cmp.Or(f.seldom, lookSeldom), lull: cmp.Or(f.lull, usualLull),
	}
	if s.bell == nil {
		s.bell = newBell()
	}
	if err := s.open(); err != nil || c.r.Method == http.MethodHead {
		return err
	}
	defer c.news.subscribe(f.id, s.bell)()
	defer c.store.Watch(s.stir.ring)()
	for {
		s.looked = c.cfg.Clock.Now()
		last, err := f.next(s)
		if err != nil {
			return s.ended(err)
		}
		if last {
			if err := s.event("", "end", "{}"); err != nil {
				return s.ended(err)
			}
		}
		if err := s.flush(); err != nil || last {
			return s.ended(err)
		}
		if !s.wait() {
			return nil
		}
	}
}

func (s *stream) open() error {
	h := s.c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	if err := s.out.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	s.c.wrote = true
	s.c.w.WriteHeader(http.StatusOK)
	return s.push()
}

// push sends what is buffered to a client that has some time to take it.
func (s *stream) push() error {
	// A connection knows no other clock than the machine's.
	if err := s.out.SetWriteDeadline(time.Now().Add(takeWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return s.out.Flush()
}

// ended drops the error of a connection that the client has left.
func (s *stream) ended(err error) error {
	if s.c.r.Context().Err() != nil || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// wait waits until it is time to look again. It reports false when nobody
// looks any more or the server stops.
func (s *stream) wait() bool {
	for {
		stir := s.stir
		if s.patience == lookOften {
			stir = nil // it is looked soon anyway
		}
		switch s.first(s.patience, s.bell, stir) {
		case due:
			s.patience = min(2*s.patience, s.seldom)
			return true
		case rung:
			rest := s.lull - s.c.cfg.Clock.Now().Sub(s.looked)
			return rest <= 0 || s.first(rest, nil, nil) == due
		case stirred:
			s.patience = lookOften
		case over:
			return false
		}
	}
}

// occurrence is what ends a wait.
type occurrence uint8

const (
	over occurrence = iota
	due
	rung
	stirred
)

// first waits for the first of several occurrences.
func (s *stream) first(d time.Duration, bell, stir bell) occurrence {
	passed, stop := s.c.cfg.Clock.After(d)
	defer stop()
	select {
	case <-passed:
		return due
	case <-bell:
		return rung
	case <-stir:
		return stirred
	case <-s.c.done:
	case <-s.c.r.Context().Done():
	}
	return over
}

// event sends one event. The data may have several lines; an empty id keeps
// the one before.
func (s *stream) event(id, kind, data string) error {
	var b strings.Builder
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("event: " + kind + "\n")
	for line := range strings.SplitSeq(data, "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteString("\n")
	s.news = true
	_, err := fmt.Fprint(s.c.w, b.String())
	return err
}

// flush sends what there is, and after a long silence a sign of life.
func (s *stream) flush() error {
	now := s.c.cfg.Clock.Now()
	switch {
	case s.news:
	case now.Sub(s.sent) >= quietFor:
		if err := s.alive(); err != nil {
			return err
		}
	default:
		return nil
	}
	if s.news {
		s.patience = lookOften
	}
	s.news, s.sent = false, now
	return s.push()
}

// alive says that there still is a connection, and from where to go on after it.
func (s *stream) alive() error {
	text := ": nothing new\n\n"
	if s.place != "" {
		text = "id: " + s.place + "\n" + text
	}
	_, err := fmt.Fprint(s.c.w, text)
	return err
}
