package feedtest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Sink keeps what is delivered, as a store would, and fails as it is told.
type Sink struct {
	// store, if there is one, has the offsets.
	store    feed.Sink
	mu       sync.Mutex
	offsets  map[store.Offset]int64 // by topic and partition
	messages []store.Message
	changed  chan struct{} // closed when a message comes
	calls    int           // under way
	faults   []Fault
	// Largest is how many messages a delivery had at most, and Together how many
	// calls were under way at once.
	Largest, Together int
	// Conflicts counts deliveries that were refused.
	Conflicts int
}

// Fault is what becomes of a delivery. It is called before and after it would be
// written; what it returns is the answer, and before, nothing is written then.
type Fault struct {
	Before, After func(ctx context.Context, d store.Delivery) error
}

var _ feed.Sink = (*Sink)(nil)

// NewSink returns a sink that has nothing.
func NewSink() *Sink {
	return &Sink{offsets: make(map[store.Offset]int64), changed: make(chan struct{})}
}

// NewSinkOf returns a sink that gives to a store what is delivered.
func NewSinkOf(s feed.Sink) *Sink {
	sink := NewSink()
	sink.store = s
	return sink
}

// Next has the next deliveries with messages go as these say.
func (s *Sink) Next(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// Deliver implements feed.Sink.
func (s *Sink) Deliver(ctx context.Context, d store.Delivery) ([]store.Delivered, error) {
	fault := s.enter(len(d.Messages))
	defer s.leave()
	if fault.Before != nil {
		if err := fault.Before(ctx, d); err != nil {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	done, err := s.write(ctx, d)
	if err == nil && fault.After != nil {
		err = fault.After(ctx, d)
	}
	return done, err
}

func (s *Sink) enter(messages int) (f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.Together = max(s.Together, s.calls)
	s.Largest = max(s.Largest, messages)
	if len(s.faults) > 0 && messages > 0 {
		f, s.faults = s.faults[0], s.faults[1:]
	}
	return f
}

func (s *Sink) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls--
}

// Write delivers at once, without faults, as another feeder would.
func (s *Sink) Write(d store.Delivery) ([]store.Delivered, error) {
	return s.write(context.Background(), d)
}

func (s *Sink) write(ctx context.Context, d store.Delivery) (done []store.Delivered, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store == nil {
		done, err = s.keep(d)
	} else {
		done, err = s.store.Deliver(ctx, d)
	}
	switch {
	case model.CodeOf(err) == model.Conflict:
		s.Conflicts++
	case err == nil:
		s.messages = append(s.messages, d.Messages...)
		close(s.changed)
		s.changed = make(chan struct{})
	}
	return done, err
}

// keep takes a delivery in as a store does to which nobody listens.
func (s *Sink) keep(d store.Delivery) ([]store.Delivered, error) {
	for _, o := range d.Offsets {
		if at := s.offsets[store.Offset{Topic: d.Feeder + "\n" + o.Topic, Partition: o.Partition}]; at > o.From {
			return nil, model.Errorf(model.Conflict, "%s/%d is at %d, not at %d", o.Topic, o.Partition, at, o.From)
		}
	}
	for _, o := range d.Offsets {
		s.offsets[store.Offset{Topic: d.Feeder + "\n" + o.Topic, Partition: o.Partition}] = o.Next
	}
	done := make([]store.Delivered, len(d.Messages))
	for i := range done {
		done[i] = store.Delivered{Outcome: store.KeptEarly}
		if d.Messages[i].Unreadable != "" {
			done[i].Outcome = store.Dead
		}
	}
	return done, nil
}

// Offsets implements feed.Sink.
func (s *Sink) Offsets(ctx context.Context, feeder string) (list []store.Offset, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if s.store != nil {
		return s.store.Offsets(ctx, feeder)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, next := range s.offsets {
		var name, topic string
		if _, err := fmt.Sscanf(at.Topic, "%s\n%s", &name, &topic); err == nil && name == feeder {
			list = append(list, store.Offset{Topic: topic, Partition: at.Partition, Next: next})
		}
	}
	return list, nil
}

// Set has the sink know a position.
func (s *Sink) Set(feeder string, o store.Offset) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offsets[store.Offset{Topic: feeder + "\n" + o.Topic, Partition: o.Partition}] = o.Next
}

// Messages returns what was delivered, in order.
func (s *Sink) Messages() []store.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Await waits until the sink has n messages.
func (s *Sink) Await(ctx context.Context, n int) error {
	for {
		s.mu.Lock()
		have, changed := len(s.messages), s.changed
		s.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d messages came instead of %d: %w", have, n, context.Cause(ctx))
		}
	}
}
