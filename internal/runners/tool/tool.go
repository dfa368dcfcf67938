// Package tool calls the command lines of what runs programs elsewhere. It knows
// none of them.
package tool

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// Tool is a program that is called.
type Tool struct {
	// Path is where it is.
	Path string
	// Env is its environment.
	Env []string
}

// Find returns the tool of a name that is on PATH, or has that path. The code is
// Invalid if there is none.
func Find(name string, env []string) (Tool, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return Tool{}, model.Errorf(model.Invalid, "the program %s can't be used: %w", name, err)
	}
	return Tool{path, env}, nil
}

// Failed is the error of a call that ended with an exit code other than 0.
type Failed struct {
	// Name is that of the tool and what it was to do.
	Name string
	// Said is what it wrote to standard error.
	Said string
	// How it ended.
	How error
}

// Error says it with the last line that the tool wrote.
func (f *Failed) Error() string {
	last := f.Said[strings.LastIndexByte(f.Said, '\n')+1:]
	return fmt.Sprintf("%s: %s", f.Name, cmp.Or(last, f.How.Error()))
}

func (f *Failed) Unwrap() error { return f.How }

// linger is how long what a tool has started may keep its output open.
const linger = time.Second

// Call calls the tool and returns what it writes to standard output. An exit code
// other than 0 is an error that wraps a Failed, with what was written all the same.
func (t Tool) Call(ctx context.Context, input []byte, args ...string) (string, error) {
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, t.Path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = t.Env, &out, io.Writer(&said), linger
	if input != nil {
		cmd.Stdin = bytes.NewReader(input)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	name := t.name(args)
	switch {
	case err == nil:
		return out.String(), nil
	case ctx.Err() != nil:
		return "", model.Errorf(model.Unavailable, "%s: %w", name, context.Cause(ctx))
	case errors.As(err, &exit):
		return out.String(), &Failed{Name: name, Said: strings.TrimSpace(said.String()), How: err}
	}
	return "", model.Errorf(model.Unavailable, "%s: %w", name, err)
}

// name says which call it is.
func (t Tool) name(args []string) string {
	name := t.Path[strings.LastIndexByte(t.Path, '/')+1:]
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name += " " + args[0]
	}
	return name
}

// Said returns what a tool wrote to standard error before the error, or "".
func Said(err error) string {
	var f *Failed
	if errors.As(err, &f) {
		return f.Said
	}
	return ""
}
