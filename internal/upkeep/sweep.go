package upkeep

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Sweep deletes attempts that have ended when somebody asks for it, a page at a time.
type Sweep struct {
	// Store is what they are in. Required.
	Store store.Store
	// Logs and Outputs have what their tasks have printed and kept; nil is nothing.
	Logs, Outputs Beside
	// Now is the time. Required.
	Now time.Time
	// Older is how long ago the attempts were made. Zero is as long as Retention says
	// that they are kept, after they ended.
	Older     time.Duration
	Retention store.Retention
	// NameOf returns the name of a project, for Retention.
	NameOf func(context.Context, model.ProjectID) (string, error)
	// Dry deletes nothing, and LogsOnly what tasks have printed alone.
	Dry, LogsOnly bool

	newest map[ofWorkflow]map[model.SessionID]bool
}

// Beside has something of attempts beside the store.
type Beside interface {
	// Remove deletes all that there is of an attempt.
	Remove(ctx context.Context, id model.AttemptID) error
}

// ofWorkflow names a workflow.
type ofWorkflow struct {
	project  model.ProjectID
	workflow string
}

// Swept counts what is deleted, or would be.
type Swept struct {
	// Attempts, with the Tasks of them, and the Sessions that have none left; of a dry
	// run, those are not known.
	Attempts, Tasks, Sessions int
	// Needed are attempts that others need, which stay.
	Needed int
	// Going are the attempts of a dry run.
	Going []store.Attempt
}

// ParseEnded returns the state of attempts that have ended, by its name; without one,
// engine.AttemptRunning stands for any.
func ParseEnded(name string) (engine.AttemptState, error) {
	if name == "" {
		return engine.AttemptRunning, nil
	}
	for _, of := range []engine.AttemptState{engine.AttemptSuccess, engine.AttemptFailed, engine.AttemptKilled} {
		if of.String() == name {
			return of, nil
		}
	}
	e := model.Errorf(model.Invalid, "state %q is none of success, error and killed", name)
	if near := document.DidYouMean(name, []string{"success", "error", "killed"}); near != "" {
		e = e.WithHint("%s", near)
	}
	return 0, e
}

// Until returns the instant before which the attempts were made, and an Invalid error
// if nothing says so.
func (s *Sweep) Until() (model.Instant, error) {
	kept := s.Older
	if kept == 0 {
		kept = s.Retention.Attempts
		for _, of := range s.Retention.Of {
			if of.Attempts > 0 && (kept == 0 || of.Attempts < kept) {
				kept = of.Attempts
			}
		}
	}
	if kept <= 0 {
		return 0, model.Errorf(model.Invalid, "how old is what is to be deleted? Nothing says how long attempts are kept").
			WithHint("give an age, such as 30d, or set retention.attempts")
	}
	return store.Expired(model.InstantOf(s.Now), kept), nil
}

// Page deletes those of some attempts that have ended and are old enough. Attempts that
// others need stay.
func (s *Sweep) Page(ctx context.Context, list []store.Attempt) (done Swept, err error) {
	used, err := s.used(ctx, list)
	if err != nil {
		return done, err
	}
	var ids []model.AttemptID
	tasks := make(map[model.AttemptID]int)
	for i := range list {
		goes, err := s.goes(ctx, &list[i])
		if err != nil {
			return done, err
		}
		switch {
		case goes && slices.Contains(used, list[i].ID):
			if s.Older > 0 {
				done.Needed++
			}
		case goes:
			ids = append(ids, list[i].ID)
			tasks[list[i].ID] = int(list[i].Tasks)
			if s.Dry {
				done.Going = append(done.Going, list[i])
			}
		}
	}
	if s.Dry || s.LogsOnly {
		done.count(ids, tasks)
	}
	switch {
	case s.Dry || len(ids) == 0:
		return done, nil
	case s.LogsOnly:
		return done, s.remove(ctx, s.Logs, ids)
	}
	gone, err := s.Store.DeleteAttempts(ctx, ids, s.since())
	if code := model.CodeOf(err); err != nil && (code == model.Conflict || code == model.NotFound) {
		gone, err = s.single(ctx, ids)
	}
	done.count(gone.Attempts, tasks)
	done.Needed, done.Sessions = done.Needed+len(ids)-len(gone.Attempts), len(gone.Sessions)
	return done, errors.Join(err, s.remove(ctx, s.Outputs, gone.Attempts), s.remove(ctx, s.Logs, gone.Attempts))
}

