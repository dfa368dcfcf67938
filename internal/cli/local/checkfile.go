package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/workflow"
)

// subjects returns what is to be checked of a project, and what is wrong with it that
// shows when it is read: all of it, or the one file that is asked for. The project has
// the warnings of these, and knows all workflows, be they wrong or not.
func (o *checkOptions) subjects(args []string) (p *dig.Project, which []*workflow.Workflow, wrong document.Errors, err error) {
	p, err = o.load()
	if err != nil && (p == nil || !wrong.Take(err)) {
		return nil, nil, nil, err
	}
	p.Workflows = append(p.Workflows, p.Broken...)
	if err == nil && len(p.Workflows) > 0 {
		_ = makeState(instance.StatePath(o.Path(), "")) // as Load does
	}
	if len(args) == 0 {
		return p, p.Workflows, wrong, nil
	}
	file, err := o.fileOf(p, args[0])
	if err != nil {
		return nil, nil, nil, err
	}
	w, warnings, err := loadFile(os.DirFS(o.Path()), file)
	p.Warnings, wrong = nil, nil
	add(&p.Warnings, file, filepath.ToSlash(o.dir), warnings)
	switch {
	case errors.As(err, new(document.Errors)):
		add(&wrong, file, filepath.ToSlash(o.dir), err)
	case err != nil:
		return nil, nil, nil, err
	}
	if w != nil {
		which = append(which, w)
	}
	return p, which, wrong, nil
}

// fileOf returns the file that somebody names, or that of the workflow: a path from the
// folder of the project, in or below it.
func (o *checkOptions) fileOf(p *dig.Project, name string) (string, error) {
	path := name
	if filepath.IsAbs(path) {
		if below, err := filepath.Rel(o.Path(), path); err == nil {
			path = below
		}
	}
	path = filepath.ToSlash(filepath.Clean(path))
	folder := os.DirFS(o.Path())
	for _, ending := range []string{"", dig.Extension, pawlfile.Extension} {
		file := path + ending
		if info, err := fs.Stat(folder, file); err == nil && info.Mode().IsRegular() && isDefinition(file) {
			return file, nil
		}
	}
	_, err := findWorkflow(p, name)
	return path, err
}

// isDefinition tells whether a file is to define a workflow.
func isDefinition(file string) bool {
	return strings.HasSuffix(file, dig.Extension) || strings.HasSuffix(file, pawlfile.Extension)
}

// loadFile compiles one file. Beside document.Errors it returns what could be made of it.
func loadFile(folder fs.FS, file string) (*workflow.Workflow, document.Errors, error) {
	if !strings.HasSuffix(file, pawlfile.Extension) {
		return dig.LoadFile(folder, file)
	}
	d, err := pawlfile.Load(folder, file)
	if d == nil {
		return nil, nil, err
	}
	return d.Workflow, nil, err
}
