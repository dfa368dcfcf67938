package workflow

import (
	"fmt"
	"strings"
)

// Path is a task of a definition: the nodes from the root to it and, for each
// but the root, its index among its siblings.
type Path struct {
	Nodes   []*Node
	Indexes []int // of Nodes[1:]
}

// Name returns the full name.
func (p Path) Name() string {
	var b strings.Builder
	for _, n := range p.Nodes {
		b.WriteString(n.Name)
	}
	return b.String()
}

// Node returns the task itself.
func (p Path) Node() *Node { return p.Nodes[len(p.Nodes)-1] }

// down returns the path to child i.
func (p Path) down(i int) Path {
	return Path{
		Nodes:   append(p.Nodes[:len(p.Nodes):len(p.Nodes)], p.Node().Children[i]),
		Indexes: append(p.Indexes[:len(p.Indexes):len(p.Indexes)], i),
	}
}

// Walk calls f for each task that exists from the start, depth first, until
// it returns false.
func (n *Node) Walk(f func(Path) bool) { Path{Nodes: []*Node{n}}.walk(f) }

func (p Path) walk(f func(Path) bool) bool {
	if !f(p) {
		return false
	}
	if p.Node().Each != nil {
		return true
	}
	for i := range p.Node().Children {
		if !p.down(i).walk(f) {
			return false
		}
	}
	return true
}

// Find returns the one task whose full name ends in pattern, such as
// "+load+copy". None, or more than one, is an error that names candidates.
func (n *Node) Find(pattern string) (Path, error) {
	var found []Path
	n.Walk(func(p Path) bool {
		if endsWithName(p.Name(), pattern) {
			found = append(found, p)
		}
		return true
	})
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Path{}, &FindError{Pattern: pattern, Root: n}
	}
	return Path{}, &FindError{Pattern: pattern, Root: n, Found: found}
}

// endsWithName reports whether the pattern is a full name's end that begins
// where a task's name does.
func endsWithName(name, pattern string) bool {
	if pattern == "" || pattern[0] != '+' && pattern[0] != '^' {
		pattern = "+" + pattern
	}
	return strings.HasSuffix(name, pattern)
}

// FindError says that a pattern matches no task, or several.
type FindError struct {
	Pattern string
	Root    *Node
	Found   []Path
}

func (e *FindError) Error() string {
	if len(e.Found) == 0 {
		return fmt.Sprintf("no task of %s matches %q", strings.TrimPrefix(e.Root.Name, "+"), e.Pattern)
	}
	names := make([]string, len(e.Found))
	for i, p := range e.Found {
		names[i] = p.Name()
	}
	return fmt.Sprintf("%q matches several tasks: %s", e.Pattern, strings.Join(names, ", "))
}

// Before calls f with each task that the task at p comes after: at every level
// of the path the earlier siblings that lead to it, directly or not, each with
// all below it.
func (p Path) Before(f func(Path)) {
	for level := range p.Indexes {
		parent := Path{Nodes: p.Nodes[:level+1], Indexes: p.Indexes[:level]}
		for _, i := range parent.Node().upstream(p.Indexes[level]) {
			parent.down(i).walk(func(q Path) bool { f(q); return true })
		}
	}
}

// NamesBefore returns the full names of the tasks that Before gives.
func (p Path) NamesBefore() map[string]bool {
	names := make(map[string]bool)
	p.Before(func(q Path) { names[q.Name()] = true })
	return names
}

// NamesBefore is that of the task with a full name: empty if none has it, and nil for no
// name.
func (n *Node) NamesBefore(name string) map[string]bool {
	if name == "" {
		return nil
	}
	names := make(map[string]bool)
	n.Walk(func(p Path) bool {
		if p.Name() == name {
			names = p.NamesBefore()
		}
		return p.Name() != name
	})
	return names
}

// upstream returns the children that child i comes after, directly or not, in
// definition order.
func (n *Node) upstream(i int) []int {
	leads := make([]bool, i+1)
	leads[i] = true
	var before []int
	for j := i; j >= 0; j-- {
		if !leads[j] {
			continue
		}
		if j < i {
			before = append(before, j)
		}
		for _, e := range n.Children[j].After {
			leads[e.From] = true
		}
	}
	for a, b := 0, len(before)-1; a < b; a, b = a+1, b-1 {
		before[a], before[b] = before[b], before[a]
	}
	return before
}

// Only returns a copy of the workflow that has nothing but the task at p, all
// below it and the groups around it.
func (w *Workflow) Only(p Path) (*Workflow, error) {
	var keep *Node
	for level := len(p.Nodes) - 1; level >= 0; level-- {
		n := *p.Nodes[level]
		if level < len(p.Nodes)-1 {
			n.Children = []*Node{keep}
			n.Join = Join{}
		}
		if level > 0 {
			n.After = nil
		}
		keep = &n
	}
	only := *w
	only.Root = keep
	return &only, only.Finish()
}
