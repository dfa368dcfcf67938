package script

import (
	"context"
	_ "embed"
	"errors"
	"strings"

	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/process/pyfork"
	"github.com/pawlhq/pawl/operator"
)

// templateSource makes a template of the runner.
//
//go:embed template.py
var templateSource string

// runForked runs the call in a child of a template and returns what it has written. The error is
// errCold if there was no child.
func (c *call) runForked(ctx context.Context, t *pyfork.Template) ([]byte, process.Status, error) {
	own := c.ownVariables()
	request := strings.Join(append([]string{c.Workdir, c.command, string(c.input())}, own...), "\x00")
	if len(request) > pyfork.MaxRequest || strings.Count(request, "\x00") != 2+len(own) {
		return nil, process.Status{}, errCold
	}
	target, err := pyfork.MemoryFile("output.json")
	if err != nil {
		return nil, process.Status{}, errCold
	}
	defer target.Close() //nolint:errcheck // it was read by then
	status, err := t.Run(ctx, c.Output, []byte(request), target)
	switch {
	case errors.Is(err, pyfork.ErrCold):
		return nil, status, errCold
	case errors.Is(err, pyfork.ErrLost):
		return nil, status, &operator.Error{Message: "Python command was lost: " + err.Error(), Kind: "runtime"}
	case err != nil:
		return nil, status, err
	}
	output, err := pyfork.Content(target)
	return output, status, err
}
