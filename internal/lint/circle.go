package lint

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// circle tells of tasks of a workflow that require another one which, in the
// end, requires the workflow itself for the same session.
func (c *checker) circle(w *workflow.Workflow) {
	requirements(w.Root, nil, func(keys []string, name string) {
		way := c.way([]string{w.Name, name}, make(map[string]bool))
		if way == nil {
			return
		}
		c.report.Slips.Add(c.at(append(slices.Clone(keys), "_command")...).Errorf(
			"workflows wait for each other in the same session: %s", strings.Join(way, " requires ")))
	})
}

// way follows requirements from the end of a way until they lead to where it
// began. It goes to no workflow that it has seen.
func (c *checker) way(so []string, seen map[string]bool) []string {
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
	requirements(c.linter.Workflows[i].Root, nil, func(_ []string, name string) {
		if found == nil {
			found = c.way(append(so[:len(so):len(so)], name), seen)
		}
	})
	return found
}

// requirements calls f with the keys and the workflow's name of each task that
// requires another workflow of the project for the session that it runs in, as
// far as that is written. The keys are those from n down, and f must not keep
// them.
func requirements(n *workflow.Node, keys []string, f func(keys []string, name string)) {
	for _, child := range n.Children {
		requirements(child, append(keys, child.Name), f)
	}
	if n.Operator != "require" || n.Config.Has("project_id") || n.Config.Has("project_name") {
		return
	}
	command, _ := n.Config.Get("_command")
	name, ok := command.(string)
	session, other := n.Config.Get("session_time")
	if ok && !params.TemplatedValue(name) && (!other || session == "${session_time}") {
		f(keys, name)
	}
}
