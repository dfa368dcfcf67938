package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/boundary"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// plainSuccess is the outcome of all tries that end well and give nothing.
var plainSuccess runner.Outcome = engine.Command{Kind: engine.Succeed}

// succeeded is the outcome of a try with that result; nil is an empty one.
func (r *run) succeeded(result *engine.Result) (runner.Outcome, error) {
	if result == nil {
		if r.verdict != nil {
			return engine.Command{Kind: engine.Succeed, Verdict: r.verdict}, nil
		}
		return plainSuccess, nil
	}
	if result.Subtasks.Len() > 0 && result.Node == nil {
		node, err := r.compile(result.Subtasks)
		if err != nil {
			return nil, err
		}
		compiled := *result
		compiled.Node = node
		result = &compiled
	}
	return engine.Command{Kind: engine.Succeed, Result: result, Verdict: r.verdict}, nil
}

// compile makes the tasks that the operator generated. It would generate the
// same ones again, so there is no other try when they are wrong.
func (r *run) compile(config params.Map) (*workflow.Node, error) {
	r.retry = workflow.Retry{}
	if strings.Count(r.try.Name, workflow.Generated) >= maxDepth {
		return nil, model.Errorf(model.Invalid, "tasks make tasks %d levels deep: do they ever end?", maxDepth)
	}
	a := r.try.Attempt
	c, ok := a.x.Compilers[a.info.Dialect]
	if !ok {
		return nil, fmt.Errorf("tasks can't be generated in a workflow of dialect %q", a.info.Dialect)
	}
	node, err := c.Compile(workflow.Generated, config)
	if err != nil {
		return nil, fmt.Errorf("generated tasks: %w", err)
	}
	return node, nil
}

// maxDepth is how deep below each other tasks may be that others made. Who
// needs more is most likely in a circle, whose names and parameters would soon
// fill the disk.
const maxDepth = 200

// converted returns an operator's result in the engine's terms, nil for an
// empty one.
func converted(r *operator.Result) *engine.Result {
	if r.Export.Len() == 0 && r.Store.Len() == 0 && len(r.Reset) == 0 && r.Subtasks.Len() == 0 &&
		len(r.Items) == 0 && len(r.Outputs) == 0 && !r.Stop && len(r.Records) == 0 {
		return nil
	}
	return &engine.Result{
		Export: r.Export, Store: r.Store, Reset: r.Reset, Outputs: r.Outputs,
		Subtasks: r.Subtasks, Items: r.Items, Stop: r.Stop, Records: records(r.Records),
	}
}

// records returns what an operator sends in the engine's terms.
func records(list []operator.Record) []engine.Record {
	if len(list) == 0 {
		return nil
	}
	sent := make([]engine.Record, len(list))
	for i, r := range list {
		sent[i] = engine.Record{Topic: r.Topic, Key: r.Key, Value: r.Value, Headers: r.Headers}
	}
	return sent
}

// checkRecords returns an error for what can't be sent.
func checkRecords(list []operator.Record) error {
	for i, r := range list {
		if r.Topic == "" {
			return fmt.Errorf("record %d of the operator has no topic", i+1)
		}
		if err := model.CheckTopic(r.Topic); err != nil {
			return err
		}
		if n := len(params.AppendJSON(nil, r.Headers)); n > model.MaxHeaders {
			return model.Errorf(model.Invalid, "the headers of a record to %s have %d bytes, and at most %d are allowed", r.Topic, n, model.MaxHeaders)
		}
	}
	return nil
}

// checkKeys returns an error for what can't be waited for.
func checkKeys(list []operator.Key) error {
	for _, k := range list {
		err := model.CheckTopic(k.Topic)
		if err == nil {
			err = model.CheckKey(k.Param, k.Value)
		}
		if err != nil {
			return err
		}
	}
	return model.CheckKeys(len(list))
}

// listens reports whether the definition has the task wait for signals, which is
// reason enough to wait on.
func (r *run) listens() bool {
	w := r.try.Node.Wait
	return w != nil && len(w.Signals) > 0
}

// waiting is the outcome of a try that wants to be run again later.
func (r *run) waiting(w *operator.Wait, sent []operator.Record) (runner.Outcome, error) {
	if w.Until.IsZero() && len(w.Keys) == 0 && !r.listens() {
		return nil, errors.New("the operator waits for neither a time nor a signal")
	}
	wait := &engine.Wait{
		Until: model.InstantOf(w.Until), State: w.State, Reason: w.Reason, Records: records(sent),
		Store: w.Store, Reset: w.Reset, Postpone: w.Postpone,
	}
	if r.secrets.Recorded() {
		wait.Reason = r.secrets.Hide(w.Reason)
	}
	if r.keeps(logs.Debug) {
		r.say(logs.Debug, params.Map{}, "the task waits: %s", cmp.Or(w.Reason, "it is not its turn yet"))
	}
	if err := checkKeys(w.Keys); err != nil {
		return nil, err
	}
	for _, k := range w.Keys {
		wait.Keys = append(wait.Keys, engine.Key{Topic: k.Topic, Param: k.Param, Value: k.Value, One: k.One, Fresh: k.Fresh})
	}
	return engine.Command{Kind: engine.WaitFor, Wait: wait}, nil
}

