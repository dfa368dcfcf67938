package tables

import (
	"context"
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

const selectProjects = `
	SELECT p.id, p.name, p.created, p.deleted,
	       r.id, r.project, r.name, r.archive_type, r.archive_path, r.archive_md5, r.archive_size, r.user_info, r.created
	FROM projects p JOIN revisions r ON r.id = p.latest `

const selectRevisions = `
	SELECT r.id, r.project, r.name, r.archive_type, r.archive_path, r.archive_md5, r.archive_size, r.user_info, r.created
	FROM revisions r `

func readProject(r Row) (p store.Project, err error) {
	p = store.Project{
		ID: model.ProjectID(r.Int(0)), Name: r.Text(1),
		Created: model.Instant(r.Int(2)), Deleted: model.Instant(r.Int(3)),
	}
	p.Latest, err = readRevision(r[4:])
	return p, err
}

func readRevision(r Row) (v store.Revision, err error) {
	v = store.Revision{
		ID: model.RevisionID(r.Int(0)), Project: model.ProjectID(r.Int(1)), Name: r.Text(2),
		Archive: store.Archive{Type: r.Text(3), Path: r.Text(4), MD5: r.Blob(5), Size: r.Int(6)},
		Created: model.Instant(r.Int(8)),
	}
	v.UserInfo, err = record.DecodeMap(r.Blob(7))
	return v, err
}

func projects(c Conn, where string, args ...driver.Value) (list []store.Project, err error) {
	err = c.Query(selectProjects+where, func(r Row) error {
		p, err := readProject(r)
		list = append(list, p)
		return err
	}, args...)
	return list, err
}

// oneProject returns the only project that a condition finds.
func (t *Tables) oneProject(ctx context.Context, missing error, where string, args ...driver.Value) (p store.Project, err error) {
	err = t.db.Read(ctx, "read project", func(c Conn) error {
		list, err := projects(c, where, args...)
		if err == nil && len(list) == 0 {
			err = missing
		}
		if err == nil {
			p = list[0]
		}
		return err
	})
	return p, err
}

func unknownProject(id model.ProjectID) error {
	return model.Errorf(model.NotFound, "there is no project %d", id)
}

// Project implements store.Projects.
func (t *Tables) Project(ctx context.Context, id model.ProjectID) (store.Project, error) {
	return t.oneProject(ctx, unknownProject(id), `WHERE p.id = ?`, int64(id))
}

// ProjectNamed implements store.Projects.
func (t *Tables) ProjectNamed(ctx context.Context, name string) (store.Project, error) {
	return t.oneProject(ctx, model.Errorf(model.NotFound, "there is no project %q", name), `WHERE p.name = ? AND p.deleted = 0`, name)
}

// ListProjects implements store.Projects.
func (t *Tables) ListProjects(ctx context.Context, f store.ProjectFilter, page store.Page) (list []store.Project, next string, err error) {
	limit, past, err := page.Bounds()
	if err != nil {
		return nil, "", err
	}
	err = t.db.Read(ctx, "list projects", func(c Conn) (err error) {
		list, err = projects(c, `WHERE p.deleted = 0 AND p.id > ? AND `+t.dialect.Position+`(p.name, ?) > 0 ORDER BY p.id LIMIT ? + 0`,
			past, f.Contains, int64(limit)+1)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	list, next = store.Cut(list, limit, func(p store.Project) int64 { return int64(p.ID) })
	return list, next, nil
}

// DeleteProject implements store.Projects.
func (t *Tables) DeleteProject(ctx context.Context, id model.ProjectID, now model.Instant) (p store.Project, err error) {
	err = t.db.Write(ctx, "delete project", func(c Conn) error {
		list, err := projects(c, `WHERE p.id = ? AND p.deleted = 0`, int64(id))
		if err == nil && len(list) == 0 {
			err = unknownProject(id)
		}
		if err != nil {
			return err
		}
		p = list[0]
		if _, err := c.Exec(`UPDATE projects SET deleted = ? WHERE id = ?`, int64(now), int64(id)); err != nil {
			return err
		}
		if _, err := c.Exec(`DELETE FROM schedules WHERE project = ?`, int64(id)); err != nil {
			return err
		}
		if err := dropSensors(c, id, nil); err != nil {
			return err
		}
		_, err = c.Exec(`DELETE FROM secrets WHERE project = ?`, int64(id))
		return err
	})
	return p, err
}

func (t *Tables) revisions(ctx context.Context, where string, args ...driver.Value) (list []store.Revision, err error) {
	err = t.db.Read(ctx, "read revisions", func(c Conn) error {
		return c.Query(selectRevisions+where, func(r Row) error {
			v, err := readRevision(r)
			list = append(list, v)
			return err
		}, args...)
	})
	return list, err
}

// Revision implements store.Projects.
func (t *Tables) Revision(ctx context.Context, project model.ProjectID, name string) (store.Revision, error) {
	where, args := `JOIN projects p ON p.latest = r.id WHERE p.id = ?`, []driver.Value{int64(project)}
	if name != "" {
		where, args = `WHERE r.project = ? AND r.name = ? AND r.project <> 0`, []driver.Value{int64(project), name}
	}
	list, err := t.revisions(ctx, where, args...)
	switch {
	case err != nil:
		return store.Revision{}, err
	case len(list) > 0:
		return list[0], nil
	case name == "":
		return store.Revision{}, unknownProject(project)
	}
	return store.Revision{}, model.Errorf(model.NotFound, "project %d has no revision %q", project, name)
}

// ListRevisions implements store.Projects.
func (t *Tables) ListRevisions(ctx context.Context, project model.ProjectID, page store.Page) ([]store.Revision, string, error) {
	limit, past, err := page.Bounds()
	if err != nil {
		return nil, "", err
	}
	list, err := t.revisions(ctx, `WHERE r.project = ? AND r.id < ? AND r.project <> 0 ORDER BY r.id DESC LIMIT ? + 0`,
		int64(project), store.Below(past), int64(limit)+1)
	if err != nil {
		return nil, "", err
	}
	list, next := store.Cut(list, limit, func(v store.Revision) int64 { return int64(v.ID) })
	return list, next, nil
}

// ArchiveBytes implements store.Projects.
func (t *Tables) ArchiveBytes(ctx context.Context, id model.RevisionID) (bytes []byte, err error) {
	found := false
	err = t.db.Read(ctx, "read archive", func(c Conn) error {
		return c.Query(`SELECT bytes FROM archives WHERE revision = ?`, func(r Row) error {
			bytes, found = r.Blob(0), true
			return nil
		}, int64(id))
	})
	if err == nil && !found {
		err = model.Errorf(model.NotFound, "the store has no archive of revision %d", id)
	}
	return bytes, err
}
