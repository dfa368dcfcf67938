package engine

import (
	"iter"

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
	v := View{TaskRow: a.taskRow(id), Node: a.tasks[id].node}
	at := id
	for p := a.tasks[at].parent; p != model.NoTask; p = a.tasks[p].parent {
		if !a.counts(p, at) {
			v.Retired = true
		}
		if v.State == model.Blocked && (v.Retired || a.tasks[p].state.Final()) {
			v.State = model.NotReached
		}
		at = p
	}
	return v
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
