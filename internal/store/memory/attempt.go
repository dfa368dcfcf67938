package memory

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

type attempt struct {
	store.Attempt
	of         *session
	pool       store.Pool
	tags       model.Tags
	definition *workflow.Workflow
	// tasks holds the row of the task with id n at n. A row that was never
	// written has no attempt.
	tasks []engine.TaskRow
	// made are the versions that lead to the attempt.
	made    map[versionKey]bool
	growths []engine.Growth // in order of First and then of their writing
	events  []engine.Event  // in order of Seq
	rows
}

func (a *attempt) putTask(r *engine.TaskRow) {
	if r.ID >= firstPaged {
		a.put(r)
		return
	}
	if missing := int(r.ID) + 1 - len(a.tasks); missing > 0 {
		a.tasks = append(room(a.tasks, int(a.Tasks)), make([]engine.TaskRow, missing)...)
	}
	a.tasks[r.ID] = *r
}

// room makes room for what an attempt is likely to have in the end.
func room[E any](list []E, likely int) []E {
	if cap(list) >= likely {
		return list
	}
	return slices.Grow(list, likely-len(list))
}

// putGrowth adds a growth after all with the same First, or replaces the one
// that it is a repetition of.
func (a *attempt) putGrowth(g *engine.Growth) {
	at := len(a.growths)
	for at > 0 && a.growths[at-1].First > g.First {
		at--
	}
	for i := at - 1; i >= 0 && a.growths[i].First == g.First; i-- {
		if old := &a.growths[i]; old.Parent == g.Parent && old.Kind == g.Kind {
			*old = *g
			return
		}
	}
	a.growths = slices.Insert(a.growths, at, *g)
}

// putEvent adds an event, unless it is there already. It reports whether it did.
func (a *attempt) putEvent(e *engine.Event) bool {
	if e.Seq > a.seq() {
		a.events = append(room(a.events, 2*int(a.Tasks)), *e)
		return true
	}
	at, found := a.search(e.Seq)
	if !found {
		a.events = slices.Insert(a.events, at, *e)
	}
	return !found
}

// seq returns the number of the newest event.
func (a *attempt) seq() int64 {
	if len(a.events) == 0 {
		return 0
	}
	return a.events[len(a.events)-1].Seq
}

// search returns where the event with a number is, or belongs.
func (a *attempt) search(seq int64) (at int, found bool) {
	return slices.BinarySearchFunc(a.events, seq, func(e engine.Event, seq int64) int {
		return cmp.Compare(e.Seq, seq)
	})
}

func (a *attempt) snapshot() *store.Snapshot {
	s := &store.Snapshot{
		Attempt:    a.Attempt,
		Definition: a.definition,
		Growths:    slices.Clone(a.growths),
		Seq:        a.seq(),
	}
	s.Tasks = make([]engine.TaskRow, 0, len(a.tasks))
	for i := range a.tasks {
		if a.tasks[i].Attempt != 0 {
			s.Tasks = append(s.Tasks, a.tasks[i])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(a.paged)) {
		s.Tasks = append(s.Tasks, a.paged[id])
	}
	return s
}

func (a *attempt) ownedBy(owner string, epoch int64) bool {
	return a.Owner == owner && a.Epoch == epoch
}

// release leaves an attempt to whoever claims it from an instant on.
func (a *attempt) release(wake model.Instant) { a.Owner, a.Epoch, a.Wake = "", 0, wake }

// claimable reports whether an attempt can be given to a conductor.
func (a *attempt) claimable() bool { return a.Owner == "" && !a.State.Done() }

// heldBack reports whether an attempt waits for another session, or in the queue, to
// begin.
func (a *attempt) heldBack() bool {
	return a.Started == 0 && (a.Wake == store.InQueue || a.Wake == model.Never && a.After != 0)
}
