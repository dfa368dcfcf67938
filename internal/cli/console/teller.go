package console

import (
	"fmt"
	"io"
)

// Teller prints lines until one can't be printed.
type Teller struct {
	To  io.Writer
	Err error
}

// Line prints a line.
func (t *Teller) Line(format string, args ...any) {
	if t.Err == nil {
		_, t.Err = fmt.Fprintf(t.To, format+"\n", args...)
	}
}
