package pawl

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/rerun"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// StartOption changes how a run is started.
type StartOption interface{ change(*start) }

type start struct {
	exists IfExists
	chosen map[string][]string
	tags   model.Tags
	rerun  bool
}

// IfExists says what to do if there is a run with the key already.
type IfExists uint8

const (
	// Return returns the one that there is, whatever its parameters. It is the
	// default.
	Return IfExists = iota
	// Reject is ErrExists.
	Reject
	// Replace returns the one that there is while it goes on, and else starts
	// another.
	Replace
)

func (x IfExists) change(s *start) { s.exists = x }

// With has steps run in the place of a Dynamic or DynamicParallel one, in the order
// given. Place is its path.
func With(place string, steps ...string) StartOption { return chosen{place, steps} }

type chosen struct {
	place string
	steps []string
}

func (c chosen) change(s *start) {
	if s.chosen == nil {
		s.chosen = make(map[string][]string)
	}
	s.chosen[c.place] = slices.Clone(c.steps)
}

// Start starts a run. The key, such as the number of an order, tells it from all
// others of processes of the same name. When it returns nil, the run is stored and
// goes on whatever happens to this program.
func (p *Process[P]) Start(ctx context.Context, e *Engine, key string, with P, options ...StartOption) (*Run[P], error) {
	var s start
	for _, o := range options {
		o.change(&s)
	}
	r := p.Run(e, key)
	if err := r.start(ctx, with, s); err != nil {
		return nil, r.explain("start", err)
	}
	return r, nil
}

func (r *Run[P]) start(ctx context.Context, with P, s start) error {
	if r.key == "" {
		return fmt.Errorf("a run needs a key: %w", ErrInvalid)
	}
	text, err := json.Marshal(with)
	if err != nil {
		return fmt.Errorf("%T can't be written as JSON: %w", with, err)
	}
	p, err := fields(text)
	if err != nil {
		return err
	}
	if err := s.tags.Check(); err != nil {
		return err
	}
	w, err := r.of.workflowWith(s.chosen)
	if err != nil {
		return err
	}
	of := store.Start{
		Session: store.Session{UUID: uuid.NewString(), Project: r.engine.project, Workflow: r.of.name, Key: r.key},
		Zone:    "UTC", Params: p, Definition: w, Workflow: r.engine.workflows[r.of], Tags: s.tags,
	}
	if s.rerun {
		of.Resume.From = store.Anew
	}
	_, made, err := r.engine.host.Start(ctx, of)
	switch {
	case err != nil || made || s.exists == Return:
		return err
	case s.exists == Reject:
		return ErrExists
	}
	last, err := r.attempt(ctx)
	if err != nil || !last.State.Done() {
		return err
	}
	tags, err := r.tags(ctx, last.ID)
	if err != nil {
		return err
	}
	of.Name, of.Tags = rerun.Name(last), s.tags.Descend(last.ID, tags)
	_, _, err = r.engine.host.Start(ctx, of) // who has made it meanwhile wanted the same
	return err
}

// Run is one run of a process, by its key: the newest, where there were several.
// It need not exist; then what is asked of it is ErrNotFound. Its methods are safe
// for concurrent use.
type Run[P any] struct {
	of     *process
	engine *Engine
	key    string
}

// Run returns the run with a key.
func (p *Process[P]) Run(e *Engine, key string) *Run[P] { return &Run[P]{p.of, e, key} }

// Key returns the key of the run.
func (r *Run[P]) Key() string { return r.key }

func (r *Run[P]) explain(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s run %q of %s: %w", what, r.key, r.of.name, explained(err))
}

// attempt returns the newest attempt.
func (r *Run[P]) attempt(ctx context.Context) (store.Attempt, error) {
	s, err := r.engine.store.FindSession(ctx, r.engine.project, r.of.name, r.key)
	return s.Last, err
}

// snapshot returns all that is stored of the newest attempt.
func (r *Run[P]) snapshot(ctx context.Context) (*store.Snapshot, error) {
	a, err := r.attempt(ctx)
	if err != nil {
		return nil, err
	}
	return r.engine.store.Load(ctx, a.ID)
}

// FailedError says that a run did not end well.
type FailedError struct {
	// Process and Key name the run, and Step the step that failed first: its path.
	Process, Key, Step string
	// Reason is why it failed.
	Reason string
	// Stopped is set where Stop has ended the run.
	Stopped bool
}

