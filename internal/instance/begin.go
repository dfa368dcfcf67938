package instance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/resume"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Request asks for a run of a session.
type Request struct {
	Workflow *workflow.Workflow
	Calendar Calendar
	// Session is the session time. Where there is none, Key names the session.
	Session time.Time
	Key     string
	Params  params.Map
	// Selection says what is run. Anything but all of it makes a new attempt,
	// even if an earlier one was cut off.
	Selection Selection
}

// Begun is a run that has begun.
type Begun struct {
	Attempt store.Attempt
	// Recovered reports that an attempt goes on that was cut off.
	Recovered bool
	// Finished is the number of tasks that earlier runs finished.
	Finished int
}

// run is what an instance knows of an attempt that it runs.
type run struct {
	chooser *chooser
	// resumes reports that it takes over what earlier runs of its session finished.
	resumes bool
	earlier resume.Results
}

// startOf describes the attempt that a request asks for.
func (in *Instance) startOf(r Request) store.Start {
	start := store.Start{
		Session: store.Session{
			UUID: uuid.NewString(), Workflow: r.Workflow.Name, Key: r.Key, Project: in.project(),
		},
		Zone: r.Calendar.Zone.String(), Definition: r.Workflow, Params: r.Params,
	}
	if in.cfg.Shared != nil {
		start.Private, start.Tags = true, in.cfg.Shared.Tags
	}
	if !r.Session.IsZero() {
		start.Session.Key, start.Session.Time = r.Session.UTC().Format(time.RFC3339), model.InstantOf(r.Session)
		start.Params = r.Params.Merge(r.Calendar.Around(r.Session))
	}
	if s := r.Selection; s.Rerun || s.Start != nil || s.Goal != nil {
		start.Resume.From = store.Anew
		if s.Changed {
			start.Resume.From = store.Changed
		}
	}
	return start
}

// Begin starts a run. An earlier attempt of the session that was cut off goes
// on if nothing has changed; else it is ended, and the new attempt takes over
// what it had finished.
func (in *Instance) Begin(ctx context.Context, r Request) (Begun, error) {
	start := in.startOf(r)
	last, found, err := in.newest(ctx, start.Session)
	if err != nil {
		return Begun{}, err
	}
	folder := in.folder(start.Session, r.Calendar.Zone)
	if found && !last.State.Done() {
		recovered, err := in.pickUp(ctx, last.ID, start, r, folder)
		if err != nil {
			return Begun{}, err
		}
		if recovered {
			return Begun{Attempt: last, Recovered: true, Finished: in.finished(last.ID)}, nil
		}
	}
	if found {
		start.Name = uuid.NewString()
		if err := in.otherInputs(&last, &start, r, folder); err != nil {
			return Begun{}, err
		}
	}
	return in.begin(ctx, start, r, folder)
}

// begin makes a new attempt that takes over what the folder has.
func (in *Instance) begin(ctx context.Context, start store.Start, r Request, folder resume.Folder) (Begun, error) {
	known, err := in.prepare(r, folder)
	if err != nil {
		return Begun{}, err
	}
	// Tasks may be dispatched before the attempt's id is known here: they wait
	// for the lock.
	in.mu.Lock()
	defer in.mu.Unlock()
	attempt, _, err := in.conductor.StartAttempt(ctx, start)
	if err != nil {
		return Begun{}, err
	}
	in.adopt(attempt.ID, known, folder)
	return Begun{Attempt: attempt, Finished: len(known.earlier.Finished)}, nil
}

// prepare reads what earlier runs of a session finished.
func (in *Instance) prepare(r Request, folder resume.Folder) (*run, error) {
	known := &run{chooser: newChooser(r.Workflow.Root, r.Selection)}
	if in.cfg.Status == "" || r.Selection.Rerun {
		return known, nil
	}
	known.resumes = true
	var err error
	known.earlier, err = folder.Load(r.Workflow.Root.Name)
	for _, task := range slices.Sorted(maps.Keys(known.earlier.Damaged)) {
		in.warn("%s counts as not finished: %v", task, known.earlier.Damaged[task])
	}
	return known, err
}

// adopt notes what is known of an attempt. The caller holds the lock.
func (in *Instance) adopt(id model.AttemptID, known *run, folder resume.Folder) {
	in.runs[id] = known
	if in.cfg.Status != "" && !in.cfg.DryRun {
		in.saver.watch(id, folder)
	}
}

func (in *Instance) finished(id model.AttemptID) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.runs[id].earlier.Finished)
}

func (in *Instance) folder(s store.Session, zone *time.Location) resume.Folder {
	return resume.Status{Path: in.cfg.Status}.Session(s.Time.Time().In(zone))
}

