package tables

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// push is one that is encoded, outside of the transaction that it is for.
type push struct {
	store.Push
	definitions []encoded
	configs     [][]byte
	userInfo    []byte
}

// Push implements store.Projects.
func (t *Tables) Push(ctx context.Context, of store.Push) (p store.Project, err error) {
	one := push{Push: of, userInfo: record.Map(of.Revision.UserInfo)}
	for i := range of.Workflows {
		one.definitions = append(one.definitions, t.definitions.encode(of.Workflows[i].Definition))
		one.configs = append(one.configs, record.Map(of.Workflows[i].Config))
	}
	err = t.db.Write(ctx, "push", func(c Conn) (err error) {
		p, err = one.write(c)
		return err
	})
	if err != nil {
		return store.Project{}, err
	}
	t.db.Call()
	return p, nil
}

func (u *push) write(c Conn) (p store.Project, err error) {
	p = store.Project{Name: u.Project, Created: u.Revision.Created}
	list, err := projects(c, `WHERE p.name = ? AND p.deleted = 0`, u.Project)
	if err != nil {
		return p, err
	}
	if len(list) > 0 {
		p = list[0]
		_, found, err := number(c, `SELECT 1 FROM revisions WHERE project = ? AND name = ?`, int64(p.ID), u.Revision.Name)
		if err == nil && found {
			err = model.Errorf(model.Conflict, "project %q has a revision %q already", u.Project, u.Revision.Name)
		}
		if err != nil {
			return p, err
		}
	}
	if err := adopt(c, u.Orphan); err != nil {
		return p, err
	}
	if len(list) == 0 {
		if p.ID, err = insertProject(c, p); err != nil {
			return p, err
		}
	}
	p.Latest = u.Revision
	p.Latest.Project = p.ID
	if p.Latest.ID, err = u.insertRevision(c, p.ID); err != nil {
		return p, err
	}
	if _, err := c.Exec(`UPDATE projects SET latest = ? WHERE id = ?`, int64(p.Latest.ID), int64(p.ID)); err != nil {
		return p, err
	}
	return p, u.writeWorkflows(c, p)
}

func insertProject(c Conn, p store.Project) (model.ProjectID, error) {
	id, err := c.Insert(`INSERT INTO projects (name, latest, created, deleted) VALUES (?, 0, ?, 0)`, p.Name, int64(p.Created))
	return model.ProjectID(id), err
}

func (u *push) insertRevision(c Conn, project model.ProjectID) (model.RevisionID, error) {
	r := &u.Revision
	id, err := c.Insert(`
		INSERT INTO revisions (project, name, archive_type, archive_path, archive_md5, archive_size, user_info, created)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(project), r.Name, r.Archive.Type, r.Archive.Path, r.Archive.MD5, r.Archive.Size, u.userInfo, int64(r.Created))
	if err == nil && r.Archive.Type == store.InStore {
		_, err = c.Exec(`INSERT INTO archives (revision, bytes) VALUES (?, ?)`, id, notNil(u.Bytes))
	}
	return model.RevisionID(id), err
}

func (u *push) writeWorkflows(c Conn, p store.Project) error {
	scheduled, sensed := make(map[string]bool), make(map[string]bool)
	for i := range u.Workflows {
		w := u.Workflows[i]
		definition, err := u.definitions[i].store(c)
		if err != nil {
			return err
		}
		id, err := c.Insert(`INSERT INTO workflows (revision, project, name, zone, config, definition) VALUES (?, ?, ?, ?, ?, ?)`,
			int64(p.Latest.ID), int64(p.ID), w.Name, w.Zone, u.configs[i], definition)
		if err != nil {
			return err
		}
		w.ID, w.Project, w.ProjectName = model.WorkflowID(id), p.ID, p.Name
		w.Revision, w.RevisionName = p.Latest.ID, p.Latest.Name
		if scheduled[w.Name], err = u.schedule(c, &w); err != nil {
			return err
		}
		if sensed[w.Name], err = u.sense(c, &w); err != nil {
			return err
		}
	}
	if err := dropSchedules(c, p.ID, scheduled); err != nil {
		return err
	}
	return dropSensors(c, p.ID, sensed)
}

// schedule writes the schedule of a workflow, and reports whether it has one.
func (u *push) schedule(c Conn, w *store.Workflow) (bool, error) {
	if u.Schedules == nil {
		return false, nil
	}
	list, err := schedules(c, `WHERE s.project = ? AND s.name = ?`, int64(w.Project), w.Name)
	if err != nil {
		return false, err
	}
	var last *store.Schedule
	if len(list) > 0 {
		last = &list[0]
	}
	next := u.Schedules(w, last)
	switch {
	case next == nil:
		return false, nil
	case last == nil:
		_, err = c.Exec(`
			INSERT INTO schedules (project, name, workflow, next_run, next_time, last_time, evaluated, rule, disabled, created, updated, version)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 1)`,
			int64(w.Project), w.Name, int64(w.ID), int64(next.NextRun), int64(next.NextTime), int64(next.LastTime),
			int64(next.Evaluated), next.Rule, int64(u.Revision.Created), int64(u.Revision.Created))
	default:
		_, err = c.Exec(`
			UPDATE schedules SET workflow = ?, next_run = ?, next_time = ?, last_time = ?, evaluated = ?, rule = ?, updated = ?, version = version + 1
			WHERE id = ?`,
			int64(w.ID), int64(next.NextRun), int64(next.NextTime), int64(next.LastTime), int64(next.Evaluated), next.Rule,
			int64(u.Revision.Created), int64(last.ID))
		if t, ok := store.TickOfPush(last, next, u.Revision.Created); ok && err == nil {
			err = appendTicks(c, []store.Tick{t})
		}
	}
	return true, err
}

// dropSchedules removes those of workflows that have none any more.
func dropSchedules(c Conn, project model.ProjectID, keep map[string]bool) error {
	list, err := schedules(c, `WHERE s.project = ?`, int64(project))
	if err != nil {
		return err
	}
	for i := range list {
		if keep[list[i].WorkflowName] {
			continue
		}
		if _, err := c.Exec(`DELETE FROM schedules WHERE id = ?`, int64(list[i].ID)); err != nil {
			return err
		}
	}
	return nil
}

// notNil makes bytes of length zero different from none.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
