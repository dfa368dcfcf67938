package lint

import (
	"path"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// edge is a call of a file by a task that is run unless one before it fails.
type edge struct {
	from, to string
	at       dig.Place
	faults   *document.Errors // those of the place
	// looped is set below what runs it for each of something, and so perhaps not.
	looped bool
}

// times looks at what a task runs for each item of a collection, if it does.
func (c *checker) times(n *workflow.Node, look func()) {
	if n.Each != nil {
		c.loops++
		defer func() { c.loops-- }()
	}
	look()
}

// calls notes the files that the current task calls.
func (c *checker) calls(files []string) {
	c.called = append(c.called, files...)
	if c.remote > c.branch {
		return // something chooses
	}
	for _, file := range files {
		c.edges = append(c.edges, edge{c.current, path.Clean(file), c.at("_command"), c.faults(), c.loops > 0})
	}
}

// endless tells of files that call themselves where nothing in the circle chooses
// whether they do.
func (c *checker) endless() {
	from := make(map[string][]edge)
	for _, e := range c.edges {
		from[e.from] = append(from[e.from], e)
	}
	for _, e := range c.edges {
		if so := round(from, e, false); so != nil {
			e.faults.Add(e.at.Errorf("%s calls itself without end: %s", e.from, strings.Join(so, " calls ")).
				Hint("put the call> below an if> that ends it"))
		} else if so := round(from, e, true); so != nil {
			c.report.Doubts.Add(e.at.Errorf("%s calls itself, and only a loop without a turn ends that: %s", e.from, strings.Join(so, " calls ")).
				Hint("put the call> below an if> that ends it"))
		}
	}
}

// round returns the way from a call back to the file that it is in, with loops or
// without them.
func round(from map[string][]edge, e edge, looped bool) []string {
	if e.looped && !looped {
		return nil
	}
	seen := make(map[string]bool)
	var on func(so []string) []string
	on = func(so []string) []string {
		last := so[len(so)-1]
		if last == e.from {
			return so
		}
		if seen[last] {
			return nil
		}
		seen[last] = true
		for _, next := range from[last] {
			if next.looped && !looped {
				continue
			}
			if way := on(append(so[:len(so):len(so)], next.to)); way != nil {
				return way
			}
		}
		return nil
	}
	return on([]string{e.from, e.to})
}

// circles tells of tasks of a workflow that require another one which, in the
// end, requires the workflow itself for the same session, and of those that start
// another one which starts the workflow itself, in ever new sessions.
func (c *checker) circles(w *workflow.Workflow) {
	for _, of := range []struct {
		asks          asks
		message, verb string
	}{
		{requires, "workflows wait for each other in the same session", " requires "},
		{starts, "workflows start each other without end", " starts "},
	} {
		others(w.Root, nil, of.asks, func(keys []string, name string) {
			way := c.way([]string{w.Name, name}, of.asks, make(map[string]bool))
			if way == nil {
				return
			}
			c.report.Slips.Add(c.at(append(slices.Clone(keys), "_command")...).Errorf("%s: %s", of.message, strings.Join(way, of.verb)))
		})
	}
}

// asks reports whether an action asks for another workflow in a way.
type asks func(n *workflow.Node) bool

// requires is asked of an action that requires a workflow for its own session.
func requires(n *workflow.Node) bool {
	session, other := n.Config.Get("session_time")
	return n.Operator == "require" && (!other || session == "${session_time}")
}

// starts is asked of an action that starts a workflow in a session of its own.
func starts(n *workflow.Node) bool { return n.Operator == "start" && !n.Config.Has("key") }

// way follows what is asked for from the end of a way until it leads to where it
// began. It goes to no workflow that it has seen.
func (c *checker) way(so []string, of asks, seen map[string]bool) []string {
	last := so[len(so)-1]
	if last == so[0] {
		return so
	}
	i := slices.IndexFunc(c.linter.Workflows, func(w *workflow.Workflow) bool { return w.Name == last })
	if i < 0 || seen[last] {
		return nil
	}
	seen[last] = true
	var found []string
	others(c.linter.Workflows[i].Root, nil, of, func(_ []string, name string) {
		if found == nil {
			found = c.way(append(so[:len(so):len(so)], name), of, seen)
		}
	})
	return found
}

// others calls f with the keys and the workflow's name of each task that asks for
// another workflow of the project, as far as that is written. The keys are those from
// n down, and f must not keep them.
func others(n *workflow.Node, keys []string, of asks, f func(keys []string, name string)) {
	for _, child := range n.Children {
		others(child, append(keys, child.Name), of, f)
	}
	if !of(n) || n.Config.Has("project_id") || n.Config.Has("project_name") {
		return
	}
	command, _ := n.Config.Get("_command")
	if name, ok := command.(string); ok && !params.TemplatedValue(name) {
		f(keys, name)
	}
}
