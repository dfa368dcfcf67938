// Package difference tells in what two definitions differ, task by task. It is pure.
package difference

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// What became of a task.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Change is what became of one task.
type Change struct {
	// Task is its full name.
	Task string `json:"task"`
	What string `json:"change"`
	// Parts are what is different, of a task that both have.
	Parts []Part `json:"parts"`
}

// Part is one key of a task's configuration, or After.
type Part struct {
	Name string `json:"name"`
	// From and To are its values, nil where there is none.
	From params.Value `json:"from"`
	To   params.Value `json:"to"`
}

// After is the part with the tasks that a task comes after.
const After = "comes after"

// task is one of a definition.
type task struct {
	name   string
	config params.Map
	after  []params.Value
}

// Between compares two trees of tasks in the form that the REST API has for a plan: a
// node has its fullName, its config, what it comes after, and its children. Tasks are
// the same if they have the same name; those of the later tree come in its order, and
// each that is removed where it was.
func Between(from, to params.Map) []Change {
	old, now := tasksOf(from, nil), tasksOf(to, nil)
	if len(old) > 0 && len(now) > 0 {
		renameRoot(old, now[0].name) // that of the workflow says nothing
	}
	before := make(map[string]task, len(old))
	for _, t := range old {
		before[t.name] = t
	}
	var out []Change
	next, stays := 0, make(map[string]bool, len(now))
	for _, t := range now {
		stays[t.name] = true
	}
	removed := func(until string) {
		for ; next < len(old); next++ {
			if old[next].name == until {
				next++
				return
			}
			if !stays[old[next].name] {
				out = append(out, Change{Task: old[next].name, What: Removed, Parts: []Part{}})
			}
		}
	}
	for _, t := range now {
		was, ok := before[t.name]
		if !ok {
			out = append(out, Change{Task: t.name, What: Added, Parts: []Part{}})
			continue
		}
		removed(t.name)
		if parts := partsBetween(was, t); len(parts) > 0 {
			out = append(out, Change{Task: t.name, What: Changed, Parts: parts})
		}
	}
	removed("")
	return out
}

// tasksOf lists the tasks of a tree from the top.
func tasksOf(node params.Map, list []task) []task {
	t := task{}
	t.name, _ = node.StringOr("fullName", "")
	t.config, _ = node.MapOr("config", params.Map{})
	after, _ := node.ListOr("after", nil)
	for _, v := range after {
		t.after = append(t.after, edge(v))
	}
	list = append(list, t)
	children, _ := node.ListOr("children", nil)
	for _, v := range children {
		if child, ok := v.(params.Map); ok {
			list = tasksOf(child, list)
		}
	}
	return list
}

// edge is what a task comes after as a text: its name, and on what if that is not its
// success.
func edge(v params.Value) params.Value {
	m, _ := v.(params.Map)
	text, _ := m.StringOr("fullName", "")
	on, _ := m.StringOr("on", "")
	if output, _ := m.StringOr("output", ""); output != "" {
		on += " " + output
	}
	if on == "" || on == "success" {
		return text
	}
	return text + " (" + on + ")"
}

// renameRoot gives tasks the name of another root.
func renameRoot(list []task, to string) {
	root := list[0].name
	for i := range list {
		list[i].name = to + strings.TrimPrefix(list[i].name, root)
		for j, v := range list[i].after {
			list[i].after[j] = to + strings.TrimPrefix(v.(string), root)
		}
	}
}

func partsBetween(was, is task) []Part {
	var parts []Part
	add := func(name string, from, to params.Value) {
		if !params.Equal(from, to) {
			parts = append(parts, Part{name, from, to})
		}
	}
	for name, to := range is.config.All() {
		from, _ := was.config.Get(name)
		add(name, from, to)
	}
	for name, from := range was.config.All() {
		if !is.config.Has(name) {
			add(name, from, nil)
		}
	}
	if !slices.Equal(was.after, is.after) {
		add(After, listed(was.after), listed(is.after))
	}
	return parts
}

func listed(list []params.Value) params.Value {
	if len(list) == 0 {
		return nil
	}
	return list
}
