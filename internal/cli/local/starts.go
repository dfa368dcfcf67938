package local

import (
	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/model"
)

// starts keeps back what tells of tries that have begun until those that made
// room for them are told to be over: a slot is free before that is stored.
type starts struct {
	// ending are the tries that are over and not told yet, with the round in
	// which they came.
	ending map[model.TryID]int
	events []lateEvent
	// rounds counts how often was asked for what is late.
	rounds int
}

// lateEvent comes after the tries that were ending when it happened.
type lateEvent struct {
	event progress.Event
	after []model.TryID
}

func (s *starts) add(e progress.Event) {
	late := lateEvent{event: e}
	for id := range s.ending {
		late.after = append(late.after, id)
	}
	s.events = append(s.events, late)
}

// due returns the events that come after nothing any more, in order.
func (s *starts) due() []progress.Event {
	var list []progress.Event
	for len(s.events) > 0 && !s.waits(s.events[0]) {
		list = append(list, s.events[0].event)
		s.events = s.events[1:]
	}
	return list
}

// through returns all up to what tells of a try, which is told to be over itself.
func (s *starts) through(id model.TryID) []progress.Event {
	var list []progress.Event
	for i, late := range s.events {
		if of := late.event; (model.TryID{Attempt: of.Attempt, Task: of.Task, Try: of.Try}) != id {
			continue
		}
		for _, before := range s.events[len(list) : i+1] {
			list = append(list, before.event)
		}
	}
	s.events = s.events[len(list):]
	return list
}

func (s *starts) waits(e lateEvent) bool {
	for _, id := range e.after {
		if _, ok := s.ending[id]; ok {
			return true
		}
	}
	return false
}

// next is due, once a round. It does not wait for more than a round for what may
// never be told, such as the end of a try that was lost.
func (s *starts) next() []progress.Event {
	s.rounds++
	for id, round := range s.ending {
		if s.rounds-round > 1 {
			delete(s.ending, id)
		}
	}
	return s.due()
}
