package memory

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sort"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// journal is the order in which events were committed.
type journal struct {
	// logged is in order of number; those of attempts that are gone are not there.
	logged []logged
	// number is that of the newest, and lost that up to which some are gone.
	number, lost int64
}

// newJournal is one without events.
func newJournal() journal { return journal{lost: store.NoNumber} }

// logged is an event of an attempt.
type logged struct {
	number  int64
	attempt *attempt
	seq     int64
}

func (j *journal) add(a *attempt, seq int64) {
	j.number++
	j.logged = append(j.logged, logged{j.number, a, seq})
}

// forget leaves out the events of an attempt.
func (j *journal) forget(a *attempt) {
	j.logged = slices.DeleteFunc(j.logged, func(l logged) bool {
		if l.attempt == a {
			j.lost = max(j.lost, l.number)
		}
		return l.attempt == a
	})
}

// ReadLog implements store.Log.
func (s *Store) ReadLog(ctx context.Context, q store.LogQuery) (page store.LogPage, err error) {
	at, limit, err := q.Bounds()
	if err != nil {
		return page, err
	}
	if err := s.enter(ctx); err != nil {
		return page, err
	}
	defer s.mu.Unlock()
	if at, err = at.Judge(q.After == "", s.lost, s.number); err != nil {
		return page, err
	}
	from := sort.Search(len(s.logged), func(i int) bool { return s.logged[i].number > at.Number })
	for _, l := range s.logged[from:min(from+limit, len(s.logged))] {
		at = store.Place{Number: l.number, Attempt: l.attempt.ID, Seq: l.seq, Lost: at.Lost}
		e := store.LogEntry{Place: at, Session: l.attempt.Session, Name: l.attempt.Name, Index: l.attempt.Index}
		if !q.Matches(&e) {
			continue
		}
		i, _ := l.attempt.search(l.seq)
		e.Events = []engine.Event{l.attempt.events[i]}
		page.Entries = append(page.Entries, e)
	}
	page.Next, page.More = at.Cursor(), from+limit < len(s.logged)
	return page, nil
}

// SeekLog implements store.Log.
func (s *Store) SeekLog(ctx context.Context, at model.Instant) (string, error) {
	if err := s.enter(ctx); err != nil {
		return "", err
	}
	defer s.mu.Unlock()
	i, _ := slices.BinarySearchFunc(s.logged, at, func(l logged, at model.Instant) int {
		k, _ := l.attempt.search(l.seq)
		return cmp.Compare(l.attempt.events[k].At, at)
	})
	p := store.Place{Number: s.number, Attempt: math.MaxInt64, Seq: math.MaxInt64, Lost: s.lost}
	if i < len(s.logged) {
		p.Number = s.logged[i].number - 1
	}
	return p.Cursor(), nil
}
