package local

import (
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Definition returns a workflow of a folder as its files define it now.
func Definition(world console.IO, dir, name string) (*workflow.Workflow, error) {
	o := ProjectOptions{World: world, dir: dir}
	p, err := o.Load()
	if err != nil {
		return nil, err
	}
	return findWorkflow(p, name)
}
