package local

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
)

// owner is the Python that has made a pipeline and started this program for it.
// It hears what came of that; the zero owner is for a program that a person has
// started.
type owner struct {
	fd   int
	host *python.Host
}

// adopt connects to the owner.
func (o *owner) adopt(world console.IO) error {
	file := os.NewFile(uintptr(o.fd), "owner")
	if file == nil {
		return model.Errorf(model.Invalid, "--python-fd %d is no descriptor", o.fd)
	}
	conn, err := net.FileConn(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return model.Errorf(model.Invalid, "--python-fd %d is no connection: %w", o.fd, err)
	}
	o.host = python.Adopt(context.Background(), python.Config{Dir: world.Dir, Cwd: world.Dir, Env: world.Env}, conn)
	return nil
}

// tell tells the owner something, if there is one.
func (o *owner) tell(ctx context.Context, what string, v params.Value) error {
	if o.host == nil {
		return nil
	}
	return o.host.Tell(ctx, what, v)
}

// tellFailures tells the owner why tasks have failed, by their names, and what
// was run.
func (o *owner) tellFailures(ctx context.Context, pipeline string, failures []progress.Failure, rows []python.Row) error {
	var m params.Map
	for _, f := range failures {
		text := f.Message
		if len(f.Tail) > 0 {
			text += "\n" + strings.Join(f.Tail, "\n")
		}
		m = m.Set(strings.TrimPrefix(f.Task, "+"+pipeline+"+"), text)
	}
	if err := o.tell(ctx, "failures", m); err != nil {
		return err
	}
	return o.tellReport(ctx, rows)
}

// tellReport tells the owner what was run.
func (o *owner) tellReport(ctx context.Context, rows []python.Row) error {
	list, _ := reportJSON(rows).Get("report")
	return o.tell(ctx, "report", list)
}

// attended has the owner of a pipeline hear the error of a command, which is not
// printed then.
func (o *owner) attended(c *cobra.Command) {
	run := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		err := run(c, args)
		if o.host == nil {
			return err
		}
		defer o.host.Close()
		var printed console.Quiet
		if err == nil || errors.As(err, &printed) {
			return err
		}
		err = console.Coded(err)
		if terr := o.tell(c.Context(), "error", errorText(err)); terr != nil {
			return errors.Join(err, terr)
		}
		return console.Quiet{Code: console.ExitCode(err)}
	}
}

// errorText is an error with its hints, as text.
func errorText(err error) string {
	var definition document.Errors
	if definition.Take(err) {
		return definition.Excerpt()
	}
	text := err.Error()
	if hints := strings.TrimSpace(model.HintsOf(err)); hints != "" {
		text += "\n" + hints
	}
	return text
}
