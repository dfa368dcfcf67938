// Package rerun makes attempts that go on where another one of their session has
// ended: what of it counts, what is passed over, and the definition that they run.
// It knows nothing of who asks for them, and of who drives them.
package rerun

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Plan says what an attempt does of what another one had to do. The zero value is
// what did not end well.
type Plan struct {
	// All has everything run again.
	All bool
	// From is the full name of the task from which on everything runs again.
	From string
	// Only are the full names of tasks that alone run again, with all below them. What
	// else ended well counts as it did, and the rest is passed over.
	Only map[string]bool
	// Skip are the full names of tasks that are passed over.
	Skip []string
	// Rerun has what is run be so, too, where it is memoised and was made before. What
	// is asked for by All, From or Only is so anyhow.
	Rerun bool
}

// Start describes the attempt that goes on after one that is done, with the
// parameters as they stand.
func Start(snap *store.Snapshot, p Plan) (store.Start, error) {
	last := snap.Attempt
	s := store.Start{
		Session: last.Session, Name: Name(last), Zone: last.Zone, Params: last.CurrentIn(snap.Definition.Scope),
		Definition: snap.Definition, Workflow: last.Workflow,
	}
	c := change{over: make(map[string]bool), again: func(string) bool { return p.All }}
	for _, name := range p.Skip {
		c.over[name] = true
	}
	if p.Only != nil {
		s.Resume = store.Resume{Attempt: last.ID, From: store.OfTasks(slices.Sorted(maps.Keys(p.Only)))}
		c.passed = Passed(snap, s.Resume)
		c.restOver(snap, p.Only)
	} else if !p.All {
		s.Resume = store.Resume{Attempt: last.ID, From: p.From}
		if p.Rerun && p.From == "" {
			s.Resume.From = store.Anew
		}
		if snap.Definition.Dialect == workflow.Program {
			c.passed = Passed(snap, s.Resume)
		} else {
			c.skipAgain(snap, p.From)
		}
		if kept := snap.Definition.Root.NamesBefore(p.From); kept != nil {
			c.again = func(name string) bool { return !kept[name] }
		}
	} else {
		s.Resume.From = store.Anew
	}
	if n := len(s.Resume.From); n > store.MaxFrom {
		return s, model.Errorf(model.Invalid, "the names of the %d tasks that are to run again have %d bytes, and may have %d", len(p.Only), n, store.MaxFrom).
			WithHint("name the groups that they are in, or the task from which on all is to run again")
	}
	w := *snap.Definition
	w.Root = c.tree(w.Root, "")
	s.Definition = &w
	return s, w.Finish()
}

// change makes the tree of an attempt of that of the one before.
type change struct {
	passed map[string]*engine.TaskRow
	over   map[string]bool
	// again says whether a node that was passed over runs in this attempt.
	again func(name string) bool
}

// skipAgain has what was skipped be so again, with from only what comes before that
// task: whoever takes over results looks at those of tasks that succeeded.
func (c *change) skipAgain(snap *store.Snapshot, from string) {
	counts := snap.Definition.Root.NamesBefore(from)
	for i := range snap.Tasks {
		if t := &snap.Tasks[i]; counts == nil || counts[t.Name] {
			c.over[t.Name] = c.over[t.Name] || t.State == model.Skipped
		}
	}
}

// restOver passes over the actions that are not chosen and do not count.
func (c *change) restOver(snap *store.Snapshot, only map[string]bool) {
	c.again = func(name string) bool { return only[name] }
	well := make(map[string]bool)
	for i := range snap.Tasks { // in order of id: the newest counts
		well[snap.Tasks[i].Name] = snap.Tasks[i].State == model.Success
	}
	snap.Definition.Root.Walk(func(p workflow.Path) bool {
		name, whole := p.Name(), p.Node().Each != nil || !p.Node().IsGroup()
		c.over[name] = whole && !well[name] && !only[name]
		return true
	})
}

// Name names the attempt of a session that comes after another.
func Name(last store.Attempt) string { return fmt.Sprintf("run %d", last.Index+1) }

// Passed returns the newest rows of the actions that ended well or were skipped,
// by full name, as far as an attempt that goes on takes them over: those of the
// definition alone.
func Passed(snap *store.Snapshot, r store.Resume) map[string]*engine.TaskRow {
	var counts map[string]bool
	only, chosen := r.Tasks()
	if _, _, ok := r.Item(); !ok && !chosen {
		counts = snap.Definition.Root.NamesBefore(r.Task()) // of an item, all else counts
	}
	newest := make(map[string]*engine.TaskRow)
	for i := range snap.Tasks {
		newest[snap.Tasks[i].Name] = &snap.Tasks[i] // in order of id
	}
	passed := make(map[string]*engine.TaskRow)
	snap.Definition.Root.Walk(func(p workflow.Path) bool {
		name := p.Name()
		row := newest[name]
		if row != nil && !p.Node().IsGroup() && row.State.Passed() && (counts == nil || counts[name]) && !only[name] {
			passed[name] = row
		}
		return true
	})
	return passed
}

// tree returns a tree in which nothing is waited for that has passed, and what is
// to be passed over is skipped.
func (c *change) tree(n *workflow.Node, above string) *workflow.Node {
	made, name := *n, above+n.Name
	made.Skip = c.over[name] || n.Skip && !c.again(name)
	if n.Wait == nil {
		made.Wait, made.Past = n.Past, nil
	}
	if _, ended := c.passed[name]; ended || made.Skip {
		made.Wait, made.Past = nil, made.Wait
	}
	made.Children = make([]*workflow.Node, len(n.Children))
	for i, kid := range n.Children {
		made.Children[i] = c.tree(kid, name)
	}
	if len(made.Children) == 0 {
		made.Children = nil
	}
	return &made
}
