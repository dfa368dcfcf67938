package sim

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Versions come with their tasks: what is of a version is noted by the commit that says
// that a task has ended well with it, and by no other.

// versions checks what a batch notes.
func (c *checks) versions(b *store.Batch, again map[model.AttemptID]bool) {
	for i := range b.Versions {
		v := &b.Versions[i]
		with := func(r engine.TaskRow) bool {
			return r.Attempt == v.Attempt && r.ID == v.Task && givesVersion(&r, v.Version)
		}
		over := func(d engine.Dropped) bool { return d.Attempt == v.Attempt && d.From <= v.Task && v.Task < d.To } // of an item
		if !again[v.Attempt] && !slices.ContainsFunc(b.Tasks, with) && !slices.ContainsFunc(b.Dropped, over) {
			c.sim.fail("versions: a%d/%d notes %s, and has not ended well with it", v.Attempt, v.Task, v.Version)
		}
	}
}

func givesVersion(r *engine.TaskRow, version string) bool {
	return r.State == model.Success && r.Detail != nil && r.Detail.Version == version
}

// noted checks at the end that what tasks made is found, at the newest of those that
// made it.
func (c *checks) noted(w *witness) {
	for id := range w.ids() {
		r := w.rows[id]
		if r.State != model.Success || r.Detail == nil || r.Detail.Version == "" || r.Detail.Subtasks.Len() > 0 || r.Flags&engine.Replayed != 0 {
			continue
		}
		version := r.Detail.Version
		found, err := c.sim.store.Addresses(context.Background(), w.info.Session.Project, []string{version})
		at, ok := found[version]
		if err != nil || !ok || at.Made < r.Ended {
			c.sim.fail("versions: a%d/%d made %s at %d, which is found at %+v: %v", w.row.ID, id, version, r.Ended, at, err)
			return
		}
		by := c.attempts[at.Attempt]
		of, kept := by.rows[at.Task]
		if !kept {
			if of, kept = by.dropped[at.Task]; kept && !of.State.Final() {
				continue // the commit by which it ended was that of its item, which drops it
			}
		}
		if !givesVersion(&of, version) || of.Ended != at.Made {
			c.sim.fail("versions: %s is found at a%d/%d, which has not made it", version, at.Attempt, at.Task)
			return
		}
	}
}
