package local

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/workflow"
)

// withFaultsOf adds to what is wrong with other files what is wrong with the *.pawl.yaml
// files of a project, so that all is told at once.
func withFaultsOf(err error, project fs.FS, root string) error {
	var all document.Errors
	if !all.Take(err) {
		return err
	}
	if _, more := withPawlFiles(project, root, nil); more != nil {
		all.Take(more)
	}
	return all.Err()
}

// withPawlFiles adds what the *.pawl.yaml files of a project define to the other
// workflows, sorted by name. Errors name files below root, which is the project's
// name for people.
func withPawlFiles(project fs.FS, root string, others []*workflow.Workflow) ([]*workflow.Workflow, error) {
	list, err := pawlfile.LoadAll(project)
	var errs document.Errors
	if err != nil && !errs.Take(err) {
		return nil, err
	}
	if len(errs) > 0 {
		for _, e := range errs {
			e.File = path.Join(root, e.File)
		}
		return nil, errs.Err()
	}
	if len(list) == 0 {
		return others, nil
	}
	all := slices.Clone(others)
	for _, d := range list {
		if slices.ContainsFunc(others, func(w *workflow.Workflow) bool { return w.Name == d.Workflow.Name }) {
			return nil, model.Errorf(model.Invalid, "two files define the workflow %s", d.Workflow.Name).
				WithHint("rename %s.dig or %[1]s%s", d.Workflow.Name, pawlfile.Extension)
		}
		all = append(all, d.Workflow)
	}
	slices.SortFunc(all, func(a, b *workflow.Workflow) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
