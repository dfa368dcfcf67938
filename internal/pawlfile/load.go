// Package pawlfile reads *.pawl.yaml files, pawl's own language for pipelines, into
// the workflow model.
//
// A file has tasks under names, each with an operator and with what it comes after;
// what the options of operators and expressions mean is as in .dig files. Whatever
// can be wrong with a file is found when it is read, with its place: keys and tasks
// that do not exist, circles, values that do not fit. It sees files through an fs.FS
// alone, evaluates no expression, and knows operators by their names and keys only.
package pawlfile

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/shape"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Dialect is the name of the front end in the workflows that it compiles.
const Dialect = "pawl"

// Extension ends the names of files.
const Extension = ".pawl.yaml"

// maxBytes is the largest file that is read.
const maxBytes = 10 << 20

// Definition is a workflow beside what its file says.
type Definition struct {
	// Workflow is finished and ready to use.
	Workflow *workflow.Workflow
	// Document is what the file says in the form of a .dig file, with the places in
	// the file: for those who show it, or say where something of it was written.
	Document *document.Node
}

// Files returns the names of the files in the root of a project, in order, but for
// those that are ignored.
func Files(project fs.FS) ([]string, error) {
	names, err := fs.Glob(project, "*"+Extension)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	ignore, err := dig.ReadIgnore(project)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, name := range names {
		info, err := fs.Stat(project, name)
		if err == nil && info.Mode().IsRegular() && !strings.HasPrefix(name, ".") && !ignore.Match(name, false) {
			found = append(found, name)
		}
	}
	return found, nil
}

// misnamed are endings that people take for Extension, in lower case.
var misnamed = []string{".pawl.yml", Extension}

// NameOf returns the name of the workflow that a file is to define whose ending is
// Extension or what people take for it, and "" for other files.
func NameOf(file string) string {
	for _, ending := range misnamed {
		if at := len(file) - len(ending); at > 0 && strings.EqualFold(file[at:], ending) {
			return file[:at]
		}
	}
	return ""
}

