package project

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/workflow"
)

// surroundings say how the pipelines of a folder are read.
type surroundings struct {
	options pipeline.Options
	// bounds is set where the folder is not the one to run in: a folder around
	// it that has nothing else.
	bounds string
}

// inPlace reads pipelines that are to be run in the folder that they are in.
func inPlace(dir string, now time.Time) surroundings {
	return surroundings{options: pipeline.Options{Dir: dir, Now: now, Caller: noCaller}}
}

// elsewhere reads pipelines that are to be run in other folders and by other
// processes. They see no environment variables, and nothing but the folder.
func elsewhere(dir, bounds string, now time.Time) surroundings {
	in := inPlace(dir, now)
	in.options.Within, in.bounds = dir, bounds
	in.options.Lookup = func(string) (string, bool) { return "", false }
	return in
}

// pipelines adds the pipelines of a folder.
func (r *reader) pipelines(ctx context.Context, folder fs.FS, in surroundings) error {
	files, err := pipelineFiles(folder)
	if err != nil {
		return fmt.Errorf("read project: %w", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), pipelineSuffix)
		if err := r.checkName(folder, file, name); err != nil {
			r.errs.Add(err)
			continue
		}
		w, err := r.pipeline(ctx, file, name, in)
		var errs document.Errors
		switch {
		case err == nil:
			r.contents.Workflows = append(r.contents.Workflows, w)
		case !errs.Take(err):
			return err
		}
		for _, e := range errs {
			r.errs.Add(shortened(e, in.options.Dir))
		}
	}
	return nil
}

const pipelineSuffix = ".yaml"

// HasPipelines reports whether a folder has files that are pipelines.
func HasPipelines(dir string) bool {
	files, err := pipelineFiles(os.DirFS(dir))
	return err == nil && len(files) > 0
}

// pipelineFiles returns the names of the files that are pipelines; those of a
// Python package are in its sources.
func pipelineFiles(folder fs.FS) ([]string, error) {
	patterns := []string{"pipeline.yaml", "pipeline.*.yaml"}
	if _, err := fs.Stat(folder, "setup.py"); err == nil {
		patterns = append(patterns, "src/*/pipeline.yaml", "src/*/pipeline.*.yaml")
	}
	var files []string
	for _, pattern := range patterns {
		found, err := fs.Glob(folder, pattern)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, nil
	}
	ignore, err := dig.ReadIgnore(folder)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(files, func(name string) bool {
		if strings.HasSuffix(name, pawlfile.Extension) {
			return true
		}
		info, err := fs.Stat(folder, name)
		return err != nil || !info.Mode().IsRegular() || ignore.Match(name, false) || strings.HasSuffix(path.Dir(name), ".egg-info")
	}), nil
}

// checkName makes sure that a pipeline can be a workflow of that name.
func (r *reader) checkName(folder fs.FS, file, name string) *document.Error {
	e := &document.Error{Pos: document.Pos{File: file}}
	if err := CheckWorkflowName(name); err != nil {
		e.Message = err.Error()
		return e
	}
	_, err := fs.Stat(folder, name+dig.Extension)
	if err == nil || r.has(name) {
		return another(e, name)
	}
	return nil
}

// another is the error of a file that defines a workflow of a name that is taken.
func another(e *document.Error, name string) *document.Error {
	e.Message = fmt.Sprintf("there is another workflow %q", name)
	return e.Hint("rename this file, or the other one: %s", name+dig.Extension)
}

// pipeline reads one pipeline as a workflow.
func (r *reader) pipeline(ctx context.Context, file, name string, in surroundings) (Workflow, error) {
	in.options.Entry = filepath.Join(in.options.Dir, file)
	p, err := pipeline.Load(ctx, in.options)
	if err != nil {
		return Workflow{}, err
	}
	for _, warning := range p.Warnings {
		r.contents.Warnings.Add(shortened(warning, in.options.Dir))
	}
	p.Name = name
	w, err := pipeline.Workflow(p, nil)
	if err != nil {
		return Workflow{}, err
	}
	if err := pipeline.AddHooks(w, p); err != nil {
		return Workflow{}, err
	}
	if in.bounds != "" {
		r.warnOfLost(p)
		if err := pipeline.Portable(w, p.Root, in.bounds); err != nil {
			return Workflow{}, err
		}
	}
	calendar, err := schedule.NewCalendar(p.Zone, p.Schedule)
	return Workflow{Name: name, Zone: calendar.Zone.String(), Definition: w, Schedule: calendar.Schedule, Config: outline(p, w)}, err
}

