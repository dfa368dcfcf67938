package service

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Start asks for an attempt of a stored workflow.
type Start struct {
	// Workflow has its definition.
	Workflow *store.Workflow
	// Key tells the session from others of the workflow. Empty is its time.
	Key string
	// Session is the session time; what is below a second is cut off. A process of
	// a program needs none.
	Session time.Time
	// Name is the attempt's name; the first attempt of a session has none. That of a
	// call is not to come from outside: the end of such an attempt is told its task.
	Name   string
	Resume Resume
	Params params.Map
	// Tags are those of the attempt, beside those of the definition, and Own those
	// that pawl itself gives it.
	Tags, Own model.Tags
	// Priority and Weight are those in the run queue; nil, and zero, are as the
	// definition says.
	Priority *int
	Weight   int
}

// Resume asks to take over what another attempt finished. The zero value
// takes over nothing.
type Resume struct {
	// Attempt is the one that finished it. It need not be of the same session.
	Attempt model.AttemptID
	// From is the end of the full name of one task: all that comes before it
	// is taken over. Empty takes over all tasks that succeeded.
	From string
	// Rerun has memoised tasks run, too, where what they give was made before. With From
	// they are so anyhow.
	Rerun bool
}

// Start starts an attempt. When the session has an attempt of that name
// already, it is a Conflict and that attempt is returned, or, for a start
// without a name, the newest attempt of the session.
func (s *Service) Start(ctx context.Context, r Start) (store.Attempt, error) {
	w := r.Workflow
	if _, called := calls.Of(r.Name); r.Name != "" && !called {
		if err := project.CheckRetryAttemptName(r.Name); err != nil {
			return store.Attempt{}, err
		}
	}
	if err := errors.Join(r.Tags.Check(), conductor.CheckWeight(r.Weight)); err != nil {
		return store.Attempt{}, err
	}
	calendar, err := s.calendarOf(w)
	if err != nil {
		return store.Attempt{}, err
	}
	resume, err := s.resume(ctx, r.Resume)
	if err != nil {
		return store.Attempt{}, err
	}
	if n := w.Definition.Root.Size(); s.cfg.Limits.Tasks > 0 && n > s.cfg.Limits.Tasks {
		return store.Attempt{}, model.Errorf(model.Exhausted, "too many tasks: the workflow has %d, and at most %d are allowed", n, s.cfg.Limits.Tasks).
			WithHint("split it, or raise executor.task_max_run")
	}
	session, err := s.session(&r)
	if err != nil {
		return store.Attempt{}, err
	}
	given, err := fitted(w, r.Params)
	if err != nil {
		return store.Attempt{}, err
	}
	if !r.Session.IsZero() {
		given = given.Merge(conductor.Given(w.Definition, calendar, r.Session.Truncate(time.Second)))
	}
	start := store.Start{
		Session: session, Name: r.Name, Zone: calendar.Zone.String(), Params: given,
		Definition: w.Definition, Workflow: w.ID, Resume: resume,
		MaxRunning: s.cfg.Limits.Attempts, Created: model.InstantOf(s.now()), Due: model.InstantOf(s.now()),
		Tags: r.Tags,
	}
	if start.Tags, err = s.descent(ctx, &r, session); err != nil {
		return store.Attempt{}, err
	}
	start.Tags = start.Tags.With(r.Own)
	s.cfg.Turns.Ask(&start, r.Priority, r.Weight)
	a, made, err := s.cfg.Store.StartAttempt(ctx, start)
	if err != nil || made {
		return a, err
	}
	if r.Name == "" {
		of, err := s.cfg.Store.Session(ctx, a.Session.ID)
		if err != nil {
			return store.Attempt{}, err
		}
		a = of.Last
	}
	return a, model.Errorf(model.Conflict, "session %s of workflow %s has an attempt already", a.Session.Key, a.Session.Workflow)
}

// descent returns the tags of an attempt that is asked for, which say whether it runs
// another one again: that which it goes on with or, for one with a name, the newest of
// its session.
func (s *Service) descent(ctx context.Context, r *Start, of store.Session) (model.Tags, error) {
	parent := r.Resume.Attempt
	if _, called := calls.Of(r.Name); parent == 0 && r.Name != "" && !called {
		known, err := s.cfg.Store.FindSession(ctx, of.Project, of.Workflow, of.Key)
		switch {
		case model.CodeOf(err) == model.NotFound && err != nil:
			return r.Tags, nil
		case err != nil:
			return nil, err
		}
		parent = known.Last.ID
	}
	if parent == 0 {
		return r.Tags, nil
	}
	tags, err := s.cfg.Store.TagsOf(ctx, []model.AttemptID{parent})
	return r.Tags.Descend(parent, tags[parent]), err
}

