//go:build !linux

package pyfork

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/pawlhq/pawl/internal/process"
)

// Template is there on Linux only.
type Template struct{}

// Start returns ErrCold.
func Start(context.Context, []string, []string, string) (*Template, []string, error) {
	return nil, nil, fmt.Errorf("%w: only on Linux is that done", ErrCold)
}

// Listen does nothing.
func (*Template) Listen() {}

// Close does nothing.
func (*Template) Close() {}

// Broken reports true.
func (*Template) Broken() bool { return true }

// Run returns ErrCold.
func (*Template) Run(context.Context, io.Writer, []byte, *os.File) (process.Status, error) {
	return process.Status{}, ErrCold
}
