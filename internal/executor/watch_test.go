package executor_test

import (
	"context"
	"errors"
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
	look := func(_ context.Context, task *operator.Task) (operator.Result, error) {
		env = task.Env
		if task.Params.Has("break") {
			return operator.Result{}, errors.New("broken")
		}
		return operator.Result{}, nil
	}
	b := newBench(t, operator.Spec{Name: "look", Operator: operator.Func(look)})
	var names []string
	var ends []engine.CommandKind
	b.info.Watch = func(try *executor.Try) ([]string, func(engine.Command)) {
		names = append(names, try.Operator())
		return []string{"TRACEPARENT=x"}, func(c engine.Command) { ends = append(ends, c.Kind) }
	}
	b.run(t, params.Map{}, params.Of("_type", "look"))
	if !slices.Equal(env, []string{"HOME=/home", "TRACEPARENT=x"}) {
		t.Errorf("environment %v", env)
	}
	b.run(t, params.Map{}, params.Of("_type", "look", "break", true))
	b.run(t, params.Map{}, params.Of("_type", "nobody"))
	if !slices.Equal(names, []string{"look", "look", ""}) || !slices.Equal(ends, []engine.CommandKind{engine.Succeed, engine.Fail, engine.Fail}) {
		t.Errorf("operators %q, ends %v", names, ends)
	}
	if !slices.Equal(b.Env, []string{"HOME=/home"}) {
		t.Errorf("the environment of all tries is now %v", b.Env)
	}
}
