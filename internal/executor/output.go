package executor

import (
	"cmp"
	"io"
	"os"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/secret"
)

// output is where a try prints to. What it has read of secrets is masked.
type output struct {
	log  logs.Output
	mask secret.Masker
	// errors is where it prints to standard error. Without a log, that is nowhere,
	// too.
	errors errorOutput
}

// open sets up where a try prints to.
func (o *output) open(to logs.Store, t *Try, secrets *secret.Recorder) {
	o.mask.Recorder, o.errors.mask.Recorder = secrets, secrets
	o.mask.To, o.errors.mask.To = io.Discard, io.Discard
	o.errors.of = o
	if to != nil {
		o.log.Store, o.log.ID, o.log.Task = to, t.ID, t.Name
		o.log.Keep = cmp.Or(t.Attempt.x.LogLevel, logs.Info)
		o.mask.To, o.errors.mask.To = &o.log, o.log.Errors()
	}
}

// Write prints p.
func (o *output) Write(p []byte) (int, error) { return o.mask.Write(p) }

// File returns the file for a program to print to. It is nil, and the program
// has to print through Write, when there is something to mask, or no file.
func (o *output) File() (*os.File, error) {
	if o.direct() {
		return o.log.File()
	}
	return nil, nil
}

func (o *output) direct() bool { return o.log.Store != nil && !o.mask.Recorder.Recorded() }

// Errors returns where the try prints to standard error.
func (o *output) Errors() io.Writer { return &o.errors }

// errorOutput is standard error.
type errorOutput struct {
	of   *output
	mask secret.Masker
}

// Write prints p.
func (e *errorOutput) Write(p []byte) (int, error) { return e.mask.Write(p) }

// File is as that of output.
func (e *errorOutput) File() (*os.File, error) {
	if e.of.direct() {
		return e.of.log.ErrorFile()
	}
	return nil, nil
}

// close ends the printing. Output is kept as well as possible: that its end is
// lost does not make a task fail.
func (o *output) close() {
	_ = o.mask.Flush()
	_ = o.errors.mask.Flush()
	_ = o.log.Close()
}
