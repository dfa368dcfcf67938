package local

import (
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// feed gathers what happens until it is shown.
type feed struct {
	clock clock.Clock

	mu     sync.Mutex
	events []progress.Event
	// queued are the tries that were handed to the runner and have not begun,
	// begun those that have.
	queued, begun map[model.TryID]engine.Event
	// judged are the tries of which it is told already why they run.
	judged map[model.TryID]bool
	starts starts
	warned []string
}

func newFeed(c clock.Clock) *feed {
	return &feed{
		clock: c, queued: make(map[model.TryID]engine.Event), begun: make(map[model.TryID]engine.Event),
		judged: make(map[model.TryID]bool), starts: starts{ending: make(map[model.TryID]int)},
	}
}

// warn takes what people should know.
func (f *feed) warn(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.warned = append(f.warned, text)
}

// warnings returns what came since of that.
func (f *feed) warnings() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	warned := f.warned
	f.warned = nil
	return warned
}

// observe takes the events of a commit.
func (f *feed) observe(b *store.Batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range b.Events {
		e := progress.Event{Event: b.Events[i]}
		try := model.TryID{Attempt: e.Attempt, Task: e.Task, Try: e.Try}
		switch e.Kind {
		case engine.TaskStarted:
			e.Queued = true
			f.queued[try] = e.Event
		case engine.TaskJudged:
			if f.judged[try] {
				continue
			}
		case engine.TaskEnded:
			delete(f.queued, try)
		case engine.TasksAdded:
			e.Children = added(&e.Event, b.Grown)
			e.Failure = blamed(&e.Event, b)
		default: // it is shown as it is
		}
		f.events = append(f.events, f.starts.through(try)...)
		f.events = append(f.events, e)
		if !e.Queued && e.Kind != engine.TaskJudged {
			f.over(try)
		}
		f.events = append(f.events, f.starts.due()...)
	}
}

// over forgets a try that has come to something.
func (f *feed) over(id model.TryID) {
	delete(f.begun, id)
	delete(f.judged, id)
	delete(f.starts.ending, id)
}

// began notes that a try begins, and returns the event of that unless nothing
// is known of the try.
func (f *feed) began(id model.TryID) (engine.Event, bool) {
	now := model.InstantOf(f.clock.Now())
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.queued[id]
	if !ok {
		return e, false
	}
	delete(f.queued, id)
	e.At = now
	f.begun[id] = e
	f.starts.add(progress.Event{Event: e})
	f.events = append(f.events, f.starts.due()...)
	return e, true
}

// ended notes that a try is over, which the store will know soon.
func (f *feed) ended(id model.TryID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.begun[id]; ok {
		f.starts.ending[id] = f.starts.rounds
	}
}

// decided notes why a try works.
func (f *feed) decided(id model.TryID, v engine.Verdict) {
	now := model.InstantOf(f.clock.Now())
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.begun[id]
	if !ok {
		return
	}
	f.judged[id] = true
	e.At, e.Kind, e.Data = now, engine.TaskJudged, engine.VerdictData(v)
	f.starts.add(progress.Event{Event: e})
	f.events = append(f.events, f.starts.due()...)
}

// added says how many tasks the groups have that an event tells of.
func added(e *engine.Event, grown []engine.Growth) map[string]int {
	for i := range grown {
		if g := &grown[i]; g.Attempt == e.Attempt && g.Parent == e.Task && g.Node != nil {
			return children(e.Name, g.Node)
		}
	}
	return nil
}

// blamed returns the error of the task that an event tells of, if tasks were
// added to be run because it has failed by itself.
func blamed(e *engine.Event, b *store.Batch) params.Map {
	first, err := e.Data.IntOr("first", 0)
	if err != nil || !slices.ContainsFunc(b.Grown, func(g engine.Growth) bool {
		return g.Attempt == e.Attempt && g.Kind == engine.GrowFailure && int64(g.First) == first
	}) {
		return params.Map{}
	}
	for i := range b.Tasks {
		if r := &b.Tasks[i]; r.Attempt == e.Attempt && r.ID == e.Task && r.Detail != nil {
			return r.Detail.Error
		}
	}
	return params.Map{}
}

// children returns how many tasks each group of a tree has, by full name.
func children(parent string, n *workflow.Node) map[string]int {
	counts := make(map[string]int)
	var walk func(parent string, n *workflow.Node)
	walk = func(parent string, n *workflow.Node) {
		if len(n.Children) == 0 {
			return
		}
		name := parent + n.Name
		counts[name] = len(n.Children)
		for _, c := range n.Children {
			walk(name, c)
		}
	}
	walk(parent, n)
	return counts
}

// take returns what came since of one attempt and drops the others.
func (f *feed) take(id model.AttemptID) []progress.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, f.starts.next()...)
	taken := f.events[:0:0]
	for _, e := range f.events {
		if e.Attempt == id {
			taken = append(taken, e)
		}
	}
	f.events = f.events[:0]
	return taken
}
