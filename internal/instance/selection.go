package instance

import (
	"strings"

	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Selection says which tasks of a local run are run and which of them may be
// answered by what an earlier run finished. The zero value runs everything
// that is not finished.
type Selection struct {
	// Rerun takes nothing over from earlier runs.
	Rerun bool
	// Changed has memoised tasks take over what they have given, with Rerun.
	Changed bool
	// Start takes over only what comes before it.
	Start *workflow.Path
	// Goal runs only it, what is below it and what comes before it; the rest
	// ends at once as an empty success. What comes before is taken over.
	Goal *workflow.Path
	// End runs only what comes before it; the rest is an empty success.
	End *workflow.Path
}

// All reports whether nothing was selected.
func (s Selection) All() bool { return s == Selection{} }

// Choice is what a selection says of one task.
type Choice struct {
	// Replay lets an earlier result stand for the task.
	Replay bool
	// Run lets the task run; else it ends as an empty success.
	Run bool
}

// chooser answers for the tasks of one workflow. A task that was generated is
// treated like the task of the definition that it comes from.
type chooser struct {
	selection Selection
	static    map[string]bool // full names that the definition has
	replay    map[string]bool // nil means all
	run       map[string]bool // nil means all
}

func newChooser(root *workflow.Node, s Selection) *chooser {
	c := &chooser{selection: s, static: make(map[string]bool)}
	root.Walk(func(p workflow.Path) bool { c.static[p.Name()] = true; return true })
	switch {
	case s.Start != nil:
		c.replay = s.Start.NamesBefore()
	case s.Goal != nil:
		c.replay = s.Goal.NamesBefore()
	}
	switch {
	case s.Goal != nil:
		c.run = s.Goal.NamesBefore()
		around(c.run, *s.Goal)
		name := s.Goal.Name()
		for static := range c.static {
			if strings.HasPrefix(static, name) && (len(static) == len(name) || starts(static[len(name)])) {
				c.run[static] = true
			}
		}
	case s.End != nil:
		c.run = s.End.NamesBefore()
		around(c.run, *s.End)
		delete(c.run, s.End.Name())
	}
	return c
}

// around adds the groups that a task is in.
func around(names map[string]bool, p workflow.Path) {
	full := ""
	for _, n := range p.Nodes {
		full += n.Name
		names[full] = true
	}
}

// starts reports whether a character begins the name of a task.
func starts(c byte) bool { return c == '+' || c == '^' }

// choose answers for the task of that full name.
func (c *chooser) choose(name string) Choice {
	static := name
	for !c.static[static] {
		cut := strings.LastIndexAny(static, "+^")
		if cut <= 0 {
			break
		}
		static = static[:cut]
	}
	return Choice{
		Replay: !c.selection.Rerun && (c.replay == nil || c.replay[static]) && !executor.IsHook(name),
		Run:    c.run == nil || c.run[static],
	}
}
