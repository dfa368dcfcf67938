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

// letter is a message that is kept.
type letter struct{ routing.Letter }

// putLetter keeps a message that has the next id.
func (s *Store) putLetter(of routing.Letter) {
	s.letterID = of.ID
	l := &letter{of}
	s.letters = append(s.letters, l)
	if l.Died == 0 {
		for _, k := range of.Marks {
			s.early[k] = append(s.early[k], l)
		}
	}
}

// findLetter returns where a letter is.
func (s *Store) findLetter(id store.LetterID) (i int, found bool) {
	return slices.BinarySearchFunc(s.letters, id, func(l *letter, id store.LetterID) int { return cmp.Compare(l.ID, id) })
}

// dropLetters forgets letters.
func (s *Store) dropLetters(ids []store.LetterID) {
	for _, id := range ids {
		if i, found := s.findLetter(id); found {
			s.leaveKeys(s.letters[i])
			s.letters = slices.Delete(s.letters, i, i+1)
		}
	}
}

// leaveKeys makes a letter none that waits any more.
func (s *Store) leaveKeys(l *letter) {
	if l.Died != 0 {
		return
	}
	for _, k := range l.Marks {
		list := slices.DeleteFunc(s.early[k], func(o *letter) bool { return o == l })
		if s.early[k] = list; len(list) == 0 {
			delete(s.early, k)
		}
	}
}

// bury keeps messages that tasks could not handle.
func (s *Store) bury(list []engine.Buried) {
	for i := range list {
		b := &list[i]
		if slices.ContainsFunc(s.letters, func(l *letter) bool { return isSame(l, b) }) {
			continue
		}
		l := store.Letter{
			ID: s.letterID + 1, Topic: b.Message.Topic, Source: b.Message.Source, Body: b.Message.Body, Trace: b.Message.Trace,
			Came: b.At, Died: b.At, Reason: b.Reason, Attempt: b.Attempt, Task: b.Task,
		}
		for _, sub := range s.listening[routing.Listener{Attempt: b.Attempt, Task: b.Task}] {
			if sub.Key.Topic == l.Topic {
				l.Keys = append(l.Keys, store.MessageKey{Param: sub.Key.Param, Value: sub.Key.Value})
			}
		}
		slices.SortFunc(l.Keys, func(a, b store.MessageKey) int {
			return cmp.Or(cmp.Compare(a.Param, b.Param), cmp.Compare(a.Value, b.Value))
		})
		s.putLetter(routing.Letter{Letter: l})
	}
}

func isSame(l *letter, b *engine.Buried) bool {
	return l.Attempt == b.Attempt && l.Task == b.Task && l.Died == b.At && l.Source == b.Message.Source && l.Topic == b.Message.Topic
}

// ListLetters implements store.Letters.
func (s *Store) ListLetters(ctx context.Context, f store.LetterFilter, p store.Page) ([]store.Letter, string, error) {
	limit, past, err := p.Bounds()
	if err == nil {
		err = f.Check()
	}
	if err == nil {
		err = s.enter(ctx)
	}
	if err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	from, _ := s.findLetter(store.LetterID(past + 1))
	var list []store.Letter
	for _, l := range s.letters[from:] {
		if len(list) > limit {
			break
		}
		if selects(f, &l.Letter.Letter) {
			list = append(list, copyOf(l))
		}
	}
	page, next := store.Cut(list, limit, func(l store.Letter) int64 { return int64(l.ID) })
	return page, next, nil
}

func selects(f store.LetterFilter, l *store.Letter) bool {
	return f.Dead == (l.Died != 0) && cmp.Or(f.Topic, l.Topic) == l.Topic &&
		(f.Param == "" || slices.ContainsFunc(l.Keys, func(k store.MessageKey) bool {
			return k.Param == f.Param && cmp.Or(f.Value, k.Value) == k.Value
		}))
}

func copyOf(l *letter) store.Letter {
	c := l.Letter.Letter
	c.Keys, c.Raw = slices.Clone(c.Keys), slices.Clone(c.Raw)
	return c
}

// Resend implements store.Letters.
func (s *Store) Resend(ctx context.Context, ids []store.LetterID, early store.Early, now model.Instant) ([]store.Delivered, error) {
	found, err := s.readLetters(ctx, ids)
	if err != nil {
		return nil, err
	}
	return s.route(ctx, routing.Resend(ids, found, early, now))
}

func (s *Store) readLetters(ctx context.Context, ids []store.LetterID) (found []store.Letter, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	for _, id := range ids {
		if i, ok := s.findLetter(id); ok {
			found = append(found, copyOf(s.letters[i]))
		}
	}
	return found, nil
}

// DropLetters implements store.Letters.
func (s *Store) DropLetters(ctx context.Context, ids []store.LetterID) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.dropLetters(ids)
	return nil
}

// ExpireLetters implements store.Letters.
func (s *Store) ExpireLetters(ctx context.Context, now model.Instant, n int) (e store.Expiry, err error) {
	if err := s.enter(ctx); err != nil {
		return e, err
	}
	defer s.mu.Unlock()
	e.Next = model.Never
	for _, l := range s.byExpiry() {
		if l.Expires > now || e.Letters >= n {
			e.Next = l.Expires
			break
		}
		s.leaveKeys(l)
		l.Died, l.Reason = now, store.ReasonExpired
		e.Letters++
	}
	for k, until := range s.remembered {
		switch {
		case until > now:
		case e.Sources < n:
			delete(s.remembered, k)
			e.Sources++
		default:
			e.Next = min(e.Next, now)
		}
	}
	return e, nil
}

// byExpiry returns the early messages, those first whose time is over first.
func (s *Store) byExpiry() (list []*letter) {
	for _, l := range s.letters {
		if l.Died == 0 {
			list = append(list, l)
		}
	}
	slices.SortStableFunc(list, func(a, b *letter) int { return cmp.Compare(a.Expires, b.Expires) })
	return list
}
