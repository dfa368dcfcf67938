//go:build !linux

package python

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/process/pyfork"
)

// templates are there on Linux only.
type templates struct{}

func (*templates) close() {}

func (*templates) warm(*Host) {}

var errNoFork = fmt.Errorf("%w: only on Linux is that done", pyfork.ErrCold)

func (*Host) runForked(context.Context, string, []byte, io.Writer) ([]byte, process.Status, error) {
	return nil, process.Status{}, errNoFork
}

func (*Host) serveForked(context.Context, *os.File, *line) (<-chan ending, error) {
	return nil, errNoFork
}