// warnOfLost warns of files that other tasks need and that are in the folder of
// the project, of which each task has another, without anybody to copy them.
func (r *reader) warnOfLost(p *pipeline.Pipeline) {
	needed := make(map[string]string)
	for _, t := range p.Tasks {
		for _, up := range t.Upstream {
			needed[up.Task] = t.Name
		}
	}
	for _, t := range p.Tasks {
		by, ok := needed[t.Name]
		if !ok || p.ProductClient(t) != nil {
			continue
		}
		for _, made := range t.Products {
			path, inside := below(p.Root, made.Path)
			if made.Class != "File" || !inside {
				continue
			}
			e := &document.Error{Pos: document.Pos(t.Pos), Message: fmt.Sprintf("%s needs %s, which is gone on a server once %s has ended", by, path, t.Name)}
			r.contents.Warnings.Add(shortened(e.Hint(
				"give products absolute paths on storage that all machines share, or the pipeline a client for files"), p.Root))
		}
	}
}

// below returns a path relative to a folder, and whether it is in there; else it
// returns the path.
func below(dir, path string) (string, bool) {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return rel, true
	}
	return path, false
}

// outline returns what people are shown of a pipeline, in the form of a .dig
// file: what each task runs and makes, and what it comes after.
func outline(p *pipeline.Pipeline, w *workflow.Workflow) params.Map {
	tasks := make(map[string]*pipeline.Task, len(p.Tasks))
	for _, t := range p.Tasks {
		tasks["+"+t.Name] = t
	}
	var kv []any
	if p.Schedule.Len() > 0 {
		kv = append(kv, "schedule", p.Schedule)
	}
	for _, n := range w.Root.Children {
		t := tasks[n.Name]
		if t == nil { // a hook of the whole
			continue
		}
		source, _ := below(p.Root, t.Source.String())
		task := params.Of(n.Operator+">", source, "product", made(p, t))
		if len(t.Upstream) > 0 {
			task = task.Set("upstream", upstream(t))
		}
		if own, err := n.Config.MapOr("tracked", params.Map{}); err == nil && own.Len() > 0 {
			task = task.Set("params", pipeline.Relative(own))
		}
		kv = append(kv, n.Name, task)
	}
	return params.Of(kv...)
}

// made returns the products of a task: one, or a list of them.
func made(p *pipeline.Pipeline, t *pipeline.Task) params.Value {
	var products []params.Value
	for _, one := range t.Products {
		path, _ := below(p.Root, one.String())
		products = append(products, path)
	}
	if len(products) == 1 {
		return products[0]
	}
	return products
}

func upstream(t *pipeline.Task) (names []params.Value) {
	for _, up := range t.Upstream {
		names = append(names, up.Task)
	}
	return names
}

// shortened returns an error with paths relative to the folder of the project.
func shortened(e *document.Error, dir string) *document.Error {
	short := func(text string) string {
		return strings.ReplaceAll(strings.ReplaceAll(text, dir+"/", ""), dir, ".")
	}
	e.File, e.Message = short(e.File), short(e.Message)
	for i := range e.Hints {
		e.Hints[i] = short(e.Hints[i])
	}
	return e
}

// noCaller answers for user code, which servers don't run to read definitions.
func noCaller(string, string) pipeline.Caller { return refusing{} }

type refusing struct{}

func (refusing) Call(_ context.Context, c pipeline.Call) (params.Value, error) {
	return nil, model.Errorf(model.Invalid, "%q must be called to know the value, which takes Python; a server reads definitions without it: write the value down, or compute it in a task", c.Path)
}

func (refusing) Inspect(_ context.Context, dotted string) (pipeline.FunctionInfo, error) {
	return pipeline.FunctionInfo{}, model.Errorf(model.Invalid, "the function %q is not found by reading modules; a server reads definitions without Python: define it with def in a module of the project", dotted)
}

func (refusing) Describe(_ context.Context, c pipeline.Call) (params.Map, error) {
	return params.Map{}, model.Errorf(model.Invalid, "%q must be called to know the pipeline, which takes Python; a server reads definitions without it: write the tasks down", c.Path)
}
