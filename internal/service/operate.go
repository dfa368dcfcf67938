package service

import (
	"bytes"
	"cmp"
	"context"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/rerun"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Order asks for a change of an attempt.
type Order struct {
	Attempt model.AttemptID
	// Task is the end of the full name of one of its tasks, or the path of a step
	// of a process.
	Task string
	// By is who asks for it, for the history.
	By string
}

// SkipTask passes over a task: one that has not ended, or has failed in a group that
// goes on, ends as skipped, and what comes after it begins. If the attempt is done,
// another one goes on without the task, which is returned, and SkipTask is like Retry.
// A task that was skipped already stays so; one that ended well is a Conflict, and
// one that does not exist NotFound.
func (s *Service) SkipTask(ctx context.Context, o Order) (store.Attempt, error) {
	a, tasks, v, err := s.about(ctx, o)
	switch {
	case err != nil:
		return a, err
	case v.State == model.Skipped:
		return a, nil
	case v.State.Passed() || v.State == model.Stopped:
		return a, model.Errorf(model.Conflict, "task %s ended as %s: there is nothing to skip", v.Name, v.State)
	case v.Parent == model.NoTask:
		return a, model.Errorf(model.Conflict, "task %s is the whole attempt", v.Name).WithHint("skip a task of it, or kill it")
	case a.State.Done():
		return s.Retry(ctx, Retry{Attempt: a.ID, Skip: v.Name})
	}
	return a, s.orderTo(ctx, o, tasks, engine.Command{Kind: engine.Skip, Task: v.ID})
}

// SkipToTask begins a task at once that is not reached yet; what would have come before
// it is skipped. One that has begun, or can't be reached any more, is a Conflict.
func (s *Service) SkipToTask(ctx context.Context, o Order) (store.Attempt, error) {
	a, tasks, v, err := s.about(ctx, o)
	if err == nil {
		err = goesOn(&a)
	}
	if err == nil && v.State != model.Blocked {
		err = model.Errorf(model.Conflict, "task %s is %s: only one that has not begun can be skipped to", v.Name, v.State)
	}
	if err != nil {
		return a, err
	}
	return a, s.orderTo(ctx, o, tasks, engine.Command{Kind: engine.SkipTo, Task: v.ID})
}

// Edit changes parameters of an attempt for all tries to come. Values that they
// have already change nothing. An attempt that is done is a Conflict.
func (s *Service) Edit(ctx context.Context, o Order, edits params.Map) (store.Attempt, error) {
	a, err := s.cfg.Store.Attempt(ctx, o.Attempt)
	if err == nil {
		err = goesOn(&a)
	}
	if err == nil && edits.Len() == 0 {
		err = model.Errorf(model.Invalid, "there are no parameters to be changed")
	}
	if err != nil {
		return a, err
	}
	if edits, err = s.fits(ctx, &a, edits); err != nil {
		return a, err
	}
	if now := a.Current(); engine.Canonical(now.Merge(edits)) == engine.Canonical(now) {
		return a, nil
	}
	return a, s.order(ctx, o, engine.Command{Kind: engine.Edit, Params: edits})
}

// fits returns parameters as the workflow of an attempt takes them.
func (s *Service) fits(ctx context.Context, a *store.Attempt, p params.Map) (params.Map, error) {
	if a.Workflow == 0 || p.Len() == 0 {
		return p, nil
	}
	w, err := s.cfg.Store.Workflow(ctx, a.Workflow)
	switch {
	case model.CodeOf(err) == model.NotFound && err != nil:
		return p, nil // its project was deleted
	case err != nil:
		return p, err
	}
	return changed(&w, p)
}

// goesOn returns a Conflict for an attempt that is done.
func goesOn(a *store.Attempt) error {
	if !a.State.Done() {
		return nil
	}
	return model.Errorf(model.Conflict, "attempt %d has ended as %s", a.ID, a.State).WithHint("retry makes another one that goes on")
}

// order posts a command.
func (s *Service) order(ctx context.Context, o Order, c engine.Command) error {
	c.By = o.By
	return s.cfg.Store.Post(ctx, []store.Post{{Attempt: o.Attempt, Command: c}})
}

// orderTo is order for a command that fits the tasks of an attempt, which are a copy
// of those that it will be applied to: it is tried with them.
func (s *Service) orderTo(ctx context.Context, o Order, tasks *engine.Attempt, c engine.Command) error {
	if err := tasks.Apply(model.InstantOf(s.now()), c, &engine.Step{}); err != nil {
		return err
	}
	return s.order(ctx, o, c)
}

// about returns an attempt with its tasks, and one of those, as they stand.
func (s *Service) about(ctx context.Context, o Order) (a store.Attempt, tasks *engine.Attempt, v engine.View, err error) {
	snap, err := s.cfg.Store.Load(ctx, o.Attempt)
	if err != nil {
		return a, nil, v, err
	}
	if tasks, err = snap.Restore(); err != nil {
		return a, nil, v, err
	}
	if a = snap.Attempt; a.Started == 0 && !a.State.Done() {
		return a, nil, v, model.Errorf(model.Conflict, "attempt %d has not begun", a.ID)
	}
	v, err = locate(tasks, o.Task)
	return a, tasks, v, err
}

// locate returns the newest task whose full name ends in a name.
func locate(tasks *engine.Attempt, name string) (found engine.View, err error) {
	want := name
	if strings.Contains(want, "/") {
		want = strings.ReplaceAll(want, "/", "+")
	}
	if !strings.HasPrefix(want, "+") && !strings.HasPrefix(want, "^") {
		want = "+" + want
	}
	names := make(map[string]engine.View)
	for v := range tasks.Tasks() {
		if !v.Retired && strings.HasSuffix(v.Name, want) {
			names[v.Name] = v // the newest comes last
		}
	}
	if exact, ok := names[want]; ok {
		return exact, nil
	}
	switch len(names) {
	case 1:
		for _, v := range names {
			return v, nil
		}
	case 0:
		err := model.Errorf(model.NotFound, "attempt %d has no task %q", tasks.ID(), name)
		if hint := document.DidYouMean(want, endings(tasks)); hint != "" {
			return found, err.WithHint("%s", hint)
		}
		return found, err
	}
	return found, model.Errorf(model.Invalid, "attempt %d has several tasks %q", tasks.ID(), name).WithHint("say more of its full name")
}

// endings are the names by which tasks may have been meant.
func endings(tasks *engine.Attempt) (names []string) {
	for v := range tasks.Tasks() {
		if v.Parent == model.NoTask {
			continue
		}
		names = append(names, v.Node.Name, strings.TrimPrefix(v.Name, tasks.Task(0).Name), v.Name)
	}
	return names
}

// Retry asks for another attempt of a session, with the definition of one that is
// done and the parameters as they stand.
type Retry struct {
	Attempt model.AttemptID
	// All has everything run again. Otherwise what ended well is taken over, and
	// with From, the end of the full name of a task, only what comes before that.
	All  bool
	From string
	// Only has the tasks run again alone that patterns choose, and with After all that
	// comes after them: see rerun.Choose.
	Only  []string
	After bool
	// Skip is the full name of a task to be passed over, or empty.
	Skip string
	// Rerun has memoised tasks run, too, where what they give was made before. With All,
	// From and Only they are so anyhow.
	Rerun bool
	// Params are merged over those that there are.
	Params params.Map
	// Name is that of the new attempt. Defaults to one that repeated calls share.
	Name string
	// By is who asks for it.
	By string
}

// Retry makes the attempt, or returns the one that the same call has made. If the
// attempt goes on, its task From alone is run again, which must have failed, or
// wait to be told to. What can't be retried is a Conflict, and so is a call that
// differs from the one that has made the attempt of its name.
func (s *Service) Retry(ctx context.Context, r Retry) (store.Attempt, error) {
	snap, err := s.cfg.Store.Load(ctx, r.Attempt)
	if err != nil {
		return store.Attempt{}, err
	}
	a := snap.Attempt
	if !a.State.Done() {
		return a, s.again(ctx, snap, &r)
	}
	last, err := s.cfg.Store.Session(ctx, a.Session.ID)
	switch {
	case err != nil:
		return a, err
	case last.Last.ID != a.ID && r.Name == "" && last.Last.Name != rerun.Name(a):
		return a, model.Errorf(model.Conflict, "attempt %d of the session came after attempt %d", last.Last.ID, a.ID).
			WithHint("use the newest: retry %d", last.Last.ID)
	}
	start, err := s.next(ctx, snap, &r)
	if err != nil {
		return a, err
	}
	got, made, err := s.cfg.Store.StartAttempt(ctx, start)
	if err == nil && !made {
		err = s.isOf(ctx, &got, &start)
	}
	return got, err
}

// next describes the attempt that is asked for.
func (s *Service) next(ctx context.Context, snap *store.Snapshot, r *Retry) (start store.Start, err error) {
	plan, err := s.plan(snap, r)
	if err != nil {
		return start, err
	}
	return s.planned(ctx, snap, r, plan)
}

// planned is next for what is planned.
func (s *Service) planned(ctx context.Context, snap *store.Snapshot, r *Retry, plan rerun.Plan) (start store.Start, err error) {
	if start, err = rerun.Start(snap, plan); err != nil {
		return start, err
	}
	given, err := s.fits(ctx, &snap.Attempt, r.Params)
	if err != nil {
		return start, err
	}
	start.Name = cmp.Or(r.Name, start.Name)
	start.Params = start.Params.Merge(given)
	start.MaxRunning = s.cfg.Limits.Attempts
	tags, err := s.cfg.Store.TagsOf(ctx, []model.AttemptID{snap.Attempt.ID})
	if err != nil {
		return start, err
	}
	start.Tags = tags[snap.Attempt.ID].Descend(snap.Attempt.ID, tags[snap.Attempt.ID])
	s.cfg.Turns.Ask(&start, nil, 0)
	start.Created = model.InstantOf(s.now())
	start.Due = start.Created
	return start, nil
}

// isOf returns a Conflict for an attempt that a start of its name has not made, but
// another one.
func (s *Service) isOf(ctx context.Context, a *store.Attempt, start *store.Start) error {
	snap, err := s.cfg.Store.Load(ctx, a.ID)
	if err != nil {
		return err
	}
	if a.Resume == start.Resume && engine.Canonical(a.Params) == engine.Canonical(start.Params) &&
		bytes.Equal(snap.Definition.AppendBinary(nil), start.Definition.AppendBinary(nil)) {
		return nil
	}
	return model.Errorf(model.Conflict, "attempt %d of the session was made before, and not for the same", a.ID).WithHint("use the newest: retry %d", a.ID)
}

// plan checks what is to be taken over.
func (s *Service) plan(snap *store.Snapshot, r *Retry) (p rerun.Plan, err error) {
	p.All, p.Rerun = r.All, r.Rerun
	if r.Skip != "" {
		p.Skip = []string{r.Skip}
		if !defined(snap, r.Skip) {
			return p, model.Errorf(model.Conflict, "task %s was added while the attempt ran, and is made anew by another", r.Skip).
				WithHint("skip the task that added it")
		}
	}
	switch {
	case r.All:
	case len(r.Only) > 0:
		p.Only, err = rerun.Choose(snap, r.Only, r.After)
		return p, err
	case r.From != "":
		tasks, err := snap.Restore()
		if err != nil {
			return p, err
		}
		v, err := locate(tasks, r.From)
		if err != nil {
			return p, err
		}
		from, err := snap.Definition.Root.Find(v.Name)
		if err != nil {
			return p, model.Errorf(model.Invalid, "resume from %q: %w", r.From, err)
		}
		p.From = v.Name
		if snap.Definition.Dialect == workflow.Program {
			return p, nil // what has not ended well is run
		}
		return p, checkBefore(tasks, from)
	case snap.Attempt.State == engine.AttemptSuccess:
		return p, model.Errorf(model.Conflict, "attempt %d ended well", r.Attempt).WithHint("say from which task on it is to run again, or that all is to")
	}
	return p, nil
}

// defined reports whether the definition of an attempt has a task.
func defined(snap *store.Snapshot, name string) bool {
	_, err := snap.Definition.Root.Find(name)
	return err == nil
}

// again runs a task again of an attempt that goes on.
func (s *Service) again(ctx context.Context, snap *store.Snapshot, r *Retry) error {
	if r.From == "" || r.All || len(r.Only) > 0 || r.Rerun || r.Params.Len() > 0 || r.Name != "" {
		return model.Errorf(model.Conflict, "attempt %d goes on", r.Attempt).
			WithHint("kill it first, or say which of its tasks that failed is to run again")
	}
	tasks, err := snap.Restore()
	if err != nil {
		return err
	}
	v, err := locate(tasks, r.From)
	switch {
	case err != nil:
		return err
	case v.State != model.Failed && !v.Held:
		return model.Errorf(model.Conflict, "task %s is %s: as long as the attempt goes on, only one that has failed can run again", v.Name, v.State)
	}
	return s.orderTo(ctx, Order{Attempt: r.Attempt, By: r.By}, tasks, engine.Command{Kind: engine.Again, Task: v.ID})
}
