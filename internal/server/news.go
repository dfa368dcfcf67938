package server

import (
	"sync"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// bell wakes one who waits. Ringing it twice wakes once.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// news rings the bells of the streams about an attempt, or about all, when something
// happened to it.
type news struct {
	mu    sync.Mutex
	bells map[model.AttemptID]map[bell]struct{}
}

// anyAttempt stands for all attempts.
const anyAttempt model.AttemptID = 0

// subscribe has the bell rung for an attempt, or anyAttempt, until stop is called.
func (n *news) subscribe(id model.AttemptID, b bell) (stop func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bells == nil {
		n.bells = make(map[model.AttemptID]map[bell]struct{})
	}
	if n.bells[id] == nil {
		n.bells[id] = make(map[bell]struct{})
	}
	n.bells[id][b] = struct{}{}
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.bells[id], b)
		if len(n.bells[id]) == 0 {
			delete(n.bells, id)
		}
	}
}

// Committed tells the streams of the server what this process has committed,
// so that they need not look for it. It keeps nothing of the batch.
func (s *Server) Committed(b *store.Batch) {
	s.news.mu.Lock()
	defer s.news.mu.Unlock()
	if len(s.news.bells) == 0 || len(b.Events) == 0 {
		return
	}
	for bell := range s.news.bells[anyAttempt] {
		bell.ring()
	}
	for i := range b.Events {
		for bell := range s.news.bells[b.Events[i].Attempt] {
			bell.ring()
		}
	}
}
