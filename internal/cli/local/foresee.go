package local

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/lint"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Mistakes looks for what is wrong with workflows of the project before they
// run.
func (o *ProjectOptions) Mistakes(p *dig.Project, which ...*workflow.Workflow) lint.Report {
	return instance.Check(o.linter(p), which...)
}

func (o *ProjectOptions) linter(p *dig.Project) lint.Linter {
	return lint.Linter{Project: os.DirFS(o.Path()), Root: filepath.ToSlash(o.dir), Workflows: p.Workflows, Local: o.local}
}

// foresee warns of what may go wrong in a run, and is the error of one that
// can't go well: a task that is reached whatever happens is sure to fail.
func (o *runOptions) foresee(p *dig.Project, r planned, found lint.Report) error {
	if len(found.Faults) > 0 {
		decisions, err := instance.Plan(r.request, r.folder())
		if err != nil {
			return err
		}
		l := o.linter(p)
		runs := make(map[string]bool)
		for _, d := range decisions {
			runs[d.Task] = d.Verdict == instance.WillRun
		}
		l.Runs = func(task string) bool { return runs[task] }
		found = instance.Check(l, r.request.Workflow)
	}
	if err := found.Faults.Err(); err != nil {
		return err
	}
	o.Warn(slices.Concat(found.Unknown, found.Slips, found.Remote).Sorted())
	return nil
}

// explainer returns what says of failures where in the files they come from.
func (o *runOptions) explainer(p *dig.Project) func(task, operator string, err error) string {
	x := &lint.Explainer{Project: os.DirFS(o.Path()), Root: filepath.ToSlash(o.dir), DryRun: o.dryRun}
	for _, w := range p.Workflows {
		x.Workflows = append(x.Workflows, w.Name)
	}
	return x.Explain
}
