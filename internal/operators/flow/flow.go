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

// Files are the workflow files of projects, as a call sees them.
type Files struct {
	Read ReadFile
	// Fit says what a definition that Read has returned becomes for a task that sees
	// the given parameters. Its error is that they are not what the workflow takes.
	// Nil leaves all as they are.
	Fit func(config, seen params.Map) (params.Map, error)
}

// Specs returns the operators. A call reads its file with files.
func Specs(files Files) []operator.Spec {
	none := []string{}
	loop := []string{"_do", "_parallel"}
	return []operator.Spec{
		{Name: "nop", Operator: operator.Func(nop), Keys: none, Light: true, IgnoresRetry: true},
		{Name: "echo", Operator: operator.Func(echo), Check: checkEcho, Keys: none, Light: true, IgnoresRetry: true},
		{Name: "fail", Operator: operator.Func(fail), Check: checkFail, Keys: none, Light: true, IgnoresRetry: true},
		{Name: "store", Operator: operator.Func(store), Check: checkStore, Keys: []string{"reset"}, Light: true, IgnoresRetry: true},
		{Name: "if", Operator: operator.Func(choose), Check: checkIf, Keys: []string{"_do", "_else_do"}, Light: true, IgnoresRetry: true},
		{Name: "loop", Operator: operator.Func(loopN), Check: checkLoop, Keys: append(loop, "count"), Light: true, IgnoresRetry: true},
		{Name: "for_each", Operator: operator.Func(forEach), Check: checkForEach, Keys: loop, Light: true, IgnoresRetry: true},
		{Name: "for_range", Operator: operator.Func(forRange), Check: checkForRange, Keys: loop, Light: true, IgnoresRetry: true},
		{Name: "wait", Operator: operator.Func(wait), Check: checkWait, Keys: []string{"blocking", "poll_interval"}, Light: true, Holds: "blocking", IgnoresRetry: true},
		{Name: "call", Operator: call{files}, Check: checkCall}, // what is called may take any parameter
		{Name: "require", Operator: operator.Func(require), Check: checkRequire, Keys: requireKeys},
		{Name: "start", Operator: operator.Func(start), Check: checkStart, Keys: startKeys, Served: true},
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
	reset, err := readReset(t.Params)
	return operator.Result{Store: m, Reset: reset}, err
}

func readReset(p params.Map) ([]string, error) {
	list, err := p.ParseListOr("reset", nil)
	if err != nil {
		return nil, err
	}
	reset := make([]string, len(list))
	for i, v := range list {
		var ok bool
		if reset[i], ok = params.ToString(v); !ok {
			return nil, model.Errorf(model.Invalid, "reset must list names, not %s", params.AppendJSON(nil, v))
		}
	}
	return reset, nil
}

// choose makes its tasks those of `_do` or those of `_else_do`.
func choose(_ context.Context, t *operator.Task) (operator.Result, error) {
	yes, err := t.Params.Bool("_command")
	if err != nil {
		return operator.Result{}, err
	}
	then, otherwise, err := readBranches(t.Params)
	switch {
	case err != nil:
		return operator.Result{}, err
	case yes:
		return operator.Result{Subtasks: then}, nil
	}
	return operator.Result{Subtasks: otherwise}, nil
}

func readBranches(p params.Map) (then, otherwise params.Map, err error) {
	if then, err = p.MapOr("_do", params.Map{}); err != nil {
		return then, otherwise, err
	}
	otherwise, err = p.MapOr("_else_do", params.Map{})
	if err == nil && then.Len() == 0 && otherwise.Len() == 0 {
		err = model.Errorf(model.Invalid, "if> needs _do, _else_do or both")
	}
	return then, otherwise, err
}

// limitKey is the setting that says how many tasks an operator may generate.
const limitKey = "executor.task_max_run"

// defaultTasks is how many tasks an operator may generate at most when the
// system's configuration does not say.
const defaultTasks = 1000

// taskLimit returns how many tasks an operator may generate.
func taskLimit(t *operator.Task) (int64, error) {
	text, ok := t.Services.Settings[limitKey]
	if !ok {
		return defaultTasks, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, model.Errorf(model.Invalid, "setting %s must be a number of tasks, not %q", limitKey, text)
	}
	return n, nil
}
