package pipeline

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/operator"
)

// shell runs a shell script, which is in the task's code as it was rendered.
// Clients and hooks are Python's.
func (p *Tasks) shell(ctx context.Context, t *operator.Task) (operator.Result, error) {
	for _, key := range []string{"client", "on_finish", "on_failure"} {
		if t.Local.Has(key) {
			return p.python(ctx, t, "shell")
		}
	}
	if clients, err := t.Local.MapOr("clients", params.Map{}); err == nil && clients.Has("ShellScript") {
		return p.python(ctx, t, "shell")
	}
	code, err := t.Local.String("code")
	if err != nil {
		return operator.Result{}, err
	}
	script, remove, err := scriptFile(t, code)
	if err != nil {
		return operator.Result{}, err
	}
	defer remove()
	path, err := process.Look("bash", t.Workdir, t.Env)
	if err != nil {
		return operator.Result{}, err
	}
	env := t.Env
	if t.Facts != nil {
		env = append(env[:len(env):len(env)], operator.FactsVariable+"="+t.Facts.File())
	}
	command := process.Command{Path: path, Args: []string{"bash", script}, Dir: t.Workdir, Env: env, Output: t.Output}
	status, err := command.Run(ctx)
	if err != nil {
		return operator.Result{}, err
	}
	if status.Code != 0 {
		return operator.Result{}, &operator.Error{Message: fmt.Sprintf("the script ended with %s", status)}
	}
	return operator.Result{}, nil
}

// scriptFile writes a script to a file of its own.
func scriptFile(t *operator.Task, code string) (path string, remove func(), err error) {
	dir := ""
	if t.Scratch != nil {
		if dir, err = t.Scratch(); err != nil {
			return "", nil, err
		}
	}
	f, err := os.CreateTemp(dir, "script-*.sh")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.Remove(f.Name()) } // a folder of scratch files is swept anyway
	_, err = f.WriteString(strings.TrimRight(code, "\n") + "\n")
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		remove()
		return "", nil, err
	}
	return f.Name(), remove, nil
}