// failed is the outcome of a try that ended with an error.
func (r *run) failed(ctx context.Context, err error) runner.Outcome {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, runner.ErrCancelled):
		return engine.Command{Kind: engine.TryCancelled}
	case errors.Is(cause, runner.ErrClosed):
		return engine.Command{Kind: engine.Lose}
	}
	if late := overdue(ctx); late != nil {
		err = late
	}
	f := &engine.Failure{Retry: r.retry, State: r.try.State}
	f.Error, f.State = r.described(err, f)
	if explain := r.try.Attempt.x.Explain; explain != nil {
		if reason := explain(r.try, err); reason != "" {
			f.Error = f.Error.Set("reason", reason)
		}
	}
	f.Error = r.hidden(legible(f.Error)).(params.Map)
	r.tell(f)
	return engine.Command{Kind: engine.Fail, Failure: f, Verdict: r.verdict}
}

// described returns the `error` parameter for an error, and what is kept for the
// next try; it also sets what else the error says. Methods of a user's error may
// panic.
func (r *run) described(err error, f *engine.Failure) (about, state params.Map) {
	defer func() {
		if v := recover(); v != nil {
			about = params.Of("message", "panic: "+boundary.Text(v)+" (while an error told what went wrong)")
		}
	}()
	state = f.State
	var deliberate *operator.Error
	var crash *boundary.Panic
	switch {
	case errors.As(err, &deliberate):
		about = params.Of("message", deliberate.Error()).Merge(deliberate.Props)
		state = deliberate.State
		f.Bury = deliberate.Bury
		switch {
		case deliberate.Again != nil:
			about = about.Set(faultKey, "retry")
		case about.Has("label"):
			about = about.Set(faultKey, "deliberate")
		}
		switch {
		case deliberate.Final:
			f.Retry = workflow.Retry{}
		case deliberate.Again != nil:
			f.Retry = workflow.Retry{Limit: deliberate.Again.Most, Interval: deliberate.Again.After}
			if r.try.Retries >= f.Retry.Limit {
				about = about.Set("message", fmt.Sprintf("%s (tried again %d times, and not any more)", deliberate.Error(), r.try.Retries))
			}
		}
	case errors.As(err, &crash):
		about = params.Of("message", crash.Error()).Merge(boundary.Describe(crash)).Set(faultKey, "operator")
	default:
		about = described(err)
	}
	return about, state
}

// faultKey says what kind of failure it is that is not the work's own.
const faultKey = "fault"

// maxMessage bounds each text of a failure, which is stored with its task.
const maxMessage = 64 << 10

// legible returns what is told of a failure as texts that can be shown: valid, and
// not endless.
func legible(about params.Map) params.Map {
	for key, v := range about.All() {
		text, ok := v.(string)
		if !ok {
			continue
		}
		text = strings.ToValidUTF8(text, "\uFFFD")
		if len(text) > maxMessage {
			cut := strings.ToValidUTF8(text[:maxMessage], "")
			text = fmt.Sprintf("%s … (%d bytes more)", cut, len(text)-len(cut))
		}
		about = about.Set(key, text)
	}
	return about
}

// described returns the `error` parameter for an error that is not an
// operator's own. What is wrong with a definition is marked as such.
func described(err error) params.Map {
	message := boundary.Text(err)
	var missing *params.MissingError
	var wrongType *params.TypeError
	if errors.As(err, &missing) || errors.As(err, &wrongType) || model.CodeOf(err) == model.Invalid {
		message += " (config)"
	}
	m := params.Of("message", message)
	if hints := model.HintsOf(err); hints != "" {
		m = m.Set("hint", hints)
	}
	return m
}

// hidden returns v with the secrets that the try has read masked.
func (r *run) hidden(v params.Value) params.Value {
	if !r.secrets.Recorded() {
		return v
	}
	switch v := v.(type) {
	case string:
		return r.secrets.Hide(v)
	case []params.Value:
		list := make([]params.Value, len(v))
		for i, e := range v {
			list[i] = r.hidden(e)
		}
		return list
	case params.Map:
		for key, e := range v.All() {
			v = v.Set(key, r.hidden(e))
		}
		return v
	}
	return v
}
