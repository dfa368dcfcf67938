package service

import (
	"bytes"
	"context"
	"slices"
	"strconv"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/store"
)

// Follow makes a project be what a folder defines now: it adds a revision
// without an archive, named 1, 2, 3 and so on, unless the newest one is the
// same. It returns the name of the new revision, or "". What is wrong with the
// files is Invalid, and leaves the project as it is. {{now}} in pipelines is when
// the service was made, so that it alone makes no revisions.
func (s *Service) Follow(ctx context.Context, name, dir string) (revision string, err error) {
	contents, err := project.Read(ctx, dir, s.began)
	if err != nil {
		return "", err
	}
	number := 0
	last, err := s.cfg.Store.ProjectNamed(ctx, name)
	switch {
	case model.CodeOf(err) == model.NotFound:
	case err != nil:
		return "", err
	default:
		same, err := s.unchanged(ctx, &last.Latest, contents.Workflows)
		if err != nil || same {
			return "", err
		}
		if number, err = strconv.Atoi(last.Latest.Name); err != nil {
			return "", model.Errorf(model.Conflict, "project %q has a revision %q, which is not one of a folder", name, last.Latest.Name)
		}
	}
	now := s.now()
	revision = strconv.Itoa(number + 1)
	_, err = s.cfg.Store.Push(ctx, store.Push{
		Project: name, Workflows: stored(contents.Workflows),
		Revision:  store.Revision{Name: revision, Archive: store.Archive{Type: store.NoArchive}, Created: model.InstantOf(now)},
		Schedules: reschedule(Push{From: now}, contents.Workflows),
	})
	return revision, err
}

// unchanged reports whether a revision has just these workflows.
func (s *Service) unchanged(ctx context.Context, of *store.Revision, now []project.Workflow) (bool, error) {
	before, err := s.Workflows(ctx, of)
	if err != nil || !slices.EqualFunc(before, now, sameWorkflow) {
		return false, err
	}
	for i := range now {
		if d := now[i].Definition.Dialect; d != pipeline.Dialect && d != pawlfile.Dialect {
			continue
		}
		w, err := s.cfg.Store.Workflow(ctx, before[i].ID) // all that it says is in there only
		if err != nil || !bytes.Equal(w.Definition.AppendBinary(nil), now[i].Definition.AppendBinary(nil)) {
			return false, err
		}
	}
	return true, nil
}

func sameWorkflow(a store.Workflow, b project.Workflow) bool {
	return a.Name == b.Name && a.Zone == b.Zone && params.Equal(a.Config, b.Config)
}
