package flow

import (
	"context"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/calling"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

var startKeys = []string{"project_id", "project_name", "key", "session_time", "params", "wait", "store", "ignore_failure", "on_kill"}

// starting is what a start task asks for.
type starting struct {
	call  calling.Call
	wait  bool
	store string
}

// start starts a run of a workflow, or of a process of a program, once, and waits
// until it has ended, unless it is not to.
func start(ctx context.Context, t *operator.Task) (operator.Result, error) {
	if t.Services.Runs == nil {
		return operator.Result{}, operator.ErrNotServed
	}
	s, err := readStart(t)
	if err != nil {
		return operator.Result{}, err
	}
	if !s.wait {
		return operator.Result{}, s.once(ctx, t)
	}
	var r operator.Result
	s.call.Done = func(out operator.Outcome) error {
		if s.store != "" {
			r.Store = params.Of(s.store, out.Result)
		}
		return nil
	}
	r.Wait, err = s.call.Do(ctx, t)
	return r, err
}

// once starts a run that nobody waits for, unless its session has one.
func (s *starting) once(ctx context.Context, t *operator.Task) error {
	r := s.call.Request
	found, err := t.Services.Runs.Find(ctx, r)
	if err == nil && found.Attempt == 0 {
		if r.Params, err = s.call.Params(); err == nil {
			_, err = t.Services.Runs.Start(ctx, r)
		}
	}
	return calling.Missing(r, err)
}

func readStart(t *operator.Task) (*starting, error) {
	given, err := t.Params.MapOr("params", params.Map{})
	if err != nil {
		return nil, err
	}
	s := &starting{call: calling.Call{Params: func() (operator.Map, error) { return given, nil }}}
	r := &s.call.Request
	if r.Workflow, err = t.Local.String("_command"); err != nil {
		return nil, err
	}
	if err := readProject(t.Local, r); err != nil {
		return nil, err
	}
	// The task and its session are the same in all tries and attempts.
	if r.Key, err = t.Local.StringOr("key", t.Name+"/"+t.Session); err != nil {
		return nil, err
	}
	if r.Time, err = startTime(t.Params); err != nil {
		return nil, err
	}
	return s, s.readWays(t.Local)
}

// startTime is the session time that is given, or the task's own.
func startTime(p params.Map) (time.Time, error) {
	if text, err := p.StringOr("session_time", ""); err != nil || text == "" {
		return time.Time{}, err
	}
	return sessionTime(p)
}

// readWays reads how the task goes about it; only the task itself can say.
func (s *starting) readWays(local params.Map) (err error) {
	if s.wait, err = local.BoolOr("wait", true); err != nil {
		return err
	}
	if s.store, err = local.StringOr("store", ""); err != nil {
		return err
	}
	if s.call.IgnoreFailure, err = local.BoolOr("ignore_failure", false); err != nil {
		return err
	}
	if s.call.Leave, err = readLeave(local); err != nil {
		return err
	}
	for _, key := range []string{"store", "ignore_failure", "on_kill"} {
		if !s.wait && local.Has(key) {
			return model.Errorf(model.Invalid, "%s has no effect with wait: false", key)
		}
	}
	return nil
}

// readLeave reads what becomes of the run when the task ends before it.
func readLeave(local params.Map) (leave bool, err error) {
	known := []string{"kill", "leave"}
	way, err := local.StringOr("on_kill", known[0])
	if err == nil && !slices.Contains(known, way) {
		err = model.Errorf(model.Invalid, "on_kill must be kill or leave, not %q", way).WithHint("%s", document.DidYouMean(way, known))
	}
	return way == "leave", err
}

// checkStart sees what is wrong with a task before it runs.
func checkStart(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := m.String("_command"); return err }, "_command")
	d.Read(func(m params.Map) error { return readProject(m, new(operator.StartRequest)) }, "project_id", "project_name")
	d.Read(func(m params.Map) error { _, err := m.StringOr("key", ""); return err }, "key")
	d.Read(func(m params.Map) error { _, err := m.MapOr("params", params.Map{}); return err }, "params")
	d.Read(func(m params.Map) error { _, err := readLeave(m); return err }, "on_kill")
	if _, err := readLeave(d.Local); err == nil {
		d.Read(func(m params.Map) error { return new(starting).readWays(m) }, "wait", "store", "ignore_failure")
	}
	if _, ok := d.Fixed("session_time"); ok {
		d.Read(func(m params.Map) error { _, err := startTime(m); return err }, "session_time")
	}
	checkOwnWorkflow(d)
}
