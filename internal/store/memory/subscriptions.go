package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// listen replaces subscriptions. It reports whether early messages were posted
// to those that opened.
func (s *Store) listen(list []engine.Listening) (posted bool) {
	if len(list) == 0 {
		return false
	}
	tasks, open := routing.Listening(list)
	kept := make(map[routing.Listener]map[routing.Key]bool, len(tasks))
	for i := range open {
		of := routing.Listener{Attempt: open[i].Attempt, Task: open[i].Task}
		if kept[of] == nil {
			kept[of] = make(map[routing.Key]bool)
		}
		kept[of][open[i].Mark] = true
	}
	for _, t := range tasks {
		for k := range s.listening[t] {
			if !kept[t][k] {
				s.unsubscribe(t, k)
			}
		}
	}
	var opened []*routing.Subscription
	for i := range open {
		sub := &open[i]
		if s.attempts[sub.Attempt-1].State.Done() {
			continue
		}
		if s.subscribe(sub) && !sub.Fresh {
			opened = append(opened, sub)
		}
	}
	return s.handEarly(opened)
}

// subscribe writes a subscription. It reports whether it is new.
func (s *Store) subscribe(sub *routing.Subscription) (isNew bool) {
	of := routing.Listener{Attempt: sub.Attempt, Task: sub.Task}
	_, found := s.listening[of][sub.Mark]
	s.unsubscribe(of, sub.Mark)
	if s.listening[of] == nil {
		s.listening[of] = make(map[routing.Key]*routing.Subscription)
	}
	s.listening[of][sub.Mark] = sub
	if s.listeners[of.Attempt] == nil {
		s.listeners[of.Attempt] = make(map[model.TaskID]bool)
	}
	s.listeners[of.Attempt][of.Task] = true
	list := s.waiting[sub.Mark]
	at, _ := slices.BinarySearchFunc(list, sub, routing.CompareSubscriptions)
	s.waiting[sub.Mark] = slices.Insert(list, at, sub)
	return !found
}

// unsubscribe removes a subscription, if there is one.
func (s *Store) unsubscribe(of routing.Listener, k routing.Key) {
	sub, found := s.listening[of][k]
	if !found {
		return
	}
	list := s.waiting[k]
	at, _ := slices.BinarySearchFunc(list, sub, routing.CompareSubscriptions)
	if s.waiting[k] = slices.Delete(list, at, at+1); len(list) == 1 {
		delete(s.waiting, k)
	}
	if delete(s.listening[of], k); len(s.listening[of]) > 0 {
		return
	}
	delete(s.listening, of)
	if delete(s.listeners[of.Attempt], of.Task); len(s.listeners[of.Attempt]) == 0 {
		delete(s.listeners, of.Attempt)
	}
}

// silence removes all subscriptions of an attempt.
func (s *Store) silence(id model.AttemptID) {
	for task := range s.listeners[id] {
		of := routing.Listener{Attempt: id, Task: task}
		for k := range s.listening[of] {
			s.unsubscribe(of, k)
		}
	}
}

// handEarly posts the early messages of subscriptions that have opened, and get
// them.
func (s *Store) handEarly(opened []*routing.Subscription) (posted bool) {
	slices.SortFunc(opened, routing.CompareWaiting)
	takers := make(map[store.LetterID]routing.Listener)
	for _, sub := range opened {
		for _, l := range s.early[sub.Mark] {
			if _, taken := takers[l.ID]; !taken {
				takers[l.ID] = routing.Listener{Attempt: sub.Attempt, Task: sub.Task}
			}
		}
	}
	ids := slices.Sorted(maps.Keys(takers))
	for _, id := range ids {
		i, _ := s.findLetter(id)
		s.hand(takers[id], s.letters[i].Message)
	}
	s.dropLetters(ids)
	return len(ids) > 0
}

// ListSubscriptions implements store.Signals.
func (s *Store) ListSubscriptions(ctx context.Context, f store.SubscriptionFilter, p store.Page) (page []store.Subscription, next string, err error) {
	limit, past, err := p.SubscriptionBounds()
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
	after := routing.SubscriptionAt(past)
	var list []*routing.Subscription
	for _, of := range s.listening {
		for _, sub := range of {
			if matches(f, sub) && (p.Cursor == "" || routing.CompareSubscriptions(sub, &after) > 0) {
				list = append(list, sub)
			}
		}
	}
	slices.SortFunc(list, routing.CompareSubscriptions)
	for i, sub := range list {
		if i == limit {
			return page, list[i-1].Place().Cursor(), nil
		}
		page = append(page, s.named(sub.Subscription))
	}
	return page, "", nil
}

// named tells of a subscription what is known of its task.
func (s *Store) named(sub store.Subscription) store.Subscription {
	if a, err := s.attempt(sub.Attempt); err == nil {
		row := a.taskRow(sub.Task)
		sub.Name, sub.Deadline = row.Name, row.Deadline
	}
	return sub
}

func matches(f store.SubscriptionFilter, s *routing.Subscription) bool {
	return cmp.Or(f.Attempt, s.Attempt) == s.Attempt && cmp.Or(f.Topic, s.Key.Topic) == s.Key.Topic &&
		cmp.Or(f.Param, s.Key.Param) == s.Key.Param && cmp.Or(f.Value, s.Key.Value) == s.Key.Value
}
