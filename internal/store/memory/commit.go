package memory

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// Commit implements store.Attempts.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	return s.write(ctx, func() (bool, error) {
		if err := s.admit(b); err != nil {
			return false, err
		}
		return s.apply(b), nil
	})
}

// admit checks that a batch may be written.
func (s *Store) admit(b *store.Batch) error {
	if b.Owner != "" {
		if err := s.checkLease(b.Owner, b.Epoch); err != nil {
			return err
		}
	}
	for id := range b.AttemptIDs() {
		a, err := s.attempt(id)
		switch {
		case b.Owner == "" && err != nil:
			return err
		case b.Owner != "" && (err != nil || !a.ownedBy(b.Owner, b.Epoch)):
			return notOwned(id, b)
		}
	}
	return s.admitConsumed(b)
}

// admitConsumed checks that an owner consumes only what was posted to it.
func (s *Store) admitConsumed(b *store.Batch) error {
	if b.Owner == "" {
		return nil
	}
	for _, post := range b.Consumed {
		i, found := s.findPost(post)
		if !found {
			continue
		}
		if id := s.posts[i].Attempt; !s.attempts[id-1].ownedBy(b.Owner, b.Epoch) {
			return notOwned(id, b)
		}
	}
	return nil
}

func notOwned(id model.AttemptID, b *store.Batch) error {
	return model.Errorf(model.Conflict, "attempt %d is not owned by %s in epoch %d", id, b.Owner, b.Epoch)
}

// apply writes a batch. It reports whether that leaves others something to do.
func (s *Store) apply(b *store.Batch) (call bool) {
	s.consume(b.Consumed)
	buried, returned := routing.Part(slices.Concat(b.Buried, s.takeLeft(b.Attempts)))
	s.bury(buried)
	for i := range b.Attempts {
		call = s.update(&b.Attempts[i]) || call
	}
	for i := range b.Tasks {
		r := &b.Tasks[i]
		s.attempts[r.Attempt-1].putTask(r)
	}
	for i := range b.Grown {
		g := &b.Grown[i]
		s.attempts[g.Attempt-1].putGrowth(g)
	}
	for i := range b.Events {
		e := &b.Events[i]
		if a := s.attempts[e.Attempt-1]; a.putEvent(e) {
			s.journal.add(a, e.Seq)
			s.tell(e, a.Session)
		}
	}
	call = s.listen(b.Listening) || len(b.Records) > 0 || call
	s.send(b.Records)
	call = s.takeBack(returned) || call
	for i := range b.Items {
		s.attempts[b.Items[i].Attempt-1].change(&b.Items[i])
	}
	for _, d := range b.Dropped {
		s.attempts[d.Attempt-1].drop(d)
	}
	for i := range b.Versions {
		s.version(&b.Versions[i])
	}
	for _, r := range b.Release {
		a := s.attempts[r.Attempt-1]
		a.release(r.Wake)
		if len(s.inbox(a)) > 0 {
			a.Wake = 0
		}
	}
	return call || len(b.Release) > 0
}

// update writes the row of an attempt. It reports whether that woke others.
func (s *Store) update(r *engine.AttemptRow) (woke bool) {
	a := s.attempts[r.ID-1]
	began, done := a.Params, a.State.Done()
	a.AttemptRow = *r
	a.Params = began
	switch {
	case a.State.Done() == done:
		return false
	case done:
		s.count(a, 1)
		return false
	}
	s.count(a, -1)
	s.silence(a.ID)
	return a.of.unfinished == 0 && s.wakeFollowers(a.of)
}
