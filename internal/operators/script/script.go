// Package script holds the operators py and rb, which call functions and
// methods of scripts in the project and hand on what these ask for.
//
// Each has a runner, the other side of the contract in the script's own
// language. A py task is run by a new Python or by a child of a template, a
// Python that has started already; the package decides which.
package script

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/operator"
)

// call is what a task asks for.
type call struct {
	*operator.Task
	env []string
	// command names a function or method.
	command string
	// script replaces the runner where there is no command.
	script string
	// given is what the runner reads; nil is no more than the parameters.
	given []byte
}

func newCall(ctx context.Context, t *operator.Task) (*call, error) {
	c := &call{Task: t}
	var err error
	if c.command, err = t.Params.StringOr("_command", ""); err != nil {
		return nil, err
	}
	if c.command == "" {
		if c.script, err = t.Params.StringOr("script", ""); err != nil {
			return nil, err
		}
		if c.script == "" {
			return nil, &params.MissingError{Key: "_command"}
		}
	}
	c.env, err = command.Environment(ctx, t, operator.Map{})
	return c, err
}

// input is what the runner reads.
func (c *call) input() []byte {
	if c.given != nil {
		return c.given
	}
	return append(params.AppendJSON([]byte(`{"params":`), c.Params), '}')
}

// runFiles runs the call in a process of its own, with files between it and
// the runner, and returns what that has written. The words are the program
// with its first arguments.
func (c *call) runFiles(ctx context.Context, l language, words []string) ([]byte, process.Status, error) {
	path, err := process.Look(words[0], c.Workdir, c.env)
	if err != nil {
		return nil, process.Status{}, model.Errorf(model.Unavailable, "%w", err).
			WithHint("install %s, or set `%s:` to the program that is to run the task", l.name, strings.ToLower(l.name))
	}
	scratch := command.NewScratch(c.Task, l.operator)
	defer scratch.Remove()
	file, text := "runner."+l.operator, l.runner
	args := append(words, scratch.Arg(file), c.command)
	if c.command == "" {
		text = c.script
		args = args[:len(args)-1]
	}
	if err := errors.Join(scratch.Write(file, []byte(text)), scratch.Write("input.json", c.input())); err != nil {
		return nil, process.Status{}, err
	}
	status, err := (&process.Command{
		Path:   path,
		Args:   append(args, scratch.Arg("input.json"), scratch.Arg("output.json")),
		Dir:    c.Workdir,
		Env:    c.env,
		Output: c.Output,
	}).Run(ctx)
	if err != nil {
		return nil, status, err
	}
	output, err := os.ReadFile(scratch.Path("output.json"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return output, status, err
}

// interpreter returns the program that a parameter names: a text, or a list
// with the program's first arguments. It is nil where there is none.
func interpreter(m params.Map, key string) ([]string, error) {
	v, _ := m.Get(key)
	list, ok := v.([]params.Value)
	switch {
	case v == nil:
		return nil, nil
	case !ok:
		list = []params.Value{v}
	case len(list) == 0:
		return nil, fmt.Errorf("%s: the list names no program", key)
	}
	words := make([]string, len(list))
	for i, v := range list {
		if words[i], ok = params.ToString(v); !ok {
			return nil, fmt.Errorf("%s must be a text or a list of texts, not %s", key, params.AppendJSON(nil, v))
		}
	}
	return words, nil
}
