// Package dig reads .dig files, the workflow language of Digdag, into the
// workflow model.
//
// It finds the workflow files of a project, reads them with what they include,
// and compiles them; it also compiles the tasks that operators generate at run
// time. It knows no operator by its behaviour, evaluates no expression, and
// sees files only through an fs.FS; the cache alone touches the disk.
package dig

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Project is what the .dig files of a folder define.
type Project struct {
	// Workflows are sorted by name, finished and ready to use.
	Workflows []*workflow.Workflow
	// Warnings are what is likely not what was meant.
	Warnings document.Errors
	// Broken are what could be made of files in which something is wrong, for those who
	// look for more of it. They are not finished.
	Broken []*workflow.Workflow
}

// LoadProject compiles the workflow files in the root of a project: the regular
// files whose names end in ".dig", except those that are ignored. The files that
// errors and warnings name start with root, which is the project's name for
// people; those in the positions of tasks do not.
//
// One bad file fails the project. The error lists what is wrong in all files as
// document.Errors, beside what could be made of the files, or has the code NotFound if
// there is no such folder.
func LoadProject(project fs.FS, root string) (*Project, error) {
	names, err := digFiles(project, root)
	if err != nil {
		return nil, err
	}
	return newLoader(project).loadProject(root, names)
}

// LoadFile compiles one workflow file, which may lie in a folder below the
// project's root, and returns it finished, with warnings. The error is
// document.Errors, beside what could be made of the file, which is not finished then
// and may be nil, or has the code NotFound if there is no such file.
func LoadFile(project fs.FS, name string) (*workflow.Workflow, document.Errors, error) {
	return newLoader(project).workflow(name)
}

// ReadConfig returns the definition in a workflow file as it is, for a task that
// makes it its subtask: includes are spliced, what has a meaning for whole
// workflows only is left out, and a file below the project's root gets its
// folder as working directory. The file is checked as by LoadFile.
func ReadConfig(project fs.FS, name string) (params.Map, error) {
	l := newLoader(project)
	if _, _, err := l.workflow(name); err != nil {
		return params.Map{}, err
	}
	doc, err := l.document(name)
	if err != nil {
		return params.Map{}, err
	}
	config := doc.Map()
	for _, key := range []string{"timezone", "schedule", "sensor", "sla", "_tags", "_run_queue", "_inputs", "_strict_input"} {
		config = config.Delete(key)
	}
	if dir := path.Dir(name); dir != "." {
		export, _ := config.Get("_export")
		own, _ := export.(params.Map)
		config = config.Set("_export", below(dir, own))
	}
	return config, nil
}

// CompileSubtasks compiles the tasks that an operator made: a group or a single
// action. The name is that of the new task, such as "^sub". The result is
// finished and has no positions; errors name the task that they are about and
// have the code Invalid.
func CompileSubtasks(name string, config params.Map) (*workflow.Node, error) {
	c := compiler{path: []string{name}}
	at := document.Entry{Key: name, Value: document.Of(config)}
	n := c.task(at, c.enabled(at.Value.Entries()))
	c.linkProducts(n)
	if err := c.errs.Err(); err != nil {
		return nil, err
	}
	if err := n.Finish(); err != nil {
		return nil, model.Errorf(model.Invalid, "%w", err)
	}
	return n, nil
}

// digFiles returns the names of the regular files in the root that end in
// ".dig", ignored or not, in order.
func digFiles(project fs.FS, root string) ([]string, error) {
	entries, err := fs.ReadDir(project, ".")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, model.Errorf(model.NotFound, "there is no project folder %q", root)
	case err != nil:
		return nil, fmt.Errorf("read project %q: %w", root, err)
	}
	var names []string
	for _, e := range entries {
		if path.Ext(e.Name()) != Extension {
			continue
		}
		// Stat follows links, which count as what they point to.
		if info, err := fs.Stat(project, e.Name()); err == nil && info.Mode().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (l *loader) loadProject(root string, names []string) (*Project, error) {
	ignore, err := l.ignore()
	if err != nil {
		return nil, err
	}
	p := &Project{}
	var errs document.Errors
	for _, name := range names {
		if ignore.Match(name, false) {
			continue
		}
		w, warns, err := l.workflow(name)
		for _, e := range warns {
			p.Warnings.Add(e)
		}
		switch {
		case err == nil:
			p.Workflows = append(p.Workflows, w)
			continue
		case w != nil:
			p.Broken = append(p.Broken, w)
		}
		collect(&errs, name, err)
	}
	p.Warnings = inRoot(root, p.Warnings)
	if len(errs) > 0 {
		return p, inRoot(root, errs)
	}
	slices.SortFunc(p.Workflows, func(a, b *workflow.Workflow) int { return strings.Compare(a.Name, b.Name) })
	return p, nil
}

// collect adds what is wrong with a file.
func collect(errs *document.Errors, file string, err error) {
	if !errs.Take(err) {
		errs.Add(&document.Error{Pos: document.Pos{File: file}, Message: err.Error()})
	}
}

// inRoot sorts faults and puts root before the names of their files.
func inRoot(root string, list document.Errors) document.Errors {
	list = list.Sorted()
	for _, e := range list {
		e.File = path.Join(root, e.File)
	}
	return list
}
