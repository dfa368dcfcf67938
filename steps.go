package pawl

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/model"
)

// StepState is where a step of a run stands.
type StepState struct {
	// Path names the step: "payment/charge" is step charge of the group payment.
	Path string
	// State is one of "blocked", "running", "waiting", "open" (a group), "success",
	// "failed", "skipped", "cancelled", "stopped" and "not_reached".
	State string
	// Tries counts the calls of its function.
	Tries int
	// Began and Ended are zero until then.
	Began, Ended time.Time
	// Reason is why it failed, or what it waits for.
	Reason string
	// Changed is what its last call that counts has changed in the parameters, as
	// JSON; nil is nothing.
	Changed json.RawMessage
	// Until is when a step that waits is run again, if not before: zero is at no
	// certain time.
	Until time.Time
}

// Steps returns all steps of the run, in the order of the definition.
func (r *Run[P]) Steps(ctx context.Context) ([]StepState, error) {
	snap, err := r.snapshot(ctx)
	if err != nil {
		return nil, r.explain("look at", err)
	}
	a, err := snap.Restore()
	if err != nil {
		return nil, r.explain("look at", err)
	}
	return stepStates(a), nil
}

// stepStates leaves out the root, and what only groups steps.
func stepStates(a *engine.Attempt) []StepState {
	var list []StepState
	at := make(map[string]int)
	for v := range a.Tasks() {
		path := host.Path(v.Name)
		if path == "" || isHook(v.Node.Name) {
			continue
		}
		i, known := at[path]
		if !known {
			i, at[path] = len(list), len(list)
			list = append(list, StepState{})
		}
		if v.Retired { // the newest takes its place
			continue
		}
		s := StepState{
			Path: path, State: v.State.String(), Tries: int(v.Try),
			Began: v.Started.Time(), Ended: v.Ended.Time(), Until: v.Wake.Time(),
		}
		if v.State == model.Waiting {
			s.Reason = awaited(v.Waiting())
		} else if v.Detail != nil {
			s.Reason, _ = v.Detail.Error.StringOr("message", "")
		}
		if v.Detail != nil && v.Detail.Store.Len() > 0 {
			s.Changed = jsonOf(v.Detail.Store)
		}
		if v.Node.Name == host.Decider { // for its group
			list[i].Tries, list[i].Reason, list[i].Changed = s.Tries, s.Reason, s.Changed
			continue
		}
		list[i] = s
	}
	return slices.DeleteFunc(list, func(s StepState) bool { return s.Path == "" })
}

// awaited says what a step waits for.
func awaited(w *engine.Waiting) string {
	switch {
	case w.Held:
		return "the program that ran it was lost; Run.Resume calls it again"
	case w.Retry:
		return "it has failed and is tried again"
	case len(w.Keys) > 0:
		keys := make([]string, len(w.Keys))
		for i, k := range w.Keys {
			keys[i] = k.Param + "=" + k.Value
		}
		return "a message on " + w.Keys[0].Topic + " with " + strings.Join(keys, " or ")
	case w.Until != 0:
		return "its time"
	}
	return "a value of the parameters that it listens by"
}

func isHook(name string) bool {
	return name == host.OnFailure || name == host.OnDeadline || name == host.OnStop || name == host.Page || strings.HasSuffix(name, host.OnSuccess)
}

// SkipTo begins a step at once that is not reached yet, by its path. What would
// have come before it is skipped. A step that has begun, or can't be reached any
// more, is ErrConflict.
func (r *Run[P]) SkipTo(ctx context.Context, path string) error {
	return r.explain("skip in", r.skipTo(ctx, path))
}

func (r *Run[P]) skipTo(ctx context.Context, path string) error {
	a, v, err := r.step(ctx, path)
	if err != nil {
		return err
	}
	if v.State != model.Blocked {
		return model.Errorf(model.Conflict, "step %s is %s: only one that has not begun can be skipped to", path, v.State)
	}
	return r.send(ctx, a.ID(), engine.Command{Kind: engine.SkipTo, Task: v.ID})
}

// Skip ends a step as skipped, by its path, with all in it, and what comes after it
// begins. One that has ended is ErrConflict, unless it has failed in a group that
// goes on.
func (r *Run[P]) Skip(ctx context.Context, path string) error {
	return r.explain("skip a step of", r.skip(ctx, path))
}

func (r *Run[P]) skip(ctx context.Context, path string) error {
	a, v, err := r.step(ctx, path)
	if err != nil {
		return err
	}
	c := engine.Command{Kind: engine.Skip, Task: v.ID}
	if err := a.Apply(model.InstantOf(r.engine.clock.Now()), c, &engine.Step{}); err != nil { // of this copy
		return model.Errorf(model.CodeOf(err), "step %s is %s and can't be skipped", path, v.State)
	}
	return r.send(ctx, a.ID(), c)
}

// Resume calls the function of a step again, by its path, that is held because the
// program that ran it was lost; see HoldWhenLost. Skip goes on without it. One that
// is not held is ErrConflict.
func (r *Run[P]) Resume(ctx context.Context, path string) error {
	return r.explain("resume a step of", r.resume(ctx, path))
}

func (r *Run[P]) resume(ctx context.Context, path string) error {
	a, v, err := r.step(ctx, path)
	if err != nil {
		return err
	}
	if !v.Held {
		return model.Errorf(model.Conflict, "step %s is %s: only one that is held can be resumed", path, v.State)
	}
	return r.send(ctx, a.ID(), engine.Command{Kind: engine.Again, Task: v.ID})
}

// step returns a copy of the newest attempt and a step of it, by its path: of a
// decision what decides, where that is held.
func (r *Run[P]) step(ctx context.Context, path string) (*engine.Attempt, engine.View, error) {
	snap, err := r.snapshot(ctx)
	if err != nil {
		return nil, engine.View{}, err
	}
	a, err := snap.Restore()
	if err != nil {
		return nil, engine.View{}, err
	}
	name := host.Task(r.of.name, path)
	if id, ok := a.Find(name + host.Decider); ok && a.Task(id).Held {
		return a, a.Task(id), nil
	}
	id, ok := a.Find(name)
	if !ok {
		return nil, engine.View{}, model.Errorf(model.NotFound, "there is no step %q", path)
	}
	return a, a.Task(id), nil
}
