package local

import (
	"fmt"
	"io"
	"strings"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

// Warn tells of what need not keep a command from going on.
func (o *ProjectOptions) Warn(list document.Errors) {
	for _, e := range list {
		if o.diagnose {
			printDiagnostic(o.World.Stdout, "warning", e)
			continue
		}
		_, _ = fmt.Fprintf(o.World.Stderr, "pawl: warning: %s\n", e.Excerpt())
	}
}

// diagnosed prints the mistakes that an error is made of, if programs are to
// read them, and returns the error that ends the command.
func (o *ProjectOptions) diagnosed(err error) error {
	var list document.Errors
	if err == nil || !o.diagnose || !list.Take(err) {
		return err
	}
	for _, e := range list {
		printDiagnostic(o.World.Stdout, "error", e)
	}
	return console.Quiet{Code: console.ExitCode(err)}
}

// printDiagnostic writes a mistake for programs. That it can't be written shows
// when the command writes the rest.
func printDiagnostic(w io.Writer, severity string, e *document.Error) {
	_ = console.PrintJSON(w, params.Of("type", "diagnostic", "severity", severity,
		"file", e.File, "line", e.Line, "column", e.Column, "message", e.Message, "hint", strings.Join(e.Hints, "\n")))
}
