package instance

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/resume"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// remakes tells of a finished action that it would make other tasks now than it
// did then. Only one that says all itself is asked: what expressions give shows
// when it runs.
func remakes(operators *operator.Registry, n *workflow.Node, r resume.Result) bool {
	spec, ok := operators.Lookup(n.Operator)
	if !ok || !spec.Light || !generates[n.Operator] || n.Config.Delete("_do").Delete("_else_do").Templated() {
		return false
	}
	task := operator.Task{Type: spec.Name, Params: n.Config, Local: n.Config, Zone: time.UTC}
	now, err := spec.Operator.Run(context.Background(), &task)
	return err == nil && now.Wait == nil && !params.Equal(now.Subtasks, r.Subtasks)
}
