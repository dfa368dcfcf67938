package executor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// run is a try in progress. All that it takes is in one piece, as most tries
// are short.
type run struct {
	try     *Try
	task    operator.Task
	secrets secret.Recorder
	out     output
	told    facts
	// project is the folder with the project's files, workdir the one to work
	// in unless the task says otherwise.
	project, workdir string
	// verdict is what was found about the task's products, or what it gave before.
	verdict *engine.Verdict
	// version is that of what the task gives; empty where that is of none.
	version string
	// retry is the policy for a failure from here on.
	retry workflow.Retry
	// env and ended are what whoever watches the try gave.
	env   []string
	ended func(engine.Command)
	// began tells that the try really runs.
	began bool
}

// Run runs the try and returns an engine.Command that says how it ended, but
// does not name the try.
func (t *Try) Run(ctx context.Context) runner.Outcome {
	r := &run{try: t}
	r.open()
	defer r.out.close()
	ctx, done := t.bounded(ctx)
	defer done()
	outcome, err := r.guarded(ctx)
	err = r.told.gather(err)
	if err != nil {
		outcome = r.failed(ctx, err)
	}
	outcome = r.withFacts(outcome)
	if r.ended != nil {
		r.ended(outcome.(engine.Command))
	}
	if ended := t.Attempt.x.Ended; ended != nil && r.began {
		ended(t)
	}
	return outcome
}

// open sets up where the try prints to and reads secrets from.
func (r *run) open() {
	x, info := r.try.Attempt.x, &r.try.Attempt.info
	r.told.scratch = x.Scratch
	r.secrets.Secrets = info.Secrets
	if info.Secrets == nil {
		r.secrets.Secrets = secret.Map{}
	}
	r.out.open(x.Logs, r.try, &r.secrets)
}

// guarded performs the try and turns a panic into an error.
func (r *run) guarded(ctx context.Context) (outcome runner.Outcome, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = r.panicked(v)
		}
	}()
	return r.perform(ctx)
}

func (r *run) perform(ctx context.Context) (runner.Outcome, error) {
	x := r.try.Attempt.x
	if x.Before != nil {
		if result, ok := x.Before(r.try); ok {
			return r.succeeded(result)
		}
	}
	if carried := r.try.Attempt.info.Carried; carried != nil {
		results, err := carried(ctx)
		if err != nil {
			return nil, err
		}
		if result, ok := results[r.try.Name]; ok {
			return r.succeeded(result)
		}
	}
	if outcome, err := r.carriedItems(ctx); err != nil || outcome != nil {
		return outcome, err
	}
	if x.Began != nil {
		x.Began(r.try)
	}
	r.began = true
	if watch := r.try.Attempt.info.Watch; watch != nil {
		r.env, r.ended = watch(r.try)
	}
	p, err := r.try.plan()
	if err != nil {
		return nil, err
	}
	if x.Evaluated != nil {
		x.Evaluated(r.try, p.params)
	}
	leave, err := r.enter(ctx, &p)
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := r.prepare(&p); err != nil {
		return nil, err
	}
	if x.DryRun {
		return r.succeeded(nil)
	}
	if taken, err := r.recall(ctx, p.spec.Keys); err != nil || taken != nil {
		if err != nil {
			return nil, err
		}
		return r.succeeded(taken)
	}
	result, err := r.operate(ctx, p.spec.Operator)
	if err == nil {
		result.Records = r.traced(result.Records)
		err = checkRecords(result.Records)
	}
	switch {
	case err != nil:
		return nil, err
	case result.Wait != nil:
		return r.waiting(result.Wait, result.Records)
	case result.Skip != "":
		v := r.spoken(engine.Verdict{Skip: true, Reason: result.Skip})
		r.verdict = &v
		return r.succeeded(nil)
	}
	return r.gave(ctx, &result)
}

