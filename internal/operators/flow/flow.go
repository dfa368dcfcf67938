// Package flow holds the operators that steer a workflow: they print, fail,
// choose, repeat, call other workflows and wait for them. They start no
// program and keep nothing; what they generate is described in the language of
// the workflow and compiled by others.
package flow

import (
	"context"
	"io"
	"io/fs"
	"strconv"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// ReadFile reads the workflow file with that slash-separated path in a project
// and returns it as the configuration of a group.
type ReadFile func(project fs.FS, name string) (params.Map, error)

// Specs returns the operators. A call reads its file with read.
func Specs(read ReadFile) []operator.Spec {
	none := []string{}
	loop := []string{"_do", "_parallel"}
	return []operator.Spec{
		{Name: "nop", Operator: operator.Func(nop), Keys: none, Light: true, IgnoresRetry: true},
		{Name: "echo", Operator: operator.Func(echo), Keys: none, Light: true, IgnoresRetry: true},
		{Name: "fail", Operator: operator.Func(fail), Keys: none, Light: true, IgnoresRetry: true},
		{Name: "store", Operator: operator.Func(store), Keys: []string{"reset"}, Light: true, IgnoresRetry: true},
		{Name: "if", Operator: operator.Func(choose), Keys: []string{"_do", "_else_do"}, Light: true, IgnoresRetry: true},
		{Name: "loop", Operator: operator.Func(loopN), Keys: append(loop, "count"), Light: true, IgnoresRetry: true},
		{Name: "for_each", Operator: operator.Func(forEach), Keys: loop, Light: true, IgnoresRetry: true},
		{Name: "for_range", Operator: operator.Func(forRange), Keys: loop, Light: true, IgnoresRetry: true},
		{Name: "wait", Operator: operator.Func(wait), Keys: []string{"blocking", "poll_interval"}, IgnoresRetry: true},
		{Name: "call", Operator: call{read}, Keys: none},
		{Name: "require", Operator: operator.Func(require), Keys: requireKeys},
	}
}

// nop does nothing.
func nop(context.Context, *operator.Task) (operator.Result, error) {
	return operator.Result{}, nil
}

// echo prints its command.
func echo(_ context.Context, t *operator.Task) (operator.Result, error) {
	text, err := t.Params.String("_command")
	if err != nil {
		return operator.Result{}, err
	}
	_, err = io.WriteString(t.Output, text+"\n")
	return operator.Result{}, err
}

// fail fails with its command as the message.
func fail(_ context.Context, t *operator.Task) (operator.Result, error) {
	text, err := t.Params.StringOr("_command", "")
	if err != nil {
		return operator.Result{}, err
	}
	return operator.Result{}, &operator.Error{Message: text}
}

// store stores its command, a map, after it has removed the parameters that
// `reset` lists.
func store(_ context.Context, t *operator.Task) (operator.Result, error) {
	m, err := t.Params.ParseMapOr("_command", params.Map{})
	if err != nil {
		return operator.Result{}, err
	}
	list, err := t.Params.ParseListOr("reset", nil)
	if err != nil {
		return operator.Result{}, err
	}
	reset := make([]string, len(list))
	for i, v := range list {
		var ok bool
		if reset[i], ok = params.ToString(v); !ok {
			return operator.Result{}, model.Errorf(model.Invalid, "reset must list names, not %s", params.AppendJSON(nil, v))
		}
	}
	return operator.Result{Store: m, Reset: reset}, nil
}

// choose makes its tasks those of `_do` or those of `_else_do`.
func choose(_ context.Context, t *operator.Task) (operator.Result, error) {
	yes, err := t.Params.Bool("_command")
	if err != nil {
		return operator.Result{}, err
	}
	then, err := t.Params.MapOr("_do", params.Map{})
	if err != nil {
		return operator.Result{}, err
	}
	otherwise, err := t.Params.MapOr("_else_do", params.Map{})
	if err != nil {
		return operator.Result{}, err
	}
	switch {
	case then.Len() == 0 && otherwise.Len() == 0:
		return operator.Result{}, model.Errorf(model.Invalid, "if> needs _do, _else_do or both")
	case yes:
		return operator.Result{Subtasks: then}, nil
	}
	return operator.Result{Subtasks: otherwise}, nil
}

// defaultTasks is how many tasks an operator may generate at most when the
// system's configuration does not say.
const defaultTasks = 1000

// taskLimit returns how many tasks an operator may generate.
func taskLimit(t *operator.Task) (int64, error) {
	const key = "executor.task_max_run"
	text, ok := t.Services.Settings[key]
	if !ok {
		return defaultTasks, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, model.Errorf(model.Invalid, "setting %s must be a number of tasks, not %q", key, text)
	}
	return n, nil
}
