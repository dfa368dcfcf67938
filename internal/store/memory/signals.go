package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// signals is what the store knows of messages.
type signals struct {
	offsets    map[routing.Partition]int64
	remembered map[routing.Key]model.Instant
	// waiting has who listens to a key: all without One, and then the others,
	// the longest waiting first.
	waiting map[routing.Key][]*routing.Subscription
	// listening has the subscriptions of each task.
	listening map[routing.Listener]map[routing.Key]*routing.Subscription
	// listeners has the tasks of each attempt that listen.
	listeners map[model.AttemptID]map[model.TaskID]bool
	// letters are in order of id; letterID is that of the newest. early has
	// those that wait under each key, in the same order.
	letters  []*letter
	early    map[routing.Key][]*letter
	letterID store.LetterID
	// outbox is in order of id; outboxID is that of the newest.
	outbox   []store.Outgoing
	outboxID store.OutboxID
}

func newSignals() signals {
	return signals{
		offsets:    make(map[routing.Partition]int64),
		remembered: make(map[routing.Key]model.Instant),
		waiting:    make(map[routing.Key][]*routing.Subscription),
		listening:  make(map[routing.Listener]map[routing.Key]*routing.Subscription),
		listeners:  make(map[model.AttemptID]map[model.TaskID]bool),
		early:      make(map[routing.Key][]*letter),
	}
}

// Deliver implements store.Feeding.
func (s *Store) Deliver(ctx context.Context, d store.Delivery) ([]store.Delivered, error) {
	done, _, err := s.DeliverTo(ctx, d, store.Claimant{})
	return done, err
}

// DeliverTo implements store.Signals.
func (s *Store) DeliverTo(ctx context.Context, d store.Delivery, to store.Claimant) ([]store.Delivered, []model.AttemptID, error) {
	m := routing.Deliver(d, to)
	done, err := s.route(ctx, m)
	return done, m.Given, err
}

func (s *Store) route(ctx context.Context, m *routing.Mail) ([]store.Delivered, error) {
	err := s.write(ctx, func() (bool, error) {
		l := s.ledger(m)
		if err := m.Decide(l); err != nil {
			return false, err
		}
		s.book(l)
		m.Given = s.give(m.To, m.Claimed())
		return m.Wakes(), nil
	})
	if err != nil {
		return nil, err
	}
	return m.Outcomes, nil
}

// ledger answers what a call asks.
func (s *Store) ledger(m *routing.Mail) *routing.Ledger {
	l := routing.NewLedger()
	l.Last = s.letterID
	for _, p := range m.Partitions {
		if at, known := s.offsets[p]; known {
			l.Offsets[p] = at
		}
	}
	for _, k := range m.Sources {
		l.Remembered[k] = s.remembered[k]
	}
	for _, k := range m.Keys {
		l.Early[k] = len(s.early[k])
		if _, found := l.Listeners[k]; !found {
			s.readListeners(l, k)
		}
	}
	for _, id := range m.Letters {
		i, found := s.findLetter(id)
		l.Letters[id] = found && s.letters[i].Died != 0
	}
	for _, id := range m.Attempts {
		a, err := s.attempt(id)
		l.Running[id] = err == nil && !a.State.Done()
	}
	return l
}

// readListeners finds who gets a message with a key.
func (s *Store) readListeners(l *routing.Ledger, k routing.Key) {
	l.Listeners[k] = nil
	for _, sub := range s.waiting[k] {
		l.Found(k, routing.Listener{Attempt: sub.Attempt, Task: sub.Task}, sub.Key.One)
		if sub.Key.One {
			return
		}
	}
}

// book writes what was decided.
func (s *Store) book(l *routing.Ledger) {
	for _, p := range l.Moved() {
		s.offsets[p] = l.Offsets[p]
	}
	for _, k := range l.Noted() {
		s.remembered[k] = l.Remembered[k]
	}
	for _, p := range l.Posts {
		s.hand(p.Listener, p.Message)
	}
	s.dropLetters(l.Gone)
	for i := range l.Kept {
		s.putLetter(l.Kept[i])
	}
}

// hand posts a message to a task.
func (s *Store) hand(to routing.Listener, m *engine.Message) {
	s.deposit(store.Post{Attempt: to.Attempt, Command: engine.Command{Kind: engine.Deliver, Task: to.Task, Message: m}})
}

// takeBack routes messages that tasks return. It reports whether others got some.
func (s *Store) takeBack(returned []engine.Buried) bool {
	if len(returned) == 0 {
		return false
	}
	m := routing.Return(returned)
	l := s.ledger(m)
	_ = m.Decide(l) // which refuses none
	s.book(l)
	return m.Wakes()
}

// Offsets implements store.Feeding.
func (s *Store) Offsets(ctx context.Context, feeder string) (list []store.Offset, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	for p, next := range s.offsets {
		if p.Feeder == feeder {
			list = append(list, store.Offset{Topic: p.Topic, Partition: p.Number, Next: next})
		}
	}
	slices.SortFunc(list, func(a, b store.Offset) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return list, nil
}