// operate calls the operator, if there is anything for it to do.
func (r *run) operate(ctx context.Context, o operator.Operator) (operator.Result, error) {
	x := r.try.Attempt.x
	run := func() (operator.Result, error) {
		result, err := o.Run(ctx, &r.task)
		return result, r.told.gather(err) // products of what is not as expected don't count
	}
	if x.Products == nil || len(r.try.Node.Products) == 0 {
		if x.Judged != nil && r.verdict != nil {
			working, done := context.WithCancel(ctx)
			defer done()
			x.Judged(working, r.try, *r.verdict)
		}
		return run()
	}
	result, verdict, err := x.Products.Make(ctx, &r.task, func(v engine.Verdict) (operator.Result, error) {
		if x.Judged != nil {
			working, done := context.WithCancel(ctx)
			defer done()
			x.Judged(working, r.try, r.spoken(v))
		}
		return run()
	})
	if verdict != nil {
		said := r.spoken(*verdict)
		r.verdict = &said
		r.say(logs.Debug, params.Of("skip", said.Skip), "%s", said.Reason)
	}
	return result, err
}

// spoken is a verdict whose reason has no secrets.
func (r *run) spoken(v engine.Verdict) engine.Verdict {
	if r.secrets.Recorded() {
		v.Reason = r.secrets.Hide(v.Reason)
	}
	return v
}

// enter finds the folder of the project's files, and makes it where each try
// has its own. Tries that only compute need none.
func (r *run) enter(ctx context.Context, p *plan) (leave func(), err error) {
	info := &r.try.Attempt.info
	r.project, r.workdir = info.ProjectDir, info.Workdir
	if info.Workspace == nil || p.spec.Light {
		return func() {}, nil
	}
	w, err := info.Workspace(ctx)
	if err != nil {
		return nil, err
	}
	r.project, r.workdir = w.Dir(), w.Dir()
	return func() { _ = w.Close() }, nil // what is left is swept with the others
}

// prepare makes the task that the operator gets.
func (r *run) prepare(p *plan) error {
	t, a := r.try, r.try.Attempt
	if err := r.keep(p.params); err != nil {
		return err
	}
	r.task = operator.Task{
		ID: t.ID, Session: a.info.SessionUUID, Name: t.Name, Type: p.spec.Name,
		Params: p.params, Local: p.local, Scope: t.Scope, State: t.State, Retries: t.Retries,
		Zone: a.info.Zone, Project: r.project, Env: r.environment(), Scratch: a.x.Scratch,
		Output: &r.out, LogLevel: r.out.log.Keep.String(), Facts: &r.told, Image: a.x.Image, Now: a.x.Now, Secrets: &r.secrets, Services: a.info.Services,
	}
	if m := t.Message; m != nil {
		r.task.Message = &operator.Message{Topic: m.Topic, Source: m.Source, Body: m.Body}
	}
	if t.ID.Try == 1 {
		r.warn(p.spec)
	}
	if r.keeps(logs.Debug) {
		r.say(logs.Debug, params.Map{}, "try %d of %s begins, by the operator %s", t.ID.Try, t.Name, p.spec.Name)
	}
	var err error
	if r.task.Workdir, err = workdir(r.project, r.workdir, p.params); err != nil {
		return err
	}
	if err := r.mount(); err != nil {
		return err
	}
	if p.spec.IgnoresRetry {
		return nil
	}
	if !p.params.Has(retryKey) {
		r.retry = t.Node.Retry
		return nil
	}
	retry, err := readRetry(p.params)
	if err == nil {
		r.retry = retry
	}
	return err
}

// environment is that of the programs that the try starts.
func (r *run) environment() []string {
	if len(r.env) == 0 {
		return r.try.Attempt.x.Env
	}
	return slices.Concat(r.try.Attempt.x.Env, r.env)
}

// mount gives secrets the names that the task wants.
func (r *run) mount() error {
	mounts, err := r.task.Params.MapOr("_secrets", params.Map{})
	if err != nil || mounts.Len() == 0 {
		return err
	}
	r.task.Secrets = secret.Mounted{Secrets: &r.secrets, Mounts: mounts}
	r.task.Params = r.task.Params.Delete("_secrets")
	return nil
}

// warn tells of the task's keys that nobody reads.
func (r *run) warn(spec operator.Spec) {
	for _, key := range spec.Unread(r.task.Local) {
		line := fmt.Sprintf("Parameter '%s' is not used at task %s.", key, r.try.Name)
		if near := document.Suggest(key, spec.Known()); len(near) > 0 {
			line += "\n  > Did you mean '" + strings.Join(near, "' or '") + "'?"
		}
		r.say(logs.Warn, params.Map{}, "%s", line)
	}
}
