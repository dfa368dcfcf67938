package pulse

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/store"
)

// Heart is what a process knows of its loops. Its methods are safe for concurrent
// use. Those of nil do nothing.
type Heart struct {
	clock clock.Clock
	// wake asks for what is known to be written soon.
	wake chan struct{}

	mu     sync.Mutex
	self   Process
	loops  []*Pulse
	checks []check
}

// check is what is asked before each beat.
type check struct {
	of *Pulse
	do func() error
}

// New returns the heart of a process, which begins to live now.
func New(c clock.Clock, self Process) *Heart {
	self.Started = c.Now()
	return &Heart{clock: c, self: self, wake: make(chan struct{}, 1)}
}

// Pulse is a loop of a process. Its methods are safe for concurrent use. Those of nil
// do nothing.
type Pulse struct {
	heart *Heart
	loop  Loop
}

// Loop adds a loop that takes at most so long to go round, or, with zero, as long as
// it likes.
func (h *Heart) Loop(name string, within time.Duration) *Pulse {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &Pulse{heart: h, loop: Loop{Name: name, Within: int(within / time.Second), Errors: []Fault{}}}
	h.loops = append(h.loops, p)
	h.nudge()
	return p
}

// nudge asks for a beat soon.
func (h *Heart) nudge() {
	select {
	case h.wake <- struct{}{}:
	default: // it is asked for already
	}
}

// Check adds something that goes round with each beat: do says what is wrong with it,
// and returns at once.
func (h *Heart) Check(name string, do func() error) {
	p := h.Loop(name, 0)
	if p == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks = append(h.checks, check{p, do})
}

// mostErrors is how many errors of a loop are kept, and longestError how much of one,
// in bytes.
const (
	mostErrors   = 5
	longestError = 1000
)

// Turn notes that the loop has gone round, and how that ended.
func (p *Pulse) Turn(err error) {
	if p != nil && p.turn(err) {
		p.heart.nudge()
	}
}

// turn reports whether the loop begins to fail.
func (p *Pulse) turn(err error) bool {
	p.heart.mu.Lock()
	defer p.heart.mu.Unlock()
	now, first := p.heart.clock.Now(), err != nil && !p.loop.Failing
	p.loop.Turned, p.loop.Failing = now, err != nil
	if err != nil {
		p.loop.note(now, err.Error())
	}
	return first
}

// note keeps an error.
func (l *Loop) note(at time.Time, message string) {
	if len(message) > longestError {
		message = strings.ToValidUTF8(message[:longestError], "") + "..."
	}
	if len(l.Errors) > 0 && l.Errors[0].Message == message {
		l.Errors[0].At = at
		l.Errors[0].Times++
		return
	}
	l.Errors = slices.Insert(l.Errors, 0, Fault{At: at, Times: 1, Message: message})
	l.Errors = l.Errors[:min(len(l.Errors), mostErrors)]
}

// prefix begins the names of the notes in which processes say that they live.
const prefix = "process/"

// Beat writes down what is known now.
func (h *Heart) Beat(ctx context.Context, to store.Notes) error {
	text, name := h.said()
	return to.SetNote(ctx, prefix+name, text)
}

// said returns what is to be written, and the name of the process.
func (h *Heart) said() (text, name string) {
	h.mu.Lock()
	checks := h.checks
	h.mu.Unlock()
	for _, c := range checks {
		c.of.turn(c.do())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.self
	p.Seen, p.Loops = h.clock.Now(), make([]Loop, len(h.loops))
	for i, l := range h.loops {
		p.Loops[i] = l.loop
	}
	b, _ := json.Marshal(p) // texts, numbers and times of this age
	return string(b), p.Name
}

// forgetAfter is how long a process that was not seen is told of.
const forgetAfter = 24 * time.Hour

// Run writes down that the process lives, every few seconds and soon after a loop
// is added or begins to fail, until ctx is done. Then it removes what it wrote: who has ended in
// order is not dead. What can't be written is told to log once, until it can.
func (h *Heart) Run(ctx context.Context, to store.Notes, log *slog.Logger) {
	failing := false
	h.forget(ctx, to)
	for {
		select {
		case <-h.wake: // this beat says it
		default:
		}
		err := h.Beat(ctx, to)
		switch {
		case err != nil && !failing && ctx.Err() == nil:
			log.Warn("it can't be written down that the process lives", "error", err)
			failing = true
		case err == nil:
			failing = false
		}
		due, stop := h.clock.After(every)
		select {
		case <-ctx.Done():
			stop()
			h.end(to)
			return
		case <-h.wake:
		case <-due:
		}
		stop()
	}
}

// endWithin is how long a process that ends tries to say so.
const endWithin = 5 * time.Second

// end removes what the process wrote. Where that fails it is dead for a day.
func (h *Heart) end(to store.Notes) {
	ctx, cancel := context.WithTimeout(context.Background(), endWithin)
	defer cancel()
	_ = to.SetNote(ctx, prefix+h.self.Name, "")
}

// forget removes what processes have left that died long ago. What fails is tried by
// the next one that starts.
func (h *Heart) forget(ctx context.Context, in store.Notes) {
	all, err := Read(ctx, in, h.clock.Now())
	for _, s := range all {
		if err == nil && h.clock.Now().Sub(s.Seen) > forgetAfter {
			err = in.SetNote(ctx, prefix+s.Name, "")
		}
	}
}

// Read returns what is known of the processes of a store at a time, by their names.
func Read(ctx context.Context, of store.Notes, now time.Time) ([]Status, error) {
	notes, err := of.Notes(ctx, prefix)
	if err != nil {
		return nil, err
	}
	list := make([]Status, 0, len(notes))
	for _, text := range notes {
		var p Process
		if json.Unmarshal([]byte(text), &p) == nil { // another version may say it otherwise
			list = append(list, Judge(p, now))
		}
	}
	slices.SortFunc(list, func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}
