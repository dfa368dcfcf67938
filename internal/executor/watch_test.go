package executor_test

import (
	"context"
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

func TestAWatcherGivesVariablesAndHearsHowATryEnds(t *testing.T) {
	t.Parallel()
	var env []string
	b := newBench(t, operator.Spec{Name: "look", Operator: operator.Func(func(_ context.Context, task *operator.Task) (operator.Result, error) {
		env = task.Env
		return operator.Result{}, task.Params.Err("fail")
	})})
	_ = env
	_ = b
}