// Folder is where the results of a session are kept; empty if nowhere.
func (in *Instance) Folder(a store.Attempt, zone *time.Location) string {
	if in.cfg.Status == "" {
		return ""
	}
	return in.folder(a.Session, zone).Path
}

// newest returns the newest attempt of a session.
func (in *Instance) newest(ctx context.Context, s store.Session) (store.Attempt, bool, error) {
	of, err := in.store.FindSession(ctx, s.Project, s.Workflow, s.Key)
	switch {
	case model.CodeOf(err) == model.NotFound:
		return store.Attempt{}, false, nil
	case err != nil:
		return store.Attempt{}, false, err
	}
	return of.Last, true, nil
}

// pickUp deals with an attempt that was cut off: it goes on, or is ended so
// that a new one takes its place.
func (in *Instance) pickUp(ctx context.Context, id model.AttemptID, start store.Start, r Request, folder resume.Folder) (recovered bool, err error) {
	if here, err := in.begunHere(ctx, id); !here {
		if err == nil {
			err = in.patiently(start, func() error { return in.conductor.Abandon(ctx, id) })
		}
		return false, err
	}
	snap, err := in.store.Load(ctx, id)
	if err != nil {
		return false, err
	}
	if in.cfg.Status != "" && !r.Selection.Rerun && !in.cfg.DryRun {
		if err := harvest(snap, folder); err != nil {
			return false, fmt.Errorf("save what was finished: %w", err)
		}
	}
	if !r.Selection.All() || in.cfg.DryRun || !same(snap, start) {
		return false, in.patiently(start, func() error { return in.conductor.Abandon(ctx, id) })
	}
	known, err := in.prepare(r, folder)
	if err != nil {
		return false, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	err = in.patiently(start, func() error {
		ids, err := in.conductor.Recover(ctx, 1, id)
		if err == nil && len(ids) == 0 {
			err = model.Errorf(model.Conflict, "attempt %d is driven elsewhere", id)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	in.adopt(id, known, folder)
	return true, nil
}

// A process that was killed holds its lock for a moment longer where it was
// just about to start a program. Taking over is tried again for that long.
const (
	takeoverEvery = 50 * time.Millisecond
	takeoverTries = 20
)

// patiently takes an attempt over that another process may still be driving.
func (in *Instance) patiently(start store.Start, takeOver func() error) error {
	for range takeoverTries {
		err := takeOver()
		if model.CodeOf(err) != model.Conflict {
			return err
		}
		due, _ := in.cfg.Clock.After(takeoverEvery)
		<-due
	}
	if start.Session.Time == 0 {
		return model.Errorf(model.Conflict, "this pipeline is being built by another process").
			WithHint("wait until it ends")
	}
	return model.Errorf(model.Conflict, "session %s of %s is being run by another process", start.Session.Key, start.Session.Workflow).
		WithHint("wait until it ends, or choose another session with --session")
}

// same reports whether an attempt runs what a new one would.
func same(snap *store.Snapshot, start store.Start) bool {
	return params.Equal(snap.Attempt.Params, start.Params) &&
		string(snap.Definition.AppendBinary(nil)) == string(start.Definition.AppendBinary(nil))
}

// before answers for tasks that earlier runs finished, and for those that the
// selection leaves out.
func (in *Instance) before(t *executor.Try) (*engine.Result, bool) {
	in.mu.Lock()
	known := in.runs[t.ID.Attempt]
	in.mu.Unlock()
	if known == nil {
		return nil, false
	}
	choice := known.chooser.choose(t.Name)
	if r, ok := known.earlier.Finished[t.Name]; ok && choice.Replay {
		return &engine.Result{
			Export: r.Export, Store: r.Store, Reset: r.Reset, Subtasks: r.Subtasks, Replayed: true,
		}, true
	}
	return &engine.Result{Replayed: true}, !choice.Run
}

// earlier returns what gives the attempts of the same session, newest first, of which a
// collection takes over items that have ended well.
func (in *Instance) earlier(a *store.Attempt) func(context.Context, string) ([]model.AttemptID, error) {
	id, session := a.ID, a.Session.ID
	return func(ctx context.Context, name string) ([]model.AttemptID, error) {
		in.mu.Lock()
		known := in.runs[id]
		in.mu.Unlock()
		if known == nil || !known.resumes || !known.chooser.choose(name).Replay {
			return nil, nil
		}
		all, _, err := in.store.ListAttempts(ctx, store.Filter{Session: session}, store.Page{})
		var ids []model.AttemptID
		for i := range all {
			if all[i].ID < id {
				ids = append(ids, all[i].ID)
			}
		}
		return ids, err
	}
}
