package instance

import (
	"cmp"
	"slices"
	"sync"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// asleep is a commit after which a task waits for the end of an attempt.
func asleep(s sleeper, until model.AttemptID) *store.Batch {
	end := endOf(until)
	return &store.Batch{Tasks: []engine.TaskRow{{
		Attempt: s.attempt, ID: s.task, State: model.Waiting,
		Detail: &engine.Detail{Keys: []engine.Key{{Topic: end.Topic, Value: end.Value}, {Topic: "other", Value: "7"}}},
	}}}
}

func over(id model.AttemptID) *store.Batch {
	return &store.Batch{Attempts: []engine.AttemptRow{
		{ID: id, State: engine.AttemptFailed}, {ID: id + 100, State: engine.AttemptRunning},
	}}
}

func TestAlarmWakesWhoWaitsForAnAttempt(t *testing.T) {
	t.Parallel()
	first, second := sleeper{1, 4}, sleeper{2, 5}
	for name, c := range map[string]struct {
		commits []*store.Batch
		want    []sleeper
	}{
		"which ends later":          {[]*store.Batch{asleep(first, 7), asleep(second, 7), over(7)}, []sleeper{first, second}},
		"which has ended":           {[]*store.Batch{over(7), asleep(first, 7)}, []sleeper{first}},
		"which goes on":             {[]*store.Batch{asleep(first, 7), over(8)}, nil},
		"which ends twice":          {[]*store.Batch{asleep(first, 7), over(7), over(7)}, []sleeper{first}},
		"and asks in the same step": {[]*store.Batch{{Attempts: over(7).Attempts, Tasks: asleep(first, 7).Tasks}}, []sleeper{first}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var woken []sleeper
			a := newAlarm(func(id model.AttemptID, c engine.Command) {
				mu.Lock()
				defer mu.Unlock()
				if c.Kind != engine.Deliver || c.Message.Topic != attemptEnded || c.Message.Source != "7" {
					t.Errorf("sent %+v", c)
				}
				woken = append(woken, sleeper{id, c.Task})
			})
			for _, b := range c.commits {
				a.observe(b)
			}
			a.close()
			slices.SortFunc(woken, func(a, b sleeper) int { return cmp.Compare(a.attempt, b.attempt) })
			if !slices.Equal(woken, c.want) {
				t.Errorf("woken are %v, want %v", woken, c.want)
			}
		})
	}
}
