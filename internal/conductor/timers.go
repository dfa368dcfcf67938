package conductor

import (
	"container/heap"

	"github.com/pawlhq/pawl/internal/model"
)

// timer is an instant at which a task is to be told so.
type timer struct {
	at      model.Instant
	attempt model.AttemptID
	task    model.TaskID
	kind    timerKind
}

type timerKind uint8

const (
	wakes       timerKind = iota // the task waits for the instant
	limits                       // its own time limit passes
	tooLong                      // it takes longer than any task may
	longAttempt                  // the attempt takes longer than any may
	late                         // the attempt is later than its SLA allows
)

// timers holds timers by instant. A timer whose task has gone on is not taken
// out: the engine passes over it when it fires.
type timers struct{ h timerHeap }

func (ts *timers) push(t timer) { heap.Push(&ts.h, t) }

// pop takes the earliest timer out if it is due.
func (ts *timers) pop(now model.Instant) (timer, bool) {
	if len(ts.h) == 0 || ts.h[0].at > now {
		return timer{}, false
	}
	return heap.Pop(&ts.h).(timer), true
}

// next returns the earliest instant, or zero.
func (ts *timers) next() model.Instant {
	if len(ts.h) == 0 {
		return 0
	}
	return ts.h[0].at
}

type timerHeap []timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	a, b := h[i], h[j]
	switch {
	case a.at != b.at:
		return a.at < b.at
	case a.attempt != b.attempt:
		return a.attempt < b.attempt
	}
	return a.task < b.task
}

func (h timerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *timerHeap) Push(x any)   { *h = append(*h, x.(timer)) }

func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	*h = (*h)[:last]
	return t
}
