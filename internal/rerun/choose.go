package rerun

import (
	"path"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Choose returns the full names of the tasks of an attempt whose full names end as one
// of the patterns says, with all below them and, with after, with all that comes after
// them. In a pattern, * stands for any text, ? for any letter and [a-z] for one of those;
// a step of a process may be named by its path. A pattern that matches nothing is NotFound.
func Choose(snap *store.Snapshot, patterns []string, after bool) (map[string]bool, error) {
	names := taskNames(snap)
	chosen := make(map[string]bool)
	for _, pattern := range patterns {
		found, err := matches(names, pattern)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			err := model.Errorf(model.NotFound, "attempt %d has no task %q", snap.Attempt.ID, pattern)
			if hint := document.DidYouMean(ending(pattern), shortNames(snap, names)); hint != "" {
				return nil, err.WithHint("%s", hint)
			}
			return nil, err
		}
		for _, name := range found {
			chosen[name] = true
		}
	}
	below(snap, chosen)
	if after {
		follow(snap.Definition.Root, "", chosen)
		below(snap, chosen)
	}
	return chosen, nil
}

// taskNames are the full names of the tasks that an attempt had, or could have had.
func taskNames(snap *store.Snapshot) (names []string) {
	known := make(map[string]bool)
	add := func(name string) {
		if !known[name] && name != snap.Definition.Root.Name {
			known[name] = true
			names = append(names, name)
		}
	}
	snap.Definition.Root.Walk(func(p workflow.Path) bool {
		add(p.Name())
		return true
	})
	for i := range snap.Tasks {
		if !snap.Tasks[i].OfItem() {
			add(snap.Tasks[i].Name)
		}
	}
	return names
}

// ending is what full names are to end in.
func ending(pattern string) string {
	pattern = strings.ReplaceAll(pattern, "/", "+")
	if !strings.HasPrefix(pattern, "+") && !strings.HasPrefix(pattern, "^") {
		pattern = "+" + pattern
	}
	return pattern
}

func matches(names []string, pattern string) (found []string, err error) {
	of := ending(pattern)
	for _, name := range names {
		for at := range name {
			if name[at] != '+' && name[at] != '^' {
				continue
			}
			ok, err := path.Match(of, name[at:])
			if err != nil {
				return nil, model.Errorf(model.Invalid, "%q is no pattern: %w", pattern, err)
			}
			if ok {
				found = append(found, name)
				break
			}
		}
	}
	return found, nil
}

// shortNames are the names by which tasks may have been meant.
func shortNames(snap *store.Snapshot, names []string) (short []string) {
	for _, name := range names {
		short = append(short, strings.TrimPrefix(name, snap.Definition.Root.Name), name[strings.LastIndexAny(name, "+^"):])
	}
	return short
}

// below adds all tasks that are below others.
func below(snap *store.Snapshot, chosen map[string]bool) {
	snap.Definition.Root.Walk(func(p workflow.Path) bool {
		if parent := strings.TrimSuffix(p.Name(), p.Node().Name); chosen[parent] {
			chosen[p.Name()] = true
		}
		return true
	})
	in := make(map[model.TaskID]bool)
	for i := range snap.Tasks { // in order of id: parents come first
		t := &snap.Tasks[i]
		if chosen[t.Name] || in[t.Parent] && t.Parent != model.NoTask {
			in[t.ID] = true
			if !t.OfItem() {
				chosen[t.Name] = true
			}
		}
	}
}

// follow adds the tasks that come after others of the same group, and reports whether
// any below n is chosen.
func follow(n *workflow.Node, above string, chosen map[string]bool) bool {
	name := above + n.Name
	touched := make([]bool, len(n.Children))
	some := chosen[name]
	for i, kid := range n.Children {
		for _, edge := range kid.After {
			if touched[edge.From] {
				chosen[name+kid.Name] = true
			}
		}
		touched[i] = follow(kid, name, chosen)
		some = some || touched[i]
	}
	return some
}
