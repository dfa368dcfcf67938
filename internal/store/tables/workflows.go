package tables

import (
	"context"
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

const selectWorkflows = `
	SELECT w.id, w.project, p.name, w.revision, r.name, w.name, w.zone, w.config, w.definition
	FROM workflows w JOIN revisions r ON r.id = w.revision JOIN projects p ON p.id = w.project `

func readWorkflow(r Row) (w store.Workflow, err error) {
	w = store.Workflow{
		ID: model.WorkflowID(r.Int(0)), Project: model.ProjectID(r.Int(1)), ProjectName: r.Text(2),
		Revision: model.RevisionID(r.Int(3)), RevisionName: r.Text(4), Name: r.Text(5), Zone: r.Text(6),
	}
	w.Config, err = record.DecodeMap(r.Blob(7))
	return w, err
}

// oneWorkflow returns the only workflow that a condition finds, with its
// definition.
func (t *Tables) oneWorkflow(ctx context.Context, missing error, where string, args ...driver.Value) (w store.Workflow, err error) {
	err = t.db.Read(ctx, "read workflow", func(c Conn) error {
		var definition int64
		err := c.Query(selectWorkflows+where, func(r Row) (err error) {
			definition = r.Int(8)
			w, err = readWorkflow(r)
			return err
		}, args...)
		switch {
		case err != nil:
			return err
		case w.ID == 0:
			return missing
		}
		w.Definition, err = t.definitions.load(c, definition)
		return err
	})
	return w, err
}

// Workflow implements store.Projects.
func (t *Tables) Workflow(ctx context.Context, id model.WorkflowID) (store.Workflow, error) {
	return t.oneWorkflow(ctx, model.Errorf(model.NotFound, "there is no workflow %d", id), `WHERE w.id = ?`, int64(id))
}

// WorkflowNamed implements store.Projects.
func (t *Tables) WorkflowNamed(ctx context.Context, revision model.RevisionID, name string) (store.Workflow, error) {
	return t.oneWorkflow(ctx, model.Errorf(model.NotFound, "revision %d has no workflow %q", revision, name),
		`WHERE w.revision = ? AND w.name = ?`, int64(revision), name)
}

// ListWorkflows implements store.Projects.
func (t *Tables) ListWorkflows(ctx context.Context, f store.WorkflowFilter, page store.Page) (list []store.Workflow, next string, err error) {
	limit, past, err := page.Bounds()
	if err != nil {
		return nil, "", err
	}
	where, args := `WHERE p.deleted = 0 AND p.latest = w.revision`, []driver.Value{}
	if f.Revision != 0 {
		where, args = `WHERE w.revision = ?`, []driver.Value{int64(f.Revision)}
	}
	switch {
	case f.Contains != "" && f.OrProject:
		where, args = where+` AND (`+t.dialect.Position+`(w.name, ?) > 0 OR `+t.dialect.Position+`(p.name, ?) > 0)`, append(args, f.Contains, f.Contains)
	case f.Contains != "":
		where, args = where+` AND `+t.dialect.Position+`(w.name, ?) > 0`, append(args, f.Contains)
	}
	if f.Newest {
		where, args = where+` AND w.id < ? ORDER BY w.id DESC LIMIT ? + 0`, append(args, store.Below(past))
	} else {
		where, args = where+` AND w.id > ? ORDER BY w.id LIMIT ? + 0`, append(args, past)
	}
	err = t.db.Read(ctx, "list workflows", func(c Conn) error {
		return c.Query(selectWorkflows+where, func(r Row) error {
			w, err := readWorkflow(r)
			list = append(list, w)
			return err
		}, append(args, int64(limit)+1)...)
	})
	if err != nil {
		return nil, "", err
	}
	list, next = store.Cut(list, limit, func(w store.Workflow) int64 { return int64(w.ID) })
	return list, next, nil
}
