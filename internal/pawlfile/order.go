package pawlfile

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
)

// order is what tasks come after.
type order struct {
	names []string       // in definition order
	index map[string]int // of names
	// parents are, for each task, those that it comes after, with where that is
	// written.
	parents [][]parent
	// mentioned are the tasks in the order in which they are named by what says what
	// comes after what.
	mentioned []int
	known     []bool // of mentioned
}

type parent struct {
	task int
	at   *document.Node
}

// order reads `ordering` and the `parents` of tasks, which say the same in two ways.
// Without any, each task comes after the one before it.
func (c *compiler) order(tasks []document.Entry, ordering document.Entry) *order {
	o := &order{index: make(map[string]int, len(tasks)), parents: make([][]parent, len(tasks)), known: make([]bool, len(tasks))}
	for i, t := range tasks {
		o.names = append(o.names, t.Key)
		o.index[t.Key] = i
	}
	said := make([]document.Entry, len(tasks))
	explicit := ordering.IsSet()
	if explicit {
		for _, e := range c.Mapping(ordering.Value, ordering.Key) {
			if i, ok := c.lookup(o, e.Key, e.Errorf); ok {
				said[i] = e
				c.comesAfter(o, i, e)
			}
		}
	}
	for i, t := range tasks {
		e, ok := find(t.Value.Entries(), "parents")
		if !ok {
			continue
		}
		explicit = true
		if said[i].IsSet() {
			c.Fail(e.Errorf("what %s comes after is said in the ordering, too, in line %d", t.Key, said[i].Pos().Line).
				Hint("say it in one place"))
			continue
		}
		c.comesAfter(o, i, e)
	}
	if !explicit {
		for i := 1; i < len(tasks); i++ {
			o.parents[i] = []parent{{task: i - 1}}
		}
	}
	for i := range tasks {
		o.mention(i)
	}
	return o
}

func find(entries []document.Entry, name string) (document.Entry, bool) {
	for _, e := range entries {
		if e.Key == name {
			return e, true
		}
	}
	return document.Entry{}, false
}

func (o *order) mention(i int) {
	if !o.known[i] {
		o.known[i] = true
		o.mentioned = append(o.mentioned, i)
	}
}

// lookup returns the task of a name, which stands where an error says.
func (c *compiler) lookup(o *order, name string, fail func(string, ...any) *document.Error) (int, bool) {
	i, ok := o.index[name]
	if !ok {
		near := document.DidYouMean(name, o.names)
		if near == "" && len(o.names) <= 20 {
			near = "there are " + strings.Join(o.names, ", ")
		}
		c.Fail(fail("there is no task %q", name).Hint("%s", near))
	}
	return i, ok
}

// comesAfter notes what task i comes after, as e says.
func (c *compiler) comesAfter(o *order, i int, e document.Entry) {
	o.mention(i)
	if e.Value.IsNull() {
		return
	}
	for _, item := range c.Texts(e) {
		name, _ := item.Text()
		from, ok := c.lookup(o, name, item.Errorf)
		switch {
		case !ok:
		case from == i:
			c.Fail(item.Errorf("%s can't come after itself", name))
		case slices.ContainsFunc(o.parents[i], func(p parent) bool { return p.task == from }):
			c.Fail(item.Errorf("%s is named twice", name))
		default:
			o.mention(from)
			o.parents[i] = append(o.parents[i], parent{from, item})
		}
	}
}

// levels returns the tasks level by level: those of a level come after tasks of
// levels before only. In a level they stand in the order in which they are mentioned
// or, from the second one on, in which the last of their parents does. What is left
// goes round in circles.
func (o *order) levels() (sorted, left []int) {
	open := make([]int, len(o.names)) // parents that are not sorted yet
	children := make([][]int, len(o.names))
	for _, i := range o.mentioned {
		open[i] = len(o.parents[i])
		for _, p := range o.parents[i] {
			children[p.task] = append(children[p.task], i)
		}
	}
	var level []int
	for _, i := range o.mentioned {
		if open[i] == 0 {
			level = append(level, i)
		}
	}
	for len(level) > 0 {
		sorted = append(sorted, level...)
		var next []int
		for _, i := range level {
			for _, child := range children[i] {
				if open[child]--; open[child] == 0 {
					next = append(next, child)
				}
			}
		}
		level = next
	}
	for i := range o.names {
		if open[i] > 0 {
			left = append(left, i)
		}
	}
	return sorted, left
}

// sorted returns the tasks in level order, and those that circles keep from having
// one, which is an error.
func (c *compiler) sorted(o *order) (sorted, left []int) {
	sorted, left = o.levels()
	if len(left) > 0 {
		way, at := o.circle(left)
		e := document.Of(nil).Errorf("tasks come after each other in a circle: %s", strings.Join(way, " comes after "))
		if at != nil {
			e = at.Errorf("%s", e.Message)
		}
		c.Fail(e.Hint("leave out one of the parents"))
	}
	return sorted, left
}

// circle follows parents among tasks that are left until one comes again. It returns
// the names on the way round, and where the first step is written.
func (o *order) circle(left []int) (way []string, at *document.Node) {
	var seen []int
	i := left[0]
	for !slices.Contains(seen, i) {
		seen = append(seen, i)
		for _, p := range o.parents[i] {
			if slices.Contains(left, p.task) {
				i = p.task
				break
			}
		}
	}
	round := seen[slices.Index(seen, i):]
	for _, task := range round {
		way = append(way, o.names[task])
	}
	for _, p := range o.parents[i] {
		if p.task == round[1%len(round)] {
			at = p.at
		}
	}
	return append(way, o.names[i]), at
}
