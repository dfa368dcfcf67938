package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// send adds records to the outbox that are not there.
func (s *Store) send(list []engine.Record) {
	for i := range list {
		r := &list[i]
		if slices.ContainsFunc(s.outbox, func(o store.Outgoing) bool {
			return o.Attempt == r.Attempt && o.Task == r.Task && o.Try == r.Try && o.Index == r.Index
		}) {
			continue
		}
		s.outboxID++
		s.outbox = append(s.outbox, store.Outgoing{ID: s.outboxID, Record: *r})
	}
}

// sends reports whether a record of an attempt is to be sent.
func (s *Store) sends(id model.AttemptID) bool {
	return slices.ContainsFunc(s.outbox, func(o store.Outgoing) bool { return o.Attempt == id })
}

func (s *Store) findOutgoing(id store.OutboxID) (i int, found bool) {
	return slices.BinarySearchFunc(s.outbox, id, func(o store.Outgoing, id store.OutboxID) int { return cmp.Compare(o.ID, id) })
}

// Outbox implements store.Outbox.
func (s *Store) Outbox(ctx context.Context, after store.OutboxID, n int) ([]store.Outgoing, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	from, _ := s.findOutgoing(after + 1)
	list := s.outbox[from:]
	return slices.Clone(list[:min(max(n, 0), len(list))]), nil
}

// Sent implements store.Outbox.
func (s *Store) Sent(ctx context.Context, ids []store.OutboxID) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, id := range ids {
		if i, found := s.findOutgoing(id); found {
			s.outbox = slices.Delete(s.outbox, i, i+1)
		}
	}
	return nil
}

// Pending implements store.Signals.
func (s *Store) Pending(ctx context.Context) (p store.Pending, err error) {
	if err := s.enter(ctx); err != nil {
		return p, err
	}
	defer s.mu.Unlock()
	if len(s.outbox) > 0 {
		p = store.Pending{Records: min(len(s.outbox), store.MostPending), Oldest: s.outbox[0].At}
	}
	return p, nil
}

// DropTopic implements store.Signals.
func (s *Store) DropTopic(ctx context.Context, topic string, n int) (ids []store.OutboxID, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	s.outbox = slices.DeleteFunc(s.outbox, func(o store.Outgoing) bool {
		goes := o.Topic == topic && len(ids) < n
		if goes {
			ids = append(ids, o.ID)
		}
		return goes
	})
	return ids, nil
}
