package memory

import (
	"bytes"
	"context"
	"maps"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/store"
)

type revision struct {
	store.Revision
	bytes []byte
}

// Push implements store.Projects.
func (s *Store) Push(ctx context.Context, p store.Push) (store.Project, error) {
	var pushed store.Project
	err := s.write(ctx, func() (bool, error) {
		of := s.live[p.Project]
		if of == nil {
			of = &store.Project{ID: model.ProjectID(len(s.projects) + 1), Name: p.Project, Created: p.Revision.Created}
		} else if _, err := s.revisionNamed(of.ID, p.Revision.Name); err == nil {
			return false, model.Errorf(model.Conflict, "project %q has a revision %q already", p.Project, p.Revision.Name)
		}
		if err := s.adoptable(p.Orphan); err != nil {
			return false, err
		}
		delete(s.orphans, p.Orphan)
		workflows := s.numbered(of, &p)
		plans := s.plans(&p, workflows)
		if of.Latest.ID == 0 {
			s.projects = append(s.projects, of)
			s.live[of.Name] = of
		}
		of.Latest = s.addRevision(of.ID, &p)
		s.workflows = append(s.workflows, workflows...)
		s.schedule(of, workflows, plans, p.Revision.Created)
		s.sensors.sense(of, workflows, p.Revision.Created)
		pushed = *of
		return true, nil
	})
	return pushed, err
}

// numbered returns the workflows of a push as they will be.
func (s *Store) numbered(of *store.Project, p *store.Push) []*store.Workflow {
	list := make([]*store.Workflow, len(p.Workflows))
	for i, w := range p.Workflows {
		w.ID = model.WorkflowID(len(s.workflows) + i + 1)
		w.Project, w.ProjectName = of.ID, of.Name
		w.Revision, w.RevisionName = model.RevisionID(len(s.revisions)+1), p.Revision.Name
		list[i] = &w
	}
	return list
}

func (s *Store) addRevision(of model.ProjectID, p *store.Push) store.Revision {
	r := &revision{Revision: p.Revision, bytes: bytes.Clone(p.Bytes)}
	r.ID, r.Project = model.RevisionID(len(s.revisions)+1), of
	s.revisions = append(s.revisions, r)
	return r.Revision
}

// Project implements store.Projects.
func (s *Store) Project(ctx context.Context, id model.ProjectID) (store.Project, error) {
	if err := s.enter(ctx); err != nil {
		return store.Project{}, err
	}
	defer s.mu.Unlock()
	p, err := at(s.projects, id, "project")
	if err != nil {
		return store.Project{}, err
	}
	return *p, nil
}

// ProjectNamed implements store.Projects.
func (s *Store) ProjectNamed(ctx context.Context, name string) (store.Project, error) {
	if err := s.enter(ctx); err != nil {
		return store.Project{}, err
	}
	defer s.mu.Unlock()
	p, ok := s.live[name]
	if !ok {
		return store.Project{}, model.Errorf(model.NotFound, "there is no project %q", name)
	}
	return *p, nil
}

// ListProjects implements store.Projects.
func (s *Store) ListProjects(ctx context.Context, f store.ProjectFilter, p store.Page) ([]store.Project, string, error) {
	limit, past, err := s.enterPage(ctx, p)
	if err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	list, next := page(limit, oldest(s.projects, past), func(p *store.Project) (store.Project, bool) {
		return *p, p.Deleted == 0 && strings.Contains(p.Name, f.Contains)
	}, func(p store.Project) int64 { return int64(p.ID) })
	return list, next, nil
}

// DeleteProject implements store.Projects.
func (s *Store) DeleteProject(ctx context.Context, id model.ProjectID, now model.Instant) (store.Project, error) {
	if err := s.enter(ctx); err != nil {
		return store.Project{}, err
	}
	defer s.mu.Unlock()
	p, err := at(s.projects, id, "project")
	if err == nil && p.Deleted != 0 {
		err = model.Errorf(model.NotFound, "project %d was deleted", id)
	}
	if err != nil {
		return store.Project{}, err
	}
	before := *p
	p.Deleted = now
	delete(s.live, p.Name)
	s.keepSchedules(id, nil)
	s.sensors.keep(id, nil)
	maps.DeleteFunc(s.secrets, func(p secret.Place, _ string) bool { return p.Project == id })
	return before, nil
}

// Revision implements store.Projects.
func (s *Store) Revision(ctx context.Context, project model.ProjectID, name string) (store.Revision, error) {
	if err := s.enter(ctx); err != nil {
		return store.Revision{}, err
	}
	defer s.mu.Unlock()
	p, err := at(s.projects, project, "project")
	switch {
	case err != nil:
		return store.Revision{}, err
	case name == "":
		return p.Latest, nil
	}
	return s.revisionNamed(project, name)
}

func (s *Store) revisionNamed(project model.ProjectID, name string) (store.Revision, error) {
	for r := range all(s.revisions) {
		if r.Project == project && r.Name == name {
			return r.Revision, nil
		}
	}
	return store.Revision{}, model.Errorf(model.NotFound, "project %d has no revision %q", project, name)
}

// ListRevisions implements store.Projects.
func (s *Store) ListRevisions(ctx context.Context, project model.ProjectID, p store.Page) ([]store.Revision, string, error) {
	limit, past, err := s.enterPage(ctx, p)
	if err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	list, next := page(limit, newest(s.revisions, past), func(r *revision) (store.Revision, bool) {
		return r.Revision, r.Project == project
	}, func(r store.Revision) int64 { return int64(r.ID) })
	return list, next, nil
}

// ArchiveBytes implements store.Projects.
func (s *Store) ArchiveBytes(ctx context.Context, id model.RevisionID) ([]byte, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	r, err := at(s.revisions, id, "revision")
	switch {
	case err != nil:
		return nil, err
	case r.Archive.Type != store.InStore:
		return nil, model.Errorf(model.NotFound, "the archive of revision %d is not in the store", id)
	}
	return bytes.Clone(r.bytes), nil
}
