package cli

import (
	"io"
	"sync"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// feed gathers the events of commits until they are shown.
type feed struct {
	mu     sync.Mutex
	events []engine.Event
}

func newFeed() *feed { return &feed{} }

func (f *feed) observe(b *store.Batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, b.Events...)
}

// take returns the events of one attempt that came since and drops the others.
func (f *feed) take(id model.AttemptID) []engine.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := f.events[:0:0]
	for _, e := range f.events {
		if e.Attempt == id {
			taken = append(taken, e)
		}
	}
	f.events = f.events[:0]
	return taken
}

// taskLogs is the output of tasks as the printers read it.
type taskLogs struct{ dir *logs.Dir }

func (l taskLogs) Follow(id model.TryID, task string) io.ReadCloser { return l.dir.Follow(id, task) }

// Last returns nothing where the output can't be read: it is shown in passing.
func (l taskLogs) Last(id model.TryID, task string) string {
	line, err := l.dir.Last(id, task)
	if err != nil {
		return ""
	}
	return line
}
