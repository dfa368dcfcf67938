package notebooks

import (
	"context"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	operators "github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
)

// Analyst calls a function of the library in the project's Python; a
// python.Host does.
type Analyst interface {
	Call(ctx context.Context, c python.Call) (params.Value, error)
}

// CheckStrict looks for mistakes in the code of the tasks that ask for
// static_analysis: strict, before any of them runs. The error has the code
// Invalid and tells all that was found. Without such tasks ask is not called.
func CheckStrict(ctx context.Context, p *pipeline.Pipeline, ask func() (Analyst, error)) error {
	tasks := strict(p)
	if len(tasks) == 0 {
		return nil
	}
	analyst, err := ask()
	if err != nil {
		return err
	}
	configs, err := configurations(p)
	if err != nil {
		return err
	}
	var found []string
	for _, t := range tasks {
		problem, err := problem(ctx, analyst, configs[t.Name])
		if err != nil {
			return err
		}
		if problem != "" {
			found = append(found, t.Source.Path+" (task "+t.Name+"): "+problem)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return model.Errorf(model.Invalid, "%s", strings.Join(found, "\n"))
}

func strict(p *pipeline.Pipeline) []*pipeline.Task {
	var tasks []*pipeline.Task
	for _, f := range Files(p) {
		for _, t := range f.Tasks {
			if t.Strict() {
				tasks = append(tasks, t)
			}
		}
	}
	return tasks
}

// problem returns what keeps a task's code from running, or "".
func problem(ctx context.Context, analyst Analyst, config params.Map) (string, error) {
	rendered, err := operators.Render(config)
	if err != nil || rendered.Language != "python" {
		return "", err
	}
	injected, err := operators.Injected(config)
	if err != nil {
		return "", err
	}
	var given []any
	for name := range injected.Keys() {
		given = append(given, name)
	}
	v, err := analyst.Call(ctx, python.Call{
		Path: "_pawl.notebooks.analysis.refused",
		Args: params.Of("notebook", string(rendered.Content), "given", given, "places", rendered.Places()),
	})
	text, _ := v.(string)
	return text, err
}
