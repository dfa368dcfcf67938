package executor

import (
	"os"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/secret"
)

// output is where a try prints to. What it has read of secrets is masked.
type output struct {
	log  logs.Output
	mask secret.Masker
}

// Write prints p.
func (o *output) Write(p []byte) (int, error) { return o.mask.Write(p) }

// File returns the file for a program to print to. It is nil, and the program
// has to print through Write, when there is something to mask, or no file.
func (o *output) File() (*os.File, error) {
	if o.log.Store == nil || o.mask.Recorder.Recorded() {
		return nil, nil
	}
	return o.log.File()
}

// close ends the printing. Output is kept as well as possible: that its end is
// lost does not make a task fail.
func (o *output) close() {
	_ = o.mask.Flush()
	_ = o.log.Close()
}
