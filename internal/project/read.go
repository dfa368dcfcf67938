package project

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Workflow is a workflow of a project.
type Workflow struct {
	Name string
	// Zone is the name of the time zone, such as Asia/Tokyo or +09:00.
	Zone string
	// Definition is compiled and finished.
	Definition *workflow.Workflow
	// Schedule is nil for a workflow without one.
	Schedule *schedule.Schedule
	// Config is what the file says, in the form of Digdag: includes are spliced,
	// the time zone is left out, and what is not a task comes first.
	Config params.Map
}

// Contents is what the files of a project define.
type Contents struct {
	// Workflows are those of .dig files, then those of *.pawl.yaml files, then those of
	// pipelines, each sorted by the names of their files.
	Workflows []Workflow
	// Warnings are what is likely not what was meant.
	Warnings document.Errors
}

// Read finds and compiles the workflows in the folder of a project: the files
// in the folder itself whose names end in ".dig" or ".pawl.yaml", except those that
// start with a dot, and the pipelines in pipeline.yaml and pipeline.NAME.yaml, which are
// workflows of the name before ".yaml". What .digdagignore excludes does not
// count. Pipelines are to be run in this folder; now is what {{now}} is in them.
// Links of .dig files that lead out of the folder are not followed.
//
// One fault fails the project. The error lists the faults of all files as
// document.Errors, or has the code NotFound if there is no such folder.
func Read(ctx context.Context, dir string, now time.Time) (*Contents, error) {
	return read(ctx, dir, inPlace(dir, now))
}

func read(ctx context.Context, dir string, in surroundings) (_ *Contents, err error) {
	root, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	files, err := dig.Files(root.FS(), dir)
	if err != nil {
		return nil, err
	}
	var r reader
	definitions, err := dig.LoadDefinitions(root.FS(), r.named(files))
	if err != nil && !r.errs.Take(err) {
		return nil, err
	}
	for _, d := range definitions {
		for _, warning := range d.Warnings {
			r.contents.Warnings.Add(warning)
		}
		r.add(d.Workflow, d.Document)
	}
	if err := r.pawlFiles(root.FS()); err != nil {
		return nil, err
	}
	if err := r.pipelines(ctx, root.FS(), in); err != nil {
		return nil, err
	}
	if err := r.errs.Err(); err != nil {
		return nil, err
	}
	return &r.contents, nil
}

func openRoot(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, model.Errorf(model.NotFound, "there is no project folder %q", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read project: %w", err)
	}
	return root, nil
}

// reader collects what is wrong and goes on.
type reader struct {
	contents Contents
	errs     document.Errors
}

// named returns the files whose names are those of workflows.
func (r *reader) named(files []string) []string {
	var good []string
	for _, file := range files {
		if err := CheckWorkflowName(strings.TrimSuffix(file, dig.Extension)); err != nil {
			r.errs.Add(&document.Error{Pos: document.Pos{File: file}, Message: err.Error()})
			continue
		}
		good = append(good, file)
	}
	return good
}

// add adds a workflow that a file defines, which says what the document does in the
// form of a .dig file.
func (r *reader) add(of *workflow.Workflow, doc *document.Node) {
	w := Workflow{Name: of.Name, Definition: of, Config: config(doc.Map())}
	name := of.Zone
	if name == "" {
		name = "UTC"
	}
	zone, err := schedule.ParseZone(name)
	if err != nil {
		r.fail(doc, "timezone", err)
		return
	}
	w.Zone = zone.String()
	if of.Schedule.Len() > 0 {
		if w.Schedule, err = schedule.Parse(of.Schedule, zone); err != nil {
			r.fail(doc, "schedule", err)
		}
	}
	r.contents.Workflows = append(r.contents.Workflows, w)
}

// fail adds what is wrong with a section of a file.
func (r *reader) fail(doc *document.Node, section string, err error) {
	for _, e := range doc.Entries() {
		if e.Key == section {
			r.errs.Add(e.Errorf("%v", err).Hint("%s", model.HintsOf(err)))
		}
	}
}

// sections are the keys of a file beside tasks, in the order of Digdag.
var sections = []string{"_tags", "_run_queue", "_inputs", "_strict_input", "_export", "schedule", "sensor", "sla", "_error", "_success", "_check", "_retry", "_parallel"}

// config orders what a file says.
func config(file params.Map) params.Map {
	var kv []any
	for _, key := range sections {
		v, ok := file.Get(key)
		if export, isMap := v.(params.Map); key == "_export" && (v == nil || isMap && export.Len() == 0) {
			continue // Digdag leaves out what is empty
		}
		if ok {
			kv = append(kv, key, v)
		}
	}
	for key, v := range file.All() {
		if strings.HasPrefix(key, "+") {
			kv = append(kv, key, v)
		}
	}
	return params.Of(kv...)
}
