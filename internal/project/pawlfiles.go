package project

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/pawlfile"
)

// pawlFiles adds what the *.pawl.yaml files of a folder define.
func (r *reader) pawlFiles(folder fs.FS) error {
	list, err := pawlfile.LoadAll(folder)
	if err != nil && !r.errs.Take(err) {
		return fmt.Errorf("read project: %w", err)
	}
	for _, d := range list {
		if r.has(d.Workflow.Name) {
			r.errs.Add(another(&document.Error{Pos: document.Pos{File: d.Workflow.Name + pawlfile.Extension}}, d.Workflow.Name))
			continue
		}
		r.add(d.Workflow, d.Document)
	}
	return nil
}

// has tells whether there is a workflow of that name.
func (r *reader) has(name string) bool {
	return slices.ContainsFunc(r.contents.Workflows, func(w Workflow) bool { return w.Name == name })
}
