package tables

import (
	"context"
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// What workflows of the newest revisions have, schedules and sensors, is read in one way:
// by their ids, the rows being those of a table s that names project and workflow.

// only returns the one row that an id has found, or a NotFound error.
func only[T any](list []T, err error, kind string, id int64) (one T, _ error) {
	switch {
	case err != nil:
		return one, err
	case len(list) == 0:
		return one, model.Errorf(model.NotFound, "there is no %s %d", kind, id)
	}
	return list[0], nil
}

// pageOf returns a page of what read returns of a project and a name, each zero for all.
func pageOf[T any](
	ctx context.Context, db DB, kind string, project model.ProjectID, name string, page store.Page,
	read func(c Conn, where string, args ...driver.Value) ([]T, error), id func(T) int64,
) (list []T, next string, err error) {
	limit, past, err := page.Bounds()
	if err != nil {
		return nil, "", err
	}
	where, args := `WHERE s.id > ?`, []driver.Value{past}
	if project != 0 {
		where, args = where+` AND s.project = ?`, append(args, int64(project))
	}
	if name != "" {
		where, args = where+` AND s.name = ?`, append(args, name)
	}
	err = db.Read(ctx, "list "+kind, func(c Conn) (err error) {
		list, err = read(c, where+` ORDER BY s.id LIMIT ? + 0`, append(args, int64(limit)+1)...)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	list, next = store.Cut(list, limit, id)
	return list, next, nil
}
