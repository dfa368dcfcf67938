//go:build !linux

package script

import (
	"context"
	"fmt"

	"github.com/pawlhq/pawl/internal/process"
)

// templates are for Linux only: elsewhere a fork does not leave all libraries
// in working order, or there is none.
type templates struct{}

func newTemplates() *templates { return &templates{} }

func (*templates) call(context.Context, *call, []string, mode) ([]byte, process.Status, error) {
	return nil, process.Status{}, fmt.Errorf("%w: only on Linux is that done", errCold)
}

func (*templates) close() {}
