package notebooks

import (
	"path/filepath"
	"strings"

	operators "github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/source/notebook"
)

// Function is what an editor needs to show a function as a notebook.
type Function struct {
	// Path is that of its module, and Module the name that code imports it by.
	Path, Module string
	Name         string
	// Task is a task that calls it.
	Task string
	// Code assigns what that task gives it.
	Code string
}

// Functions returns the functions of a pipeline's tasks, one for each task, in
// the order of the pipeline.
func Functions(p *pipeline.Pipeline) ([]Function, error) {
	configs, err := configurations(p)
	if err != nil {
		return nil, err
	}
	var list []Function
	for _, t := range p.Tasks {
		if t.Class != pipeline.PythonCallable {
			continue
		}
		given, err := operators.Injected(configs[t.Name])
		if err != nil {
			return nil, err
		}
		code, err := notebook.Assignments("python", given)
		if err != nil {
			return nil, err
		}
		dotted := strings.ReplaceAll(t.Source.Dotted, "::", ".")
		name := dotted[strings.LastIndexByte(dotted, '.')+1:]
		list = append(list, Function{
			Path: t.Source.Path, Module: module(p, t.Source.Path, strings.TrimSuffix(dotted, "."+name)), Name: name, Task: t.Name, Code: code,
		})
	}
	return list, nil
}

// module returns the name of the module in a file, which another one may have
// imported the function from.
func module(p *pipeline.Pipeline, path, imported string) string {
	for _, folder := range []string{p.Dir, p.Root} {
		below, err := filepath.Rel(folder, path)
		if err != nil || !filepath.IsLocal(below) {
			continue
		}
		name := strings.TrimSuffix(filepath.ToSlash(below), ".py")
		return strings.ReplaceAll(strings.TrimSuffix(name, "/__init__"), "/", ".")
	}
	return imported
}