// count adds attempts, with the numbers of their tasks.
func (s *Swept) count(ids []model.AttemptID, tasks map[model.AttemptID]int) {
	s.Attempts += len(ids)
	for _, id := range ids {
		s.Tasks += tasks[id]
	}
}

// single deletes attempts one by one, but for those that are needed or gone.
func (s *Sweep) single(ctx context.Context, ids []model.AttemptID) (gone store.Pruned, err error) {
	for _, id := range ids {
		p, err := s.Store.DeleteAttempts(ctx, []model.AttemptID{id}, s.since())
		switch code := model.CodeOf(err); {
		case err == nil:
			gone.Attempts, gone.Sessions = append(gone.Attempts, p.Attempts...), append(gone.Sessions, p.Sessions...)
		case code != model.Conflict && code != model.NotFound:
			return gone, err
		}
	}
	return gone, nil
}

// remove deletes what is beside the store. It goes on when ctx is done or some of it
// can't be deleted, as nobody else knows of it.
func (s *Sweep) remove(ctx context.Context, of Beside, ids []model.AttemptID) (err error) {
	if of == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	for _, id := range ids {
		err = errors.Join(err, of.Remove(ctx, id))
	}
	return err
}

// removeWithin bounds how long it takes to remove what is beside the store of a page.
const removeWithin = 30 * time.Second

// goes reports whether an attempt is to go.
func (s *Sweep) goes(ctx context.Context, a *store.Attempt) (bool, error) {
	if !a.State.Done() || s.Older > 0 {
		return a.State.Done(), nil
	}
	project := ""
	if s.NameOf != nil {
		var err error
		if project, err = s.NameOf(ctx, a.Session.Project); err != nil {
			return false, err
		}
	}
	kept := s.Retention.AttemptsOf(project, a.Session.Workflow)
	if a.Ended >= store.Expired(model.InstantOf(s.Now), kept) {
		return false, nil
	}
	newest, err := s.newestOf(ctx, ofWorkflow{a.Session.Project, a.Session.Workflow})
	return !newest[a.Session.ID], err
}

// since is when what an attempt made of a version was used for it to stay: where an age
// was given, by somebody who may be about to take it over.
func (s *Sweep) since() model.Instant {
	of := s.Retention
	if s.Older > 0 {
		of.Versions = 0
	}
	return max(of.VersionsUsed(model.InstantOf(s.Now)), 1)
}

// used returns the attempts of a list that stay because of what they made of a version.
func (s *Sweep) used(ctx context.Context, list []store.Attempt) ([]model.AttemptID, error) {
	ids := make([]model.AttemptID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return s.Store.UsedSince(ctx, ids, s.since())
}

// newestOf returns the sessions of a workflow that are kept however old they are.
func (s *Sweep) newestOf(ctx context.Context, of ofWorkflow) (map[model.SessionID]bool, error) {
	if newest, known := s.newest[of]; known || s.Retention.Sessions == 0 {
		return newest, nil
	}
	newest := make(map[model.SessionID]bool)
	for page := (store.Page{}); ; {
		page.Limit = min(s.Retention.Sessions-len(newest), store.MaxLimit)
		list, next, err := s.Store.ListSessions(ctx, store.SessionFilter{Project: of.project, Workflow: of.workflow}, page)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if list[i].Project == of.project {
				newest[list[i].ID] = true
			}
		}
		if page.Cursor = next; next == "" || len(newest) >= s.Retention.Sessions {
			break
		}
	}
	if s.newest == nil {
		s.newest = make(map[ofWorkflow]map[model.SessionID]bool)
	}
	s.newest[of] = newest
	return newest, nil
}
