package pipeline

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
)

// connect finds what each task comes after.
func (l *loader) connect() {
	c := connector{loader: l, names: make([]string, len(l.pipeline.Tasks)), numbers: make(map[string]int, len(l.pipeline.Tasks))}
	for i, t := range l.pipeline.Tasks {
		c.names[i], c.numbers[t.Name] = t.Name, i
	}
	for _, d := range l.drafts {
		before := len(l.errs)
		list := l.upstream(d)
		for _, t := range d.tasks {
			t.Upstream = c.expand(d, t, list)
		}
		d.faulty = d.faulty || len(l.errs) > before
	}
	if len(l.errs) == 0 {
		l.checkCycle(c.numbers)
	}
	if len(l.errs) == 0 {
		return
	}
	for _, d := range l.drafts { // a task that is nothing can't be asked for
		for _, t := range d.tasks {
			for _, up := range t.Upstream {
				d.faulty = d.faulty || len(l.pipeline.Tasks[c.numbers[up.Task]].Products) == 0
			}
		}
	}
}

type connector struct {
	*loader
	names   []string
	numbers map[string]int
	matches map[string][]string // of patterns
}

// expand replaces patterns by the tasks that they match.
func (c *connector) expand(d *draft, t *Task, list []wanted) []Upstream {
	if len(list) == 0 {
		return nil
	}
	found := make([]Upstream, 0, len(list))
	for _, w := range list {
		if d.grid != nil && strings.Contains(w.name, "[[") {
			w.name = c.fillIn(d.grid, w.name, t.variables())
		}
		if strings.Contains(w.name, "*") && !w.exact {
			for _, match := range c.match(w.name) {
				found = putUpstream(found, Upstream{Task: match, Group: w.name})
			}
			continue
		}
		if _, ok := c.numbers[w.name]; !ok {
			if c.isLost(w.name) || c.isBroken(d) {
				d.faulty = true
				continue
			}
			e := w.at("task %q comes after %q, but there is no such task", t.Name, w.name)
			c.fail(e.Hint("%s", nearestTask(w.name, c.names)))
			continue
		}
		found = putUpstream(found, Upstream{Task: w.name, Group: w.group})
	}
	return found
}

// putUpstream adds a task. One that is found again stays where it is, but is in
// the group in which it was found last.
func putUpstream(list []Upstream, up Upstream) []Upstream {
	for i := range list {
		if list[i].Task == up.Task {
			list[i].Group = up.Group
			return list
		}
	}
	return append(list, up)
}

// fewNames can all be offered.
const fewNames = 12

func nearestTask(name string, names []string) string {
	if found := document.DidYouMean(name, names); found != "" || len(names) > fewNames {
		return found
	}
	known := slices.Clone(names)
	slices.Sort(known)
	return "there are " + strings.Join(slices.Compact(known), ", ")
}

func (c *connector) match(pattern string) []string {
	if found, ok := c.matches[pattern]; ok {
		return found
	}
	var found []string
	for _, name := range c.names {
		if fnmatch(pattern, name) {
			found = append(found, name)
		}
	}
	if c.matches == nil {
		c.matches = map[string][]string{}
	}
	c.matches[pattern] = found
	return found
}

// checkCycle refuses tasks that come after each other.
func (l *loader) checkCycle(numbers map[string]int) {
	tasks := l.pipeline.Tasks
	waits := make([]int, len(tasks)) // for how many
	next := make([][]int, len(tasks))
	for i, t := range tasks {
		waits[i] = len(t.Upstream)
		for _, up := range t.Upstream {
			next[numbers[up.Task]] = append(next[numbers[up.Task]], i)
		}
	}
	ready := make([]int, 0, len(tasks))
	for i, n := range waits {
		if n == 0 {
			ready = append(ready, i)
		}
	}
	for done := 0; done < len(ready); done++ {
		for _, i := range next[ready[done]] {
			if waits[i]--; waits[i] == 0 {
				ready = append(ready, i)
			}
		}
	}
	if len(ready) < len(tasks) {
		l.failCycle(numbers, waits)
	}
}

// failCycle shows a circle among the tasks that wait for each other.
func (l *loader) failCycle(numbers map[string]int, waits []int) {
	at := 0
	for waits[at] == 0 {
		at++
	}
	seen := map[int]int{}
	var path []string
	for {
		t := l.pipeline.Tasks[at]
		if start, ok := seen[at]; ok {
			path = append(path[start:], t.Name)
			break
		}
		seen[at] = len(path)
		path = append(path, t.Name)
		for _, up := range t.Upstream {
			if i := numbers[up.Task]; waits[i] > 0 {
				at = i
				break
			}
		}
	}
	for _, d := range l.drafts {
		for _, t := range d.tasks {
			if t.Name == path[0] {
				l.fail(d.at.Errorf("tasks come after each other: %s", strings.Join(path, " > ")))
				return
			}
		}
	}
}
