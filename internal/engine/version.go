package engine

import "github.com/pawlhq/pawl/internal/model"

// Versioned says that a task has ended well, and gave what is of a version.
type Versioned struct {
	Attempt model.AttemptID
	Task    model.TaskID
	// Name is the full name of the task, and At when it ended.
	Name    string
	Version string
	At      model.Instant
	// Replayed is set where it was taken over of a task with that version: it was
	// used once more, and not made.
	Replayed bool
	// Gave has what the action gave, and nothing else.
	Gave Detail
}

// version tells of what an action gave that has just ended. Nobody takes over what
// has not passed its check, or what others below it have a part in.
func (a *Attempt) version(id model.TaskID) {
	t := a.at(id)
	d := t.detail
	if t.state != model.Success || d == nil || d.Version == "" || d.Subtasks.Len() > 0 {
		return
	}
	a.step.Versions = append(a.step.Versions, Versioned{
		Attempt: a.row.ID, Task: id, Name: a.name(id), Version: d.Version, At: a.now, Replayed: t.flags&Replayed != 0,
		Gave: Detail{Export: d.Export, Store: d.Store, Reset: d.Reset, Outputs: d.Outputs},
	})
}
