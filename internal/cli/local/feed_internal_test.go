package local

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// stopped is a clock that stands still.
type stopped struct{ clock.Clock }

func (stopped) Now() time.Time { return time.Unix(0, 0) }

// fed is a feed with tasks 1 and 2 handed to the runner.
func fed() *feed {
	f := newFeed(stopped{})
	f.observe(batch(engine.TaskStarted, 1))
	f.observe(batch(engine.TaskStarted, 2))
	f.take(0)
	return f
}

func batch(kind engine.EventKind, task model.TaskID) *store.Batch {
	return &store.Batch{Events: []engine.Event{{Kind: kind, Task: task, Try: 1}}}
}

func try(task model.TaskID) model.TryID { return model.TryID{Task: task, Try: 1} }

// shown are the events that the feed gives out, in order.
func shown(f *feed) []string {
	var list []string
	for _, e := range f.take(0) {
		list = append(list, fmt.Sprintf("%s %d", e.Kind, e.Task))
	}
	return list
}

func want(t *testing.T, got []string, events ...string) {
	t.Helper()
	if !slices.Equal(got, events) {
		t.Errorf("shown: %v, want %v", got, events)
	}
}

// A task that gets the slot of another one begins before the end of that is
// stored, and is shown after it.
func TestStartIsShownAfterTheEndThatMadeRoom(t *testing.T) {
	t.Parallel()
	f := fed()
	f.began(try(1))
	f.ended(try(1))
	f.began(try(2))
	f.decided(try(2), engine.Verdict{Reason: "never built"})
	want(t, shown(f), "task_started 1")
	f.observe(batch(engine.TaskEnded, 1))
	want(t, shown(f), "task_ended 1", "task_started 2", "task_judged 2")
}

// An end that is never stored keeps back starts for a round alone.
func TestStartIsShownThoughAnEndIsLost(t *testing.T) {
	t.Parallel()
	f := fed()
	f.began(try(1))
	f.ended(try(1))
	f.began(try(2))
	want(t, shown(f), "task_started 1")
	want(t, shown(f), "task_started 2")
}

// A task that is over at once is never shown to end before it begins.
func TestStartIsShownBeforeItsOwnEnd(t *testing.T) {
	t.Parallel()
	f := fed()
	f.began(try(1))
	f.ended(try(1))
	f.began(try(2))
	f.ended(try(2))
	f.observe(batch(engine.TaskEnded, 2))
	want(t, shown(f), "task_started 1", "task_started 2", "task_ended 2")
	f.observe(batch(engine.TaskEnded, 1))
	want(t, shown(f), "task_ended 1")
}

// Why a task works is told when that is known, and once.
func TestVerdictIsShownBeforeTheTaskEnds(t *testing.T) {
	t.Parallel()
	f := fed()
	f.began(try(1))
	f.decided(try(1), engine.Verdict{Reason: "never built"})
	want(t, shown(f), "task_started 1", "task_judged 1")
	f.observe(batch(engine.TaskJudged, 1))
	f.observe(batch(engine.TaskEnded, 1))
	f.observe(batch(engine.TaskJudged, 2)) // that of one with nothing to do comes with its end
	want(t, shown(f), "task_ended 1", "task_judged 2")
}
