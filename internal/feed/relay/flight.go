package relay

import (
	"context"

	"github.com/pawlhq/pawl/internal/store"
)

// Bounds of what is sent at once.
const (
	roundRecords = 256
	roundBytes   = 16 << 20
)

// flight is what is sent to a topic at once.
type flight struct {
	topic string
	list  []store.Outgoing
	// landed is closed when errs say of the first records why each did not arrive,
	// or nil. Those without were not sent.
	landed chan struct{}
	errs   []error
}

// isOut reports whether there is no answer yet.
func (f *flight) isOut() bool {
	select {
	case <-f.landed:
		return false
	default:
		return true
	}
}

// outcome returns why a record did not arrive, or nil.
func (f *flight) outcome(i int) error {
	if i < len(f.errs) {
		return f.errs[i]
	}
	return ErrUnsent
}

// launch begins to send records of one topic, and wakes the relay when it knows
// what became of them.
func (t *turn) launch(ctx context.Context, topic string, list []store.Outgoing) (*flight, error) {
	line := t.lines[topic]
	if line == nil {
		var err error
		if line, err = t.options.Transport.Line(topic); err != nil {
			return nil, err
		}
		t.lines[topic] = line
	}
	f := &flight{topic: topic, list: list, landed: make(chan struct{})}
	t.flights.Go(func() {
		f.errs = t.transmit(ctx, line, list)
		close(f.landed)
		t.Wake()
	})
	return f, nil
}

// transmit sends as many of some records as go at once, up to the first that
// can't be written, and returns why each of them did not arrive, or nil.
func (r *Relay) transmit(ctx context.Context, line Line, list []store.Outgoing) []error {
	var messages []Message
	var failed error
	for size := 0; len(messages) < len(list) && size < roundBytes && failed == nil; {
		var m Message
		if m, failed = r.message(ctx, &list[len(messages)]); failed == nil {
			messages = append(messages, m)
			size += len(m.Key) + len(m.Value)
		}
	}
	var errs []error
	if len(messages) > 0 {
		errs = line.Send(ctx, messages)
	}
	if failed != nil {
		errs = append(errs, failed)
	}
	return errs
}

// close waits for what is under way, which its context has ended.
func (t *turn) close() {
	t.flights.Wait()
	for _, line := range t.lines {
		line.Close()
	}
}
