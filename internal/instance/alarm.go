package instance

import (
	"strconv"
	"sync"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/operator"
)

// attemptEnded is the topic of what wakes a task that waits for an attempt.
const attemptEnded = "attempt_ended"

// endOf is the signal that comes when an attempt is done.
func endOf(id model.AttemptID) *operator.Key {
	return &operator.Key{Topic: attemptEnded, Value: strconv.FormatInt(int64(id), 10)}
}

// alarm wakes tasks that wait for attempts of the same process. Those of whom
// it does not know, because another process put them to sleep, look again by
// themselves.
type alarm struct {
	deliver func(model.AttemptID, engine.Command)

	mu      sync.Mutex
	ended   map[string]bool
	waiting map[string][]sleeper
	calls   sync.WaitGroup
}

// sleeper is a task that waits.
type sleeper struct {
	attempt model.AttemptID
	task    model.TaskID
}

func newAlarm(deliver func(model.AttemptID, engine.Command)) *alarm {
	return &alarm{deliver: deliver, ended: make(map[string]bool), waiting: make(map[string][]sleeper)}
}

// observe takes notice of a commit. It is called with all of them, in order.
func (a *alarm) observe(b *store.Batch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range b.Attempts {
		if b.Attempts[i].State.Done() {
			key := endOf(b.Attempts[i].ID).Value
			a.ended[key] = true
			for _, s := range a.waiting[key] {
				a.wake(key, s)
			}
			delete(a.waiting, key)
		}
	}
	for i := range b.Tasks {
		r := &b.Tasks[i]
		if r.State != model.Waiting || r.Detail == nil {
			continue
		}
		for _, k := range r.Detail.Keys {
			if k.Topic == attemptEnded {
				a.await(k.Value, sleeper{r.Attempt, r.ID})
			}
		}
	}
}

func (a *alarm) await(key string, s sleeper) {
	if a.ended[key] {
		a.wake(key, s)
		return
	}
	a.waiting[key] = append(a.waiting[key], s)
}

// wake tells one task, in a goroutine of its own: the conductor that commits
// can't wait for itself.
func (a *alarm) wake(key string, s sleeper) {
	message := engine.Message{Topic: attemptEnded, Source: key}
	a.calls.Go(func() {
		a.deliver(s.attempt, engine.Command{Kind: engine.Deliver, Task: s.task, Message: &message})
	})
}

// close waits until all are told whom it has begun to tell.
func (a *alarm) close() { a.calls.Wait() }
