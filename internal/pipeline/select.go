package pipeline

import (
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// Task returns a task by its name. The error has the code NotFound and offers
// what may have been meant.
func (p *Pipeline) Task(name string) (*Task, error) {
	names := make([]string, len(p.Tasks))
	for i, t := range p.Tasks {
		if t.Name == name {
			return t, nil
		}
		names[i] = t.Name
	}
	if len(names) == 0 {
		return nil, model.Errorf(model.NotFound, "there is no task %q, the pipeline has none", name)
	}
	return nil, model.Errorf(model.NotFound, "there is no task %q", name).WithHint("%s", nearestTask(name, names))
}

// Select returns the names of the tasks that match a name or a pattern. None is
// an error, as of Task.
func (p *Pipeline) Select(pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, "*?[") {
		t, err := p.Task(pattern)
		if err != nil {
			return nil, err
		}
		return []string{t.Name}, nil
	}
	var found []string
	for _, t := range p.Tasks {
		if fnmatch(pattern, t.Name) {
			found = append(found, t.Name)
		}
	}
	if len(found) == 0 {
		return nil, model.Errorf(model.NotFound, "no task matches %q", pattern)
	}
	return found, nil
}
