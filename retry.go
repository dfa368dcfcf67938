package pawl

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/rerun"
	"github.com/pawlhq/pawl/internal/store"
)

// Retry runs a run on that has failed or was stopped: the steps that ended well
// keep what they did, and all others run with the parameters as they stand. One
// that goes on, or ended well, is ErrConflict.
func (r *Run[P]) Retry(ctx context.Context, options ...RetryOption) error {
	var how again
	for _, o := range options {
		o.retry(&how)
	}
	return r.explain("retry", r.again(ctx, how))
}

// RetryOption changes how a run is retried.
type RetryOption interface{ retry(*again) }

// Memoised says what becomes of memoised steps whose result is there. It is a StartOption
// and a RetryOption.
type Memoised uint8

const (
	// TakeMemoised takes over what they gave. It is the default.
	TakeMemoised Memoised = iota
	// RerunMemoised has them called. What they give takes the place of what was. Runs
	// that they start are runs of their own.
	RerunMemoised
)

func (m Memoised) change(s *start) { s.rerun = m == RerunMemoised }

func (m Memoised) retry(a *again) { a.rerun = m == RerunMemoised }

// RetryFrom runs a run again that is over, from a step on, by its path: only what
// comes before that keeps what it did.
func (r *Run[P]) RetryFrom(ctx context.Context, path string) error {
	return r.explain("retry", r.again(ctx, again{from: path}))
}

// RetryWithout is Retry that skips a step, by its path, which has failed or was not
// reached. One that ended well is ErrConflict.
func (r *Run[P]) RetryWithout(ctx context.Context, path string) error {
	return r.explain("retry", r.again(ctx, again{without: path}))
}

// RetrySteps runs steps of a run again that is over, with all below them and whatever
// became of them, and no others: those that ended well keep what they did, and the rest
// is skipped. Each is named by its path, in which * stands for any text.
func (r *Run[P]) RetrySteps(ctx context.Context, paths ...string) error {
	if len(paths) == 0 {
		return r.explain("retry", model.Errorf(model.Invalid, "no steps are named"))
	}
	return r.explain("retry", r.again(ctx, again{only: paths}))
}

// again says how a run is run again.
type again struct {
	// from and without are the paths of a step from which on, or without which, it is
	// run; only are patterns of the steps that are run alone.
	from, without string
	only          []string
	// rerun has memoised steps called, too, whose result is there.
	rerun bool
}

// again goes on after the newest attempt.
func (r *Run[P]) again(ctx context.Context, how again) error {
	snap, err := r.snapshot(ctx)
	if err != nil {
		return err
	}
	switch last := snap.Attempt.State; {
	case !last.Done():
		return model.Errorf(model.Conflict, "it goes on").WithHint("Skip skips a step of it, Stop ends it")
	case how.from == "" && len(how.only) == 0 && last == engine.AttemptSuccess:
		return model.Errorf(model.Conflict, "it ended well").WithHint("RetryFrom runs it again from a step on")
	}
	plan := rerun.Plan{Rerun: how.rerun}
	if plan.From, err = r.taskAt(snap, how.from); err != nil {
		return err
	}
	if len(how.only) > 0 {
		if plan.Only, err = rerun.Choose(snap, how.only, false); err != nil {
			return err
		}
	}
	if how.without != "" {
		name, err := r.taskAt(snap, how.without)
		if err == nil {
			err = skippable(snap, name, how.without)
		}
		if err != nil {
			return err
		}
		plan.Skip = []string{name}
	}
	s, err := rerun.Start(snap, plan)
	if err != nil {
		return err
	}
	tags, err := r.tags(ctx, snap.Attempt.ID)
	if err != nil {
		return err
	}
	s.Tags = tags.Descend(snap.Attempt.ID, tags)
	_, _, err = r.engine.host.Start(ctx, s)
	return err
}

// skippable returns a Conflict for a task that ended well, of the step at a path.
func skippable(snap *store.Snapshot, name, path string) error {
	a, err := snap.Restore()
	if err != nil {
		return err
	}
	id, ok := a.Find(name)
	if !ok {
		return nil // it was not reached
	}
	if state := a.Task(id).State; state == model.Success || state == model.Stopped {
		return model.Errorf(model.Conflict, "step %s ended as %s: there is nothing to skip", path, state)
	}
	return nil
}

// taskAt returns the full name of the task of a step, by its path; of none, none.
func (r *Run[P]) taskAt(snap *store.Snapshot, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	name := host.Task(r.of.name, path)
	if _, err := snap.Definition.Root.Find(name); err != nil {
		return "", model.Errorf(model.NotFound, "there is no step %q", path)
	}
	return name, nil
}
