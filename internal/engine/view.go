package engine

import (
	"cmp"
	"iter"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// View is a task as it stands now, for whoever shows it.
type View struct {
	TaskRow
	// Node is the task's definition.
	Node *workflow.Node
	// Retired reports that a newer round took the task's place.
	Retired bool
}

// Len returns the number of tasks, those of earlier rounds included.
func (a *Attempt) Len() int { return len(a.tasks) }

// Task returns one task as it stands now. A task that has no row, because it
// never started, is Blocked while it still can, and else NotReached.
func (a *Attempt) Task(id model.TaskID) View {
	v := View{TaskRow: a.taskRow(id), Node: a.tasks[id].node, Retired: a.retired(id)}
	v.State = a.state(id)
	return v
}

// state returns the state of a task as it is shown: one that is blocked for
// good is not reached.
func (a *Attempt) state(id model.TaskID) model.State {
	s := a.tasks[id].state
	if s == model.Blocked && (a.retired(id) || !a.reachable(id)) {
		return model.NotReached
	}
	return s
}

// retired reports whether a newer round took the place of a task or of one
// above it.
func (a *Attempt) retired(id model.TaskID) bool {
	for p := a.tasks[id].parent; p != model.NoTask; id, p = p, a.tasks[p].parent {
		if !a.counts(p, id) {
			return true
		}
	}
	return false
}

// reachable reports whether a blocked task can still start, as far as those
// above it go.
func (a *Attempt) reachable(id model.TaskID) bool {
	for p := a.tasks[id].parent; p != model.NoTask; p = a.tasks[p].parent {
		if t := &a.tasks[p]; t.state != model.Blocked {
			return !t.state.Final() || t.leaves()
		}
	}
	return !a.row.State.Done()
}

// counts reports whether a child is among those of its parent's newest round.
func (a *Attempt) counts(parent, kid model.TaskID) bool {
	kids, index := a.tasks[parent].kids, a.tasks[kid].index
	return int(index) < len(kids) && kids[index] == kid
}

// Tasks yields all tasks in order of id.
func (a *Attempt) Tasks() iter.Seq[View] {
	return func(yield func(View) bool) {
		for id := range a.tasks {
			if !yield(a.Task(model.TaskID(id))) {
				return
			}
		}
	}
}

// Find returns the newest task with that full name.
func (a *Attempt) Find(name string) (model.TaskID, bool) {
	for id := len(a.tasks) - 1; id >= 0; id-- {
		if a.name(model.TaskID(id)) == name {
			return model.TaskID(id), true
		}
	}
	return model.NoTask, false
}

// Listening returns who listens, in order of id, as was last told.
func (a *Attempt) Listening() []Listening {
	if a.audience == nil {
		return nil
	}
	var list []Listening
	for id, t := range a.audience.told {
		if len(t.keys) > 0 {
			list = append(list, Listening{Attempt: a.row.ID, Task: id, Since: t.since, Keys: t.keys})
		}
	}
	slices.SortFunc(list, func(a, b Listening) int { return cmp.Compare(a.Task, b.Task) })
	return list
}

// NextWake returns the earliest instant at which something is due, or zero.
func (a *Attempt) NextWake() model.Instant {
	var next model.Instant
	for id := range a.tasks {
		t := &a.tasks[id]
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
