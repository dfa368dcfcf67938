package notebooks

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	operators "github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
)

// Injected is a file that got the parameters of a task.
type Injected struct {
	Path string
	Task string
	// Others are the tasks that use the file too, if nobody has said which of
	// them is meant.
	Others []string
}

// Inject writes a cell with the parameters of its task into each notebook, and
// into the files that are paired with it. The programs of ScriptRunner are left
// alone.
//
// Of several tasks with the same file the first one counts, but for those in
// priority, a list of names and patterns in the form "a,b-*". It is an error if
// one is no notebook task, or if two have the same file.
func Inject(p *pipeline.Pipeline, priority string) ([]Injected, error) {
	preferred, err := prefer(p, priority)
	if err != nil {
		return nil, err
	}
	configs, err := configurations(p)
	if err != nil {
		return nil, err
	}
	var done []Injected
	for _, f := range Files(p) {
		tasks := runners(f.Tasks)
		if len(tasks) == 0 {
			continue
		}
		one := Injected{Path: f.Path, Task: preferred[f.Path]}
		if one.Task == "" {
			one.Task = tasks[0].Name
			for _, t := range tasks[1:] {
				one.Others = append(one.Others, t.Name)
			}
		}
		if err := injectInto(f.Path, configs[one.Task]); err != nil {
			return done, err
		}
		done = append(done, one)
	}
	return done, nil
}

func injectInto(path string, config params.Map) error {
	given, err := operators.Injected(config)
	if err != nil {
		return err
	}
	old, err := Read(path)
	if err != nil {
		return err
	}
	nb, err := old.InjectManually(given)
	if err != nil {
		return err
	}
	_, err = write(path, old, nb)
	return err
}

func runners(tasks []*pipeline.Task) []*pipeline.Task {
	var list []*pipeline.Task
	for _, t := range tasks {
		if t.Class == pipeline.NotebookRunner {
			list = append(list, t)
		}
	}
	return list
}

// configurations returns the configuration of each task by its name.
func configurations(p *pipeline.Pipeline) (map[string]params.Map, error) {
	w, err := pipeline.Workflow(p, func(*pipeline.Task) bool { return true })
	if err != nil {
		return nil, err
	}
	configs := make(map[string]params.Map, len(w.Root.Children))
	for _, n := range w.Root.Children {
		configs[n.Name[1:]] = n.Config
	}
	return configs, nil
}

// prefer returns the tasks that are preferred, by the paths of their files.
func prefer(p *pipeline.Pipeline, priority string) (map[string]string, error) {
	preferred := map[string]string{}
	for _, word := range strings.Split(priority, ",") {
		tasks, err := named(p, strings.TrimSpace(word))
		if err != nil {
			return nil, fmt.Errorf("inject-priority: %w", err)
		}
		for _, t := range tasks {
			other := preferred[t.Source.Path]
			if other != "" && other != t.Name {
				return nil, model.Errorf(model.Invalid, "inject-priority names both %s and %s, which have the same file %s", other, t.Name, t.Source.Path)
			}
			preferred[t.Source.Path] = t.Name
		}
	}
	return preferred, nil
}

// named returns the notebook tasks that a name or a pattern stands for; a
// pattern may find none.
func named(p *pipeline.Pipeline, word string) ([]*pipeline.Task, error) {
	switch {
	case word == "":
		return nil, nil
	case !strings.Contains(word, "*"):
		t, err := p.Task(word)
		if err == nil && t.Class != pipeline.NotebookRunner {
			err = model.Errorf(model.Invalid, "task %q is no notebook", word)
		}
		return []*pipeline.Task{t}, err
	}
	names, err := p.Select(word)
	if err != nil {
		return nil, nil //nolint:nilerr // it finds nothing
	}
	var tasks []*pipeline.Task
	for _, name := range names {
		t, err := p.Task(name)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
	return runners(tasks), nil
}
