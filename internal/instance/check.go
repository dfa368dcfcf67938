package instance

import (
	"os"

	"github.com/pawlhq/pawl/internal/lint"
	"github.com/pawlhq/pawl/internal/operators"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Check looks for mistakes in workflows that show before they run. The folder
// dir is that of the project, root its name for people, and all are its
// workflows.
func Check(dir, root string, all []*workflow.Workflow, which ...*workflow.Workflow) lint.Report {
	known, end := operators.All()
	defer func() { _ = end() }() // nothing was started
	l := lint.Linter{Project: os.DirFS(dir), Root: root, Workflows: all, Operators: known}
	return l.Check(which...)
}
