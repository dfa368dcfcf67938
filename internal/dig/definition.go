package dig

import (
	"io/fs"
	"slices"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Definition is a workflow beside what its file says.
type Definition struct {
	// Workflow is finished and ready to use.
	Workflow *workflow.Workflow
	// Document is the mapping in the file, with what it includes.
	Document *document.Node
	// Warnings are what is likely not what was meant.
	Warnings document.Errors
}

// Files returns the names of the workflow files of a project: those that
// LoadProject compiles, in order.
func Files(project fs.FS, root string) ([]string, error) {
	names, err := digFiles(project, root)
	if err != nil {
		return nil, err
	}
	ignore, err := ReadIgnore(project)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool { return ignore.Match(name, false) }), nil
}

// LoadDefinitions compiles workflow files and returns the definitions of those
// in which nothing is wrong, in the given order. The error lists what is wrong
// in the others as document.Errors.
func LoadDefinitions(project fs.FS, files []string) ([]Definition, error) {
	l := newLoader(project)
	var list []Definition
	var errs document.Errors
	for _, name := range files {
		w, warnings, err := l.workflow(name)
		if err != nil {
			collect(&errs, name, err)
			continue
		}
		doc, err := l.document(name)
		if err != nil {
			return nil, err
		}
		list = append(list, Definition{w, doc, warnings})
	}
	return list, errs.Err()
}
