package memory

import (
	"context"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// runQueue has the attempts that were to be queued and are not known to be done.
type runQueue struct {
	places map[model.AttemptID]*place
	spent  admission.Spent
}

// place is one that waits, or holds a place once it is taken.
type place struct {
	store.Turn
	of *attempt
}

// enqueue notes that an attempt is to be queued, which is held back already if it is
// to come after a session.
func (s *Store) enqueue(a *attempt, p *store.Turn) {
	if p == nil {
		return
	}
	s.queue.places[a.ID] = &place{*p, a}
	if !p.Taken && a.Wake != model.Never {
		a.Wake = store.InQueue
	}
}

// wakes is when an attempt is to be driven on that is held back no more.
func (s *Store) wakes(a *attempt) model.Instant {
	if p := s.queue.places[a.ID]; p != nil && !p.Taken {
		return store.InQueue
	}
	return 0
}

// Admit implements store.Queue.
func (s *Store) Admit(ctx context.Context, _ []string, now model.Instant, c store.Chooser) (ids []model.AttemptID, err error) {
	err = s.write(ctx, func() (bool, error) {
		s.choose(c, func(p *place) {
			p.Taken, p.of.Wake = true, 0
			ids = append(ids, p.of.ID)
		})
		maps.Copy(s.queue.spent, c.Spent())
		maps.DeleteFunc(s.queue.spent, func(_ admission.Bucket, until model.Instant) bool { return until <= now })
		return len(ids) > 0, nil
	})
	return ids, err
}

// LookAtQueue implements store.Queue.
func (s *Store) LookAtQueue(ctx context.Context, c store.Chooser) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.choose(c, func(*place) {})
	return nil
}

// queuePage is how many that wait are offered together.
const queuePage = 500

// choose has a chooser decide.
func (s *Store) choose(c store.Chooser, admitted func(*place)) {
	var held []store.Waiting
	for id, p := range s.queue.places {
		switch {
		case p.of.State.Done():
			delete(s.queue.places, id)
		case p.Taken:
			held = append(held, s.placed(p))
		}
	}
	if !c.Begin(held, s.queue.spent) {
		return
	}
	for some := range slices.Chunk(s.inQueue(), queuePage) {
		page := make([]store.Waiting, len(some))
		for i, p := range some {
			page[i] = s.placed(p)
		}
		chosen, more := c.Offer(page)
		for _, i := range chosen {
			admitted(some[i])
		}
		if !more {
			return
		}
	}
}

// inQueue returns those that wait, in order.
func (s *Store) inQueue() (list []*place) {
	for _, p := range s.queue.places {
		if p.of.Queued() {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *place) int {
		return admission.Compare(&admission.Run{ID: a.of.ID, Priority: a.Priority}, &admission.Run{ID: b.of.ID, Priority: b.Priority})
	})
	return list
}

func (s *Store) placed(p *place) store.Waiting {
	of := &p.of.Session
	w := store.Waiting{
		Run:     admission.Run{ID: p.of.ID, Priority: p.Priority, Weight: p.Weight},
		Project: of.Project, Workflow: of.Workflow, Since: p.of.Created,
	}
	for _, name := range p.of.tags.Names() {
		w.Tags = append(w.Tags, admission.Tag{Name: name, Value: p.of.tags[name]})
	}
	if project, err := at(s.projects, of.Project, "project"); err == nil {
		w.Tags = append(w.Tags, store.PlaceTags(project.Name, of.Workflow)...)
	}
	return w
}

// QueueEmpty implements store.Queue.
func (s *Store) QueueEmpty(ctx context.Context) (bool, error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	for _, p := range s.queue.places {
		if !p.Taken && !p.of.State.Done() {
			return false, nil
		}
	}
	return true, nil
}

// CancelQueued implements store.Queue.
func (s *Store) CancelQueued(ctx context.Context, f store.QueueFilter, now model.Instant, tell func(*store.Withdrawn) []engine.Record) (ids []model.AttemptID, err error) {
	err = s.write(ctx, func() (bool, error) {
		for _, id := range slices.Sorted(maps.Keys(s.queue.places)) {
			if p := s.queue.places[id]; !p.Taken && !p.of.State.Done() && p.of.selected(&f) {
				ids = append(ids, id)
			}
		}
		for _, id := range ids {
			a := s.attempts[id-1]
			row := a.AttemptRow
			row.State, row.CancelAsked, row.Ended = engine.AttemptKilled, true, now
			s.takeLeft([]engine.AttemptRow{row})
			s.update(&row)
			e := store.Cancelled(id, a.Session.Workflow, now)
			if a.putEvent(&e) {
				s.journal.add(a, e.Seq)
			}
			delete(s.queue.places, id)
			if tell != nil {
				s.send(tell(s.withdrawn(a)))
			}
		}
		return len(ids) > 0, nil
	})
	return ids, err
}

// withdrawn returns what is told of an attempt that has ended in the queue.
func (s *Store) withdrawn(a *attempt) *store.Withdrawn {
	one := &store.Withdrawn{Attempt: a.Attempt, Scope: a.definition.Scope}
	if w, err := at(s.workflows, a.Workflow, "workflow"); err == nil {
		one.Project = s.nameOf(w.Project)
		if r, err := at(s.revisions, w.Revision, "revision"); err == nil {
			one.Revision = r.Name
		}
	}
	return one
}

func (a *attempt) selected(f *store.QueueFilter) bool {
	return (f.Attempts == nil || slices.Contains(f.Attempts, a.ID)) &&
		(f.Projects == nil || slices.Contains(f.Projects, a.Session.Project)) &&
		(f.Workflow == "" || f.Workflow == a.Session.Workflow) && a.tagged(f.Tags)
}
