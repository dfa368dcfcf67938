package instance

import (
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/lint"
	"github.com/pawlhq/pawl/internal/operators"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Check looks for mistakes in workflows that show before they run, with the
// operators of the program.
func Check(l lint.Linter, which ...*workflow.Workflow) lint.Report {
	known, end := operators.All(nil)
	defer func() { _ = end() }() // nothing was started
	l.Operators = known
	return l.Check(which...)
}

// Needs lists what the tasks of workflows need where they run, with the operators of
// the program, and the operators that it does not have.
func Needs(l lint.Linter, which ...*workflow.Workflow) ([]lint.Need, document.Errors) {
	known, end := operators.All(nil)
	defer func() { _ = end() }() // nothing was started
	l.Operators = known
	return l.Needs(which...)
}
