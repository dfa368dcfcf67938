package local

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/workflow"
)

// withPawlFiles adds what the *.pawl.yaml files of a folder define to what the .dig
// files do, sorted by name. The error is all that is wrong with both kinds, given what
// is wrong with .dig files. It names files below root, which is the project's name for
// people.
func withPawlFiles(p *dig.Project, err error, folder fs.FS, root string) error {
	var errs document.Errors
	if err != nil && !errs.Take(err) {
		return err
	}
	files, err := pawlfile.Files(folder)
	if err != nil {
		return err
	}
	others := slices.Concat(p.Workflows, p.Broken)
	for _, file := range files {
		d, err := pawlfile.Load(folder, file)
		if err != nil {
			add(&errs, file, root, err)
		}
		switch {
		case d == nil:
		case slices.ContainsFunc(others, func(w *workflow.Workflow) bool { return w.Name == d.Workflow.Name }):
			errs.Add((&document.Error{
				Pos:     document.Pos{File: path.Join(root, file)},
				Message: "two files define the workflow " + d.Workflow.Name,
			}).Hint("rename it, or %s%s", d.Workflow.Name, dig.Extension))
		case err != nil:
			p.Broken = append(p.Broken, d.Workflow)
		default:
			p.Workflows = append(p.Workflows, d.Workflow)
		}
	}
	slices.SortFunc(p.Workflows, func(a, b *workflow.Workflow) int { return strings.Compare(a.Name, b.Name) })
	p.Warnings = append(p.Warnings, misnamed(folder, root)...)
	return errs.Err()
}

// add adds what is wrong with a file.
func add(errs *document.Errors, file, root string, err error) {
	var of document.Errors
	if !of.Take(err) {
		of.Add(&document.Error{Pos: document.Pos{File: file}, Message: err.Error()})
	}
	for _, e := range of {
		e.File = path.Join(root, e.File)
		errs.Add(e)
	}
}

// misnamed warns of files that are not read, though their names are nearly those of
// pipelines.
func misnamed(folder fs.FS, root string) (list document.Errors) {
	files, _ := pawlfile.Misnamed(folder) // others tell of a folder that can't be read
	for _, file := range files {
		e := document.Error{Pos: document.Pos{File: path.Join(root, file)}, Message: "the file is not read: its name must end in " + pawlfile.Extension}
		list.Add(e.Hint("rename it to %s", pawlfile.NameOf(file)+pawlfile.Extension))
	}
	return list
}

// misnamedAs is a hint for who names a workflow whose file is misnamed.
func misnamedAs(p *dig.Project, name string) string {
	for _, e := range p.Warnings {
		file := path.Base(e.File)
		if of := pawlfile.NameOf(file); !strings.HasSuffix(file, pawlfile.Extension) && of != "" && (of == name || file == name) {
			return file + " is not read: rename it to " + of + pawlfile.Extension
		}
	}
	return ""
}
