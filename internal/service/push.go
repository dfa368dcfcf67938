package service

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/store"
)

// Push is a revision to be added to a project.
type Push struct {
	Project, Revision string
	// Archive has the files, and Length says how many bytes it is.
	Archive io.Reader
	Length  int64
	// From is when schedules that have not run yet begin. Zero is now.
	From time.Time
	// Clear names workflows whose schedules begin anew; ClearAll does so with
	// all of them.
	Clear    []string
	ClearAll bool
	// UserInfo is kept with the revision.
	UserInfo params.Map
}

// Push adds a revision to a project, which it makes if there is none of that
// name, and moves its schedules to it. What is wrong with the archive or the
// workflows in it is Invalid; a revision name that is taken is a Conflict. On
// any error nothing has changed.
func (s *Service) Push(ctx context.Context, p Push) (store.Project, error) {
	if err := checkNames(p.Project, p.Revision); err != nil {
		return store.Project{}, err
	}
	body, err := s.receive(p)
	if err != nil {
		return store.Project{}, err
	}
	contents, err := project.ReadArchive(ctx, bytes.NewReader(body), project.ReadOptions{
		Dir: s.cfg.TempDir, Limits: s.cfg.Limits.Archive, Now: s.now(),
	})
	if err != nil {
		return store.Project{}, err
	}
	if err := checkClear(p.Clear, contents.Workflows); err != nil {
		return store.Project{}, err
	}
	if p.From.IsZero() {
		p.From = s.now()
	}
	kept, err := s.keep(ctx, p, body)
	if err != nil {
		return store.Project{}, err
	}
	made, err := s.cfg.Store.Push(ctx, store.Push{
		Project: p.Project, Bytes: body, Orphan: kept.orphan, Workflows: stored(contents.Workflows),
		Revision: store.Revision{
			Name: p.Revision, Archive: kept.Archive, UserInfo: p.UserInfo, Created: model.InstantOf(s.now()),
		},
		Schedules: reschedule(p, contents.Workflows),
	})
	if model.CodeOf(err) == model.Conflict {
		err = errors.Join(err, s.discard(ctx, kept))
	}
	return made, err
}

func checkNames(name, revision string) error {
	if err := project.CheckProjectName(name); err != nil {
		return err
	}
	return project.CheckRevisionName(revision)
}

// receive reads the archive, which must be as long as was said.
func (s *Service) receive(p Push) ([]byte, error) {
	limit := s.cfg.Limits.Archive.Bytes
	if p.Length > limit {
		return nil, project.TooLarge(limit)
	}
	body, err := io.ReadAll(io.LimitReader(p.Archive, p.Length+1))
	switch {
	case err != nil:
		return nil, model.Errorf(model.Invalid, "read archive: %w", err)
	case int64(len(body)) != p.Length:
		return nil, model.Errorf(model.Invalid, "the archive is not %d bytes long, as its Content-Length says", p.Length)
	}
	return body, nil
}

func checkClear(names []string, all []project.Workflow) error {
	for _, name := range names {
		if !slices.ContainsFunc(all, func(w project.Workflow) bool { return w.Name == name }) {
			return model.Errorf(model.Invalid, "can't clear the schedule of %q: the revision has no such workflow", name)
		}
	}
	return nil
}

func stored(all []project.Workflow) []store.Workflow {
	list := make([]store.Workflow, len(all))
	for i, w := range all {
		list[i] = store.Workflow{Name: w.Name, Zone: w.Zone, Config: w.Config, Definition: w.Definition}
	}
	return list
}

// reschedule says when workflows run next after a push: one that has run goes
// on where it was, under its new rule; one that has not begins at p.From.
func reschedule(p Push, all []project.Workflow) func(*store.Workflow, *store.Schedule) *store.Schedule {
	return func(w *store.Workflow, last *store.Schedule) *store.Schedule {
		i := slices.IndexFunc(all, func(of project.Workflow) bool { return of.Name == w.Name })
		rule := all[i].Schedule
		if rule == nil {
			return nil
		}
		if p.ClearAll || slices.Contains(p.Clear, w.Name) {
			last = nil
		}
		return conductor.Reschedule(rule, last, p.From)
	}
}