// resume checks what is to be taken over.
func (s *Service) resume(ctx context.Context, r Resume) (store.Resume, error) {
	var begin string
	if r.Rerun {
		begin = store.Anew
	}
	if r.Attempt == 0 {
		return store.Resume{From: begin}, nil
	}
	a, err := s.Tasks(ctx, r.Attempt)
	if err != nil {
		return store.Resume{}, err
	}
	if r.From == "" {
		if a.Task(0).State == model.Success {
			return store.Resume{}, model.Errorf(model.Invalid, "attempt %d succeeded: there is nothing to resume", r.Attempt)
		}
		return store.Resume{Attempt: r.Attempt, From: begin}, nil
	}
	from, err := a.Definition().Root.Find(r.From)
	if err != nil {
		return store.Resume{}, model.Errorf(model.Invalid, "resume from %q: %w", r.From, err)
	}
	if err := checkBefore(a, from); err != nil {
		return store.Resume{}, err
	}
	return store.Resume{Attempt: r.Attempt, From: from.Name()}, nil
}

// checkBefore makes sure that all that comes before a task has succeeded.
func checkBefore(a *engine.Attempt, from workflow.Path) (err error) {
	states := make(map[string]model.State)
	for v := range a.Tasks() {
		states[v.Name] = v.State // the newest of a name comes last
	}
	from.Before(func(p workflow.Path) {
		if state := states[p.Name()]; err == nil && state != model.Success {
			err = model.Errorf(model.Invalid, "can't resume from %s: %s, which comes before it, is %s", from.Name(), p.Name(), state)
		}
	})
	return err
}

// Carried returns what an attempt that resumes another takes over, by the full
// names of the tasks.
func Carried(ctx context.Context, in store.Attempts, r store.Resume) (map[string]*engine.Result, error) {
	if r.Attempt == 0 {
		return nil, nil
	}
	snap, err := in.Load(ctx, r.Attempt)
	if err != nil {
		return nil, err
	}
	if _, _, ok := r.Item(); ok {
		r.From = "" // all else that has succeeded is taken over
	}
	if again, ok := r.Tasks(); ok {
		results := carried(snap.Tasks, nil)
		maps.DeleteFunc(results, func(name string, _ *engine.Result) bool { return again[name] })
		return results, nil
	}
	var before map[string]bool
	if from := r.Task(); from != "" {
		path, err := snap.Definition.Root.Find(from)
		if err != nil {
			return nil, err
		}
		before = path.NamesBefore()
	}
	return carried(snap.Tasks, before), nil
}

// carried selects the tasks that succeeded and, unless before is nil, are in
// it or were made by one that is.
func carried(tasks []engine.TaskRow, before map[string]bool) map[string]*engine.Result {
	results := make(map[string]*engine.Result)
	taken := map[model.TaskID]bool{}
	for i := range tasks {
		t := &tasks[i]
		if before != nil && !before[t.Name] && !taken[t.Parent] {
			continue
		}
		taken[t.ID] = t.Parent != model.NoTask && before != nil
		if t.State != model.Success || t.Parent == model.NoTask || executor.IsHook(t.Name) {
			continue
		}
		if before == nil && t.Detail != nil && t.Detail.Items != nil {
			continue // its items are taken over, one by one
		}
		r := &engine.Result{Replayed: true}
		if d := t.Detail; d != nil {
			r.Export, r.Store, r.Reset, r.Subtasks = d.Export, d.Store, d.Reset, d.Subtasks
		}
		results[t.Name] = r
	}
	return results
}

// Kill asks an attempt to end, for whoever asks for it. It returns the attempt as it
// was before. One that waits in the run queue ends at once. One that is done, or has
// not begun because it comes after another session, is a Conflict.
func (s *Service) Kill(ctx context.Context, id model.AttemptID, by string) (store.Attempt, error) {
	a, err := s.cfg.Store.Attempt(ctx, id)
	switch {
	case err != nil:
		return a, err
	case a.State.Done():
		return a, model.Errorf(model.Conflict, "attempt %d is done already", id)
	case a.Queued():
		ended, err := s.CancelQueued(ctx, store.QueueFilter{Attempts: []model.AttemptID{id}})
		if err != nil || len(ended) > 0 {
			return a, err
		} // it has just been admitted
	case a.Started == 0 && a.After != 0:
		return a, model.Errorf(model.Conflict, "attempt %d has not begun", id)
	}
	return a, s.cfg.Store.Post(ctx, []store.Post{{Attempt: id, Command: engine.Command{Kind: engine.Kill, By: by}}})
}
