package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/workflow"
)

// evaluation is what came of an action that belongs to no attempt.
type evaluation struct {
	// output is what it printed to standard output; of much, the end.
	output string
	// printed is all that it printed and logged, also if it failed; of much, the end.
	printed string
	// store are the parameters that it stored.
	store params.Map
	// hide masks the secrets that it has read, which are masked in the texts already.
	hide func(text string) string
}

// Bounds of what is read of what an action prints.
const (
	maxEvaluated = 4 << 20
	maxErrors    = 1000
	maxPrinted   = 64 << 10
)

// Evaluate evaluates the sensor of a workflow once, outside of any attempt: with the
// operators, files and secrets of tries, and nothing else of them. Above is the name of
// the workflow's root. What is printed is kept for as long in a folder below dir. Info
// says what the sensor sees; it needs no ids.
func (x *Executor) Evaluate(ctx context.Context, info AttemptInfo, above string, s *sensor.Sensor, given params.Map, dir string) (a sensor.Answer, err error) {
	n, err := s.Node()
	if err != nil {
		return a, err
	}
	e, err := x.evaluate(ctx, info, above+n.Name, n, given, dir)
	if err == nil {
		a, err = s.Answer(e.output, e.store, e.hide)
	}
	a.Printed, a.Hide = s.Printed(e.printed, e.output), e.hide
	return a, err
}

// evaluate runs an action that belongs to no attempt.
func (x *Executor) evaluate(ctx context.Context, info AttemptInfo, name string, n *workflow.Node, scope params.Map, dir string) (e evaluation, err error) {
	home, err := os.MkdirTemp(dir, "evaluation-")
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	printed := logs.At(home)
	printed.Limit(maxEvaluated)
	alone := &Executor{
		Operators: x.Operators, Compilers: x.Compilers, Logs: printed, Env: x.Env, Scratch: x.Scratch, Now: x.Now,
	}
	seen := &secret.Recorder{Secrets: secret.Map{}}
	if info.Secrets != nil {
		seen.Secrets = info.Secrets
	}
	info.Secrets, e.hide = seen, seen.Hide
	job := alone.Open(info).Job(&engine.Effect{Try: 1, Name: name, Node: n, Scope: scope})
	id := model.TryID{Try: 1}
	outcome, _ := job.Work.Run(ctx).(engine.Command)
	if e.printed, err = printedTo(printed, id, name, 0, maxPrinted); err != nil {
		return e, err
	}
	switch outcome.Kind {
	case engine.Succeed:
		if outcome.Result != nil {
			e.store = outcome.Result.Store
		}
		e.output, err = printedTo(printed, id, name, logs.Stdout, maxEvaluated)
		return e, err
	case engine.Fail:
		said, _ := outcome.Failure.Error.StringOr("message", "it failed")
		if ctx.Err() != nil {
			return e, context.Cause(ctx)
		}
		if text, err := printedTo(printed, id, name, logs.Stderr, maxErrors); err == nil && !repeats(text, said) {
			said += ": " + strings.TrimSpace(text)
		}
		return e, model.Errorf(model.RunFailed, "%s", e.hide(said))
	case engine.WaitFor:
		return e, model.Errorf(model.Invalid, "it waits for something, which is for tasks of attempts")
	}
	if ctx.Err() != nil {
		return e, context.Cause(ctx)
	}
	return e, model.Errorf(model.Unavailable, "it was ended")
}

// repeats reports whether what was printed says nothing more than an error: none, or the
// traceback that ends with it.
func repeats(text, said string) bool {
	return strings.HasSuffix(strings.TrimSpace(text), strings.TrimSpace(said)) || strings.TrimSpace(text) == ""
}

// printedTo returns the end of what was printed to a stream.
func printedTo(in *logs.Dir, id model.TryID, task string, to logs.Stream, most int) (text string, err error) {
	r, err := in.Open(context.Background(), id, task, logs.Show{Stream: to})
	if err != nil {
		if model.CodeOf(err) == model.NotFound {
			err = nil
		}
		return "", err
	}
	all, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return "", fmt.Errorf("read what was printed: %w", err)
	}
	return strings.ToValidUTF8(string(all[max(0, len(all)-most):]), "\uFFFD"), nil
}
