package engine

import (
	"cmp"
	"iter"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// View is a task as it stands now, for whoever shows it.
type View struct {
	TaskRow
	// Node is the task's definition.
	Node *workflow.Node
	// Retired reports that a newer round took the task's place.
	Retired bool
	// Held reports that the task waits to be told to run again (Again), because its
	// runner was lost.
	Held bool
}

// Len returns the number of tasks that there ever were: those of earlier rounds, and
// of items that have ended, included.
func (a *Attempt) Len() int { return int(a.size()) }

// Has reports whether there is a task of that id: those of items that have ended are
// gone.
func (a *Attempt) Has(id model.TaskID) bool { return a.has(id) }

// Task returns one task as it stands now, which there must be. A task that has no row, because it
// never started, is Blocked while it still can, and else NotReached.
func (a *Attempt) Task(id model.TaskID) View {
	v := View{TaskRow: a.taskRow(id), Node: a.at(id).node, Retired: a.retired(id), Held: a.at(id).held()}
	v.State = a.state(id)
	return v
}

// state returns the state of a task as it is shown: one that is blocked for
// good is not reached.
func (a *Attempt) state(id model.TaskID) model.State {
	s := a.at(id).state
	if s == model.Blocked && (a.retired(id) || !a.reachable(id)) {
		return model.NotReached
	}
	return s
}

// retired reports whether a newer round took the place of a task or of one
// above it.
func (a *Attempt) retired(id model.TaskID) bool {
	for p := a.at(id).parent; p != model.NoTask; id, p = p, a.at(p).parent {
		if !a.counts(p, id) {
			return true
		}
	}
	return false
}

// reachable reports whether a blocked task can still start, as far as those
// above it go.
func (a *Attempt) reachable(id model.TaskID) bool {
	for p := a.at(id).parent; p != model.NoTask; p = a.at(p).parent {
		if t := a.at(p); t.state != model.Blocked {
			return !t.state.Final() || t.leaves()
		}
	}
	return !a.row.State.Done()
}

// counts reports whether a child is among those of its parent's newest round.
func (a *Attempt) counts(parent, kid model.TaskID) bool {
	kids, index := a.at(parent).kids, a.at(kid).index
	return int(index) < len(kids) && kids[index] == kid
}

// Tasks yields all tasks in order of id.
func (a *Attempt) Tasks() iter.Seq[View] {
	return func(yield func(View) bool) {
		for id := range a.all() {
			if !yield(a.Task(id)) {
				return
			}
		}
	}
}

// Find returns the newest task with that full name.
func (a *Attempt) Find(name string) (model.TaskID, bool) {
	found := model.NoTask
	for id := range a.all() {
		if a.name(id) == name {
			found = id
		}
	}
	return found, found != model.NoTask
}

// Listening returns who listens, in order of id, as was last told.
func (a *Attempt) Listening() []Listening {
	if a.audience == nil {
		return nil
	}
	var list []Listening
	for id, t := range a.audience.told {
		if len(t.keys) > 0 {
			list = append(list, a.listening(id, t))
		}
	}
	slices.SortFunc(list, func(a, b Listening) int { return cmp.Compare(a.Task, b.Task) })
	return list
}

// Result returns what the tasks of an attempt have stored, as it stands.
func (a *Attempt) Result() params.Map {
	if a.def.Scope == workflow.Shared {
		return a.row.Shared
	}
	return a.given(params.Map{}, 0)
}

// Blame returns the first task that failed by itself, and why; the empty name is
// none.
func (a *Attempt) Blame() (task, why string) {
	for id := range a.all() {
		t := a.at(id)
		if t.state != model.Failed || t.detail == nil {
			continue
		}
		if why, _ = t.detail.Error.StringOr("message", ""); why != "" {
			return a.name(id), why
		}
	}
	return "", ""
}

// NextWake returns the earliest instant at which something is due, or zero.
func (a *Attempt) NextWake() model.Instant {
	var next model.Instant
	for id := range a.all() {
		t := a.at(id)
		if t.state.Final() || t.state == model.Blocked {
			continue
		}
		for _, at := range []model.Instant{t.wake, t.pendingDeadline()} {
			if at != 0 && (next == 0 || at < next) {
				next = at
			}
		}
	}
	return next
}

func (t *task) pendingDeadline() model.Instant {
	if t.flags&LimitSeen != 0 {
		return 0
	}
	return t.deadline
}
