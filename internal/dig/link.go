package dig

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/workflow"
)

// sibling is a task of a group with what says when it runs. Its directives are
// zero unless they are set.
type sibling struct {
	node       *workflow.Node
	background document.Entry // set if it is true
	after      document.Entry
	success    []*workflow.Node // what runs when it has ended well
}

// linkSequence makes each task come after the one before it. A task in the
// background comes after nothing; the next other task comes after it, too.
func (c *compiler) linkSequence(siblings []sibling) {
	var before []int
	for i, s := range siblings {
		if s.after.Key != "" {
			c.fail(s.after.Errorf("_after needs a group with _parallel: true around the task"))
		}
		if s.background.Key == "" {
			s.node.After = edges(before)
			before = before[:0]
		}
		before = append(before, i)
	}
}

// maxEdges bounds what a group that runs in chunks costs: each task comes after
// all tasks of the chunk before.
const maxEdges = 4 << 20

// linkParallel makes tasks come after those that they name and, with a limit,
// after all of the chunk before.
func (c *compiler) linkParallel(siblings []sibling, p parallel) {
	size := len(siblings)
	if p.limit > 0 {
		size = p.limit
	}
	if size < len(siblings) && size*len(siblings) > maxEdges {
		c.fail(p.at.Value.Errorf("%d tasks in chunks of %d depend on each other too often", len(siblings), size).
			Hint("use a smaller limit, or groups"))
		return
	}
	names := make(map[string]int, len(siblings))
	var chunk []workflow.Edge // shared by all that come after the same chunk
	for i, s := range siblings {
		if i > 0 && i%size == 0 {
			chunk = edges(sequence(i-size, i))
		}
		if s.background.Key != "" {
			c.fail(s.background.Errorf("_background is needless in a group with _parallel: true"))
		}
		s.node.After = c.named(s.after, names, chunk)
		names[s.node.Name] = i
	}
}

// named returns the chunk and the tasks that _after names.
func (c *compiler) named(after document.Entry, names map[string]int, chunk []workflow.Edge) []workflow.Edge {
	if after.Key == "" {
		return chunk
	}
	if after.Value.Kind() != document.List {
		c.fail(after.Value.Errorf("_after must be a list of tasks, not %s", after.Value.What()))
		return chunk
	}
	all := slices.Clone(chunk)
	for _, item := range after.Value.Items() {
		name, _ := item.Text()
		i, ok := names[name]
		if !ok {
			c.noSuchTask(item, name, names)
			continue
		}
		all = append(all, workflow.Edge{From: i})
	}
	slices.SortFunc(all, func(a, b workflow.Edge) int { return cmp.Compare(a.From, b.From) })
	return slices.Compact(all)
}

func (c *compiler) noSuchTask(item *document.Node, name string, names map[string]int) {
	var hint string
	if !c.errs.Full() { // comparing with all names costs
		hint = document.DidYouMean(name, slices.Sorted(maps.Keys(names)))
	}
	c.fail(item.Errorf("%s is no earlier task of the group", item.What()).Hint("%s", hint))
}

func edges(from []int) []workflow.Edge {
	if len(from) == 0 {
		return nil
	}
	list := make([]workflow.Edge, len(from))
	for i, f := range from {
		list[i].From = f
	}
	return list
}

// sequence returns the integers from a to before b.
func sequence(a, b int) []int {
	list := make([]int, 0, b-a)
	for i := a; i < b; i++ {
		list = append(list, i)
	}
	return list
}
