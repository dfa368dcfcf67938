package product

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
)

// Selection asks for a part of a pipeline.
type Selection struct {
	// Target is the name of a task, or a shell pattern if it has a '*'. What it
	// names is asked for, and all that this needs. Empty asks for all tasks.
	Target string
	// Alone asks for what Target names and nothing else. Tasks that it needs
	// count as they are.
	Alone bool
}

// choice is what a selection makes of a task.
type choice uint8

const (
	left   choice = iota // it is as if it were not there
	passed               // it is looked at but never runs
	target
)

// choices returns what becomes of each task, nothing where all are asked for. The
// function at gives the tasks in topological order.
func (s Selection) choices(tasks []Task, at func(int) int) ([]choice, error) {
	if s.Target == "" {
		return nil, nil
	}
	list := make([]choice, len(tasks))
	if s.mark(tasks, list) == 0 {
		return nil, s.unknown(tasks)
	}
	above := target
	if s.Alone {
		above = passed
	}
	for n := len(tasks) - 1; n >= 0; n-- {
		i := at(n)
		if list[i] == left {
			continue
		}
		for _, u := range tasks[i].Upstream {
			list[u] = max(list[u], above)
		}
	}
	return list, nil
}

// mark sets what the target names and returns how many tasks that are.
func (s Selection) mark(tasks []Task, list []choice) (named int) {
	pattern := strings.Contains(s.Target, "*")
	for i := range tasks {
		if name := tasks[i].Name; name == s.Target || pattern && match(s.Target, name) {
			list[i] = target
			named++
		}
	}
	return named
}

func (s Selection) unknown(tasks []Task) error {
	if strings.Contains(s.Target, "*") {
		return fmt.Errorf("no task has a name like %q", s.Target)
	}
	names := make([]string, len(tasks))
	for i := range tasks {
		names[i] = tasks[i].Name
	}
	if hint := document.DidYouMean(s.Target, names); hint != "" {
		return fmt.Errorf("there is no task %q: %s", s.Target, hint)
	}
	return fmt.Errorf("there is no task %q", s.Target)
}
