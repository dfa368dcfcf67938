package sim

import (
	"container/heap"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
)

// origin is the instant at which every simulation begins.
var origin = model.InstantOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))

// world is virtual time: what will happen, in order. What is due at the same
// instant happens in the order in which it was planned.
type world struct {
	now     model.Instant
	planned happenings
	count   int64
}

type happening struct {
	at    model.Instant
	order int64
	do    func()
}

func (w *world) at(t model.Instant, do func()) {
	w.count++
	heap.Push(&w.planned, happening{max(t, w.now), w.count, do})
}

func (w *world) after(d time.Duration, do func()) { w.at(w.now.Add(d), do) }

// next lets the next thing happen. It returns false when nothing is planned.
func (w *world) next() bool {
	if len(w.planned) == 0 {
		return false
	}
	h := heap.Pop(&w.planned).(happening)
	w.now = max(w.now, h.at)
	h.do()
	return true
}

// until lets things happen up to an instant, as long as more says so.
func (w *world) until(t model.Instant, more func() bool) {
	for more() {
		if len(w.planned) == 0 || w.planned[0].at > t {
			w.now = max(w.now, t)
			return
		}
		w.next()
	}
}

type happenings []happening

func (h happenings) Len() int { return len(h) }

func (h happenings) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].order < h[j].order
}

func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }

func (h *happenings) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = happening{}
	*h = (*h)[:last]
	return x
}

// watch is the clock of one machine: the world's time, and how far it is off.
type watch struct {
	world *world
	skew  time.Duration
}

// Now returns the machine's time.
func (c *watch) Now() time.Time { return c.world.now.Add(c.skew).Time() }

// After plans the wake-up in virtual time.
func (c *watch) After(d time.Duration) (<-chan time.Time, func()) {
	woken := make(chan time.Time, 1)
	c.world.after(d, func() { woken <- c.Now() })
	return woken, func() {}
}

var _ clock.Clock = (*watch)(nil)
