// Package shell holds the operator sh, which runs a text as a shell script.
//
// It knows how to call a shell and when none is needed; starting and ending
// programs is package process's.
package shell

import (
	"context"
	"fmt"

	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/operators/secretref"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/operator"
)

// Spec returns the operator.
//
// Its command is a script for the shell in the parameter `shell`, a list of a
// program and its arguments, in which secrets are filled in. All parameters
// are in its environment. It fails when the script's exit code is not zero.
func Spec() operator.Spec {
	return operator.Spec{Name: "sh", Defaults: "sh", Operator: operator.Func(run), Check: check, Needs: needs}
}

const defaultShell = "/bin/sh"

func run(ctx context.Context, t *operator.Task) (operator.Result, error) {
	shell, err := shellOf(t.Params)
	if err != nil {
		return operator.Result{}, err
	}
	text, err := t.Params.String("_command")
	if err != nil {
		return operator.Result{}, err
	}
	if text, err = secretref.Expand(ctx, text, t.Secrets); err != nil {
		return operator.Result{}, err
	}
	env, err := command.Environment(ctx, t, t.Params)
	if err != nil {
		return operator.Result{}, err
	}
	status, err := runText(ctx, t, shell, text, env)
	if err == nil && status.Code != 0 {
		err = &operator.Error{Message: fmt.Sprintf("Command failed with %s", status), Kind: "runtime"}
	}
	return operator.Result{}, err
}

// shellOf returns the shell that a task names, or nil.
func shellOf(m params.Map) ([]string, error) {
	list, err := m.ListOr("shell", nil)
	if err != nil {
		return nil, err
	}
	shell := make([]string, len(list))
	for i, v := range list {
		var ok bool
		if shell[i], ok = params.ToString(v); !ok {
			return nil, fmt.Errorf("shell: element %d must be a text, not %s", i+1, params.AppendJSON(nil, v))
		}
	}
	return shell, nil
}

// runText runs the text with the shell, or without one where the task names
// none and none is needed.
func runText(ctx context.Context, t *operator.Task, shell []string, text string, env []string) (process.Status, error) {
	if len(shell) == 0 {
		if p := startDirectly(t, text, env); p != nil {
			return waitDirectly(ctx, t, p)
		}
		shell = []string{defaultShell}
	}
	path, err := process.Look(shell[0], t.Workdir, env)
	if err != nil {
		return process.Status{}, err
	}
	scratch := command.NewScratch(t, "sh")
	defer scratch.Remove()
	if err := scratch.Write("runner.sh", []byte(text)); err != nil {
		return process.Status{}, err
	}
	c := process.Command{
		Path:   path,
		Args:   append(shell, scratch.Arg("runner.sh")),
		Dir:    t.Workdir,
		Env:    env,
		Output: t.Output,
	}
	return c.Run(ctx)
}