// Misnamed returns the names of the files in the root of a project, in order, that are
// not read because they have another ending that people take for Extension, but for
// those that are ignored.
func Misnamed(project fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(project, ".")
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		if name := e.Name(); NameOf(name) != "" && !strings.HasSuffix(name, Extension) && e.Type().IsRegular() && !strings.HasPrefix(name, ".") {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	ignore, err := dig.ReadIgnore(project)
	return slices.DeleteFunc(found, func(name string) bool { return ignore.Match(name, false) }), err
}

// Load compiles one file, which may lie in a folder below the project's root. The
// error is document.Errors, beside what could be made of the file, which is not finished
// then and may be nil, or has the code NotFound if there is no such file.
func Load(project fs.FS, name string) (*Definition, error) {
	c := &compiler{}
	doc, err := Read(project, name)
	if err != nil && (doc == nil || !c.Errs.Take(err)) {
		return nil, err // else a part is wrong, such as a key that is there twice
	}
	of := strings.TrimSuffix(name, Extension)
	if err := dig.CheckName(of); err != nil {
		c.Errs.Add(&document.Error{Pos: document.Pos{File: name}, Message: err.Error()})
	}
	w := c.pipeline(of, doc)
	if err := c.Errs.Err(); err != nil {
		return &Definition{Workflow: w, Document: Outline(doc)}, err
	}
	if err := w.Finish(); err != nil {
		return nil, model.Errorf(model.Invalid, "%w", err)
	}
	return &Definition{Workflow: w, Document: Outline(doc)}, nil
}

// LoadAll compiles the files of a project as LoadFiles does.
func LoadAll(project fs.FS) ([]Definition, error) {
	files, err := Files(project)
	if err != nil {
		return nil, err
	}
	return LoadFiles(project, files)
}

// LoadFiles compiles files and returns the definitions of those in which nothing is
// wrong, in the given order. The error lists what is wrong in the others as
// document.Errors.
func LoadFiles(project fs.FS, files []string) ([]Definition, error) {
	var list []Definition
	var errs document.Errors
	for _, name := range files {
		d, err := Load(project, name)
		switch {
		case err == nil:
			list = append(list, *d)
		case !errs.Take(err):
			errs.Add(&document.Error{Pos: document.Pos{File: name}, Message: err.Error()})
		}
	}
	return list, errs.Err()
}

// Read returns what is in a file, with the errors of Load.
func Read(project fs.FS, name string) (*document.Node, error) {
	info, err := fs.Stat(project, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid):
		return nil, model.Errorf(model.NotFound, "file %q does not exist", name)
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	case !info.Mode().IsRegular() || info.Size() > maxBytes:
		return nil, model.Errorf(model.Invalid, "%s is no file of at most %d bytes", name, maxBytes)
	}
	src, err := fs.ReadFile(project, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return format().Parse(name, src)
}

func format() document.Format {
	return document.Format{Scalars: document.Core, Salvage: true, Limits: document.Limits{Bytes: maxBytes}}
}

// definitionKey is, in the configuration of a task that is made of a file, what the
// file says.
const definitionKey = "_pawl"

// ReadConfig returns the definition in a workflow file as it is, for a task that
// makes it its subtask: CompileSubtasks compiles it. That of a .dig file is what
// dig.ReadConfig returns. The file is checked as by Load.
func ReadConfig(project fs.FS, name string) (params.Map, error) {
	if !strings.HasSuffix(name, Extension) {
		return dig.ReadConfig(project, name)
	}
	d, err := Load(project, name)
	if err != nil {
		return params.Map{}, err
	}
	doc, err := Read(project, name)
	if err != nil {
		return params.Map{}, err
	}
	// What is there in the form of a .dig file shows which files are called in turn.
	config := d.Document.Map()
	for _, key := range []string{"timezone", "schedule", "sensor", "sla"} {
		config = config.Delete(key)
	}
	if dir := path.Dir(name); dir != "." {
		export, err := config.MapOr("_export", params.Map{})
		if err != nil {
			return params.Map{}, err
		}
		config = config.Set("_export", export.Set("_workdir", dir))
	}
	return config.Set(definitionKey, params.Of("definition", doc.Map(), "inputs", d.Workflow.Inputs)), nil
}

// Fit gives a definition that ReadConfig returned the inputs that a task has for it
// among the parameters that it sees, as they are to be, or with their defaults. Where
// they are not what the pipeline takes, the error is that of shape.Fit. The definition
// of a .dig file stays what it is.
func Fit(config, seen params.Map) (params.Map, error) {
	made, err := config.MapOr(definitionKey, params.Map{})
	if err != nil || made.Len() == 0 {
		return config, err
	}
	inputs, err := made.MapAt("inputs")
	if err != nil || inputs.Len() == 0 {
		return config, err
	}
	var given params.Map
	for name := range inputs.Delete(shape.Others).Keys() {
		if v, ok := seen.Get(name); ok {
			given = given.Set(name, v)
		}
	}
	if given, err = shape.Fit(inputs, given); err != nil {
		return config, err
	}
	export, err := config.MapOr("_export", params.Map{})
	return config.Set("_export", export.Merge(given)), err
}

// IsCalled tells whether a configuration is one that ReadConfig returned.
func IsCalled(config params.Map) bool { return config.Has(definitionKey) }

// CompileSubtasks compiles the tasks that an operator made: those of a file that was
// read with ReadConfig, else those of a .dig file. The result is finished and has no
// positions.
func CompileSubtasks(name string, config params.Map) (*workflow.Node, error) {
	if !IsCalled(config) {
		return dig.CompileSubtasks(name, config)
	}
	made, err := config.MapAt(definitionKey)
	if err != nil {
		return nil, err
	}
	definition, err := made.MapAt("definition")
	if err != nil {
		return nil, err
	}
	export, err := config.MapOr("_export", params.Map{})
	if err != nil {
		return nil, err
	}
	c := &compiler{}
	n := c.pipeline("", document.Of(definition)).Root
	if err := c.Errs.Err(); err != nil {
		return nil, err
	}
	// The alert on failure belongs to a whole attempt.
	n.Name, n.Export, n.OnFailure = name, export, n.OnFailure[1:]
	if err := n.Finish(); err != nil {
		return nil, model.Errorf(model.Invalid, "%w", err)
	}
	return n, nil
}