func (e *FailedError) Error() string {
	switch {
	case e.Stopped:
		return fmt.Sprintf("run %q of %s was stopped", e.Key, e.Process)
	case e.Step == "":
		return fmt.Sprintf("run %q of %s failed", e.Key, e.Process)
	}
	return fmt.Sprintf("run %q of %s failed at %s: %s", e.Key, e.Process, e.Step, e.Reason)
}

// Wait returns when the run is over: nil when it ended well, a *FailedError when
// it did not.
func (r *Run[P]) Wait(ctx context.Context) error {
	a, err := r.attempt(ctx)
	if err == nil {
		a, err = r.engine.host.Wait(ctx, a.ID)
	}
	if err != nil {
		return r.explain("wait for", err)
	}
	if a.State == engine.AttemptSuccess {
		return nil
	}
	failed := &FailedError{Process: r.of.name, Key: r.key, Stopped: a.State == engine.AttemptKilled}
	steps, err := r.Steps(ctx)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s.State == "failed" && s.Reason != "" {
			failed.Step, failed.Reason = s.Path, s.Reason
			break
		}
	}
	return failed
}

// State returns where the run stands.
func (r *Run[P]) State(ctx context.Context) (State, error) {
	a, err := r.attempt(ctx)
	return State(a.State.String()), r.explain("look at", err)
}

// Params returns the parameters of the run as they stand.
func (r *Run[P]) Params(ctx context.Context) (P, error) {
	var p P
	a, err := r.attempt(ctx)
	if err == nil {
		err = decode(a.CurrentIn(workflow.Shared), &p)
	}
	return p, r.explain("read the parameters of", err)
}

// send has a command applied to the run.
func (r *Run[P]) send(ctx context.Context, id model.AttemptID, c engine.Command) error {
	err := r.engine.store.Post(ctx, []store.Post{{Attempt: id, Command: c}})
	if err != nil {
		return err
	}
	return r.engine.host.Stir(ctx)
}

// Stop ends the run: what is called of it is called off through its context, and
// nothing of it begins any more but what OnStop says. One that is stopped already
// stays so; one that has ended otherwise is ErrConflict.
func (r *Run[P]) Stop(ctx context.Context) error {
	a, err := r.attempt(ctx)
	if err == nil && a.State != engine.AttemptKilled {
		err = r.send(ctx, a.ID, engine.Command{Kind: engine.Kill})
	}
	return r.explain("stop", err)
}

// Edit changes parameters of the run, as a step would. What change has changed is
// written over what they are then, field by field; one that is removed becomes
// null. A run that is over is ErrConflict.
func (r *Run[P]) Edit(ctx context.Context, change func(p *P)) error {
	p, err := r.Params(ctx)
	if err != nil {
		return err
	}
	before, err := json.Marshal(p)
	if err != nil {
		return r.explain("edit", err)
	}
	change(&p)
	edits, removed, err := changes(before, p)
	for _, name := range removed {
		if !edits.Has(name) {
			edits = edits.Set(name, nil)
		}
	}
	if err != nil || edits.Len() == 0 {
		return r.explain("edit", err)
	}
	a, err := r.attempt(ctx)
	if err == nil {
		err = r.send(ctx, a.ID, engine.Command{Kind: engine.Edit, Params: edits})
	}
	return r.explain("edit", err)
}

// Event is one thing that happened to a run.
type Event struct {
	At time.Time
	// Step is the path of the step; empty is the run.
	Step string
	// What happened, such as "task_started", "task_ended", "task_waits",
	// "task_retries", "signal_kept", "limit_passed" or "params_edited".
	What string
	// State is the step's from then on, and Try its newest try.
	State string
	Try   int
	// Data says more, as JSON: a reason or an error; it may be nil.
	Data json.RawMessage
}

// History returns what happened to the run, in order, up to now.
func (r *Run[P]) History(ctx context.Context) ([]Event, error) {
	a, err := r.attempt(ctx)
	var list []Event
	for after := int64(0); err == nil; {
		var page []engine.Event
		if page, err = r.engine.store.Events(ctx, a.ID, after, 0); len(page) == 0 {
			break
		}
		for i := range page {
			list = append(list, eventOf(&page[i]))
		}
		after = page[len(page)-1].Seq
	}
	return list, r.explain("read the history of", err)
}

func eventOf(e *engine.Event) Event {
	of := Event{At: e.At.Time(), Step: host.Path(e.Name), What: e.Kind.String(), State: e.State.String(), Try: int(e.Try)}
	if e.Data.Len() > 0 {
		of.Data = jsonOf(e.Data)
	}
	return of
}
