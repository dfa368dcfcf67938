package tables

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// projects deletes revisions of projects that were deleted long enough ago,
// and the projects that have no more, and reports whether there is more.
func (w *sweep) projects() (more bool, err error) {
	before := store.Expired(w.now, w.of.Projects)
	if before == 0 {
		return false, nil
	}
	var old []model.ProjectID
	err = w.conn.Query(`
		SELECT p.id FROM projects p
		WHERE p.deleted <> 0 AND p.deleted < ? AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.project = p.id)
		ORDER BY p.deleted, p.id LIMIT ? + 0`,
		func(r Row) error {
			old = append(old, model.ProjectID(r.Int(0)))
			return nil
		}, int64(before), int64(w.limit))
	room := int64(store.PruneBytes)
	for _, id := range old {
		if err == nil && !more {
			more, err = w.project(id, &room)
		}
	}
	if err != nil || len(w.Revisions) == 0 {
		return more, err
	}
	return more || len(old) == w.limit, w.dropRevisions()
}

// project selects the revisions of a project that go, up to the newest, and
// reports whether others stay. room is how large their archives may be.
func (w *sweep) project(id model.ProjectID, room *int64) (more bool, err error) {
	err = w.conn.Query(selectRevisions+`WHERE r.project = ? ORDER BY r.id`, func(r Row) error {
		if len(w.Revisions) == w.limit || *room <= 0 {
			more = true
			return ErrEnough
		}
		v, err := readRevision(r)
		if v.Archive.Type == store.InStore {
			*room -= v.Archive.Size
		}
		w.Revisions = append(w.Revisions, v)
		return err
	}, int64(id))
	if err == nil && !more {
		w.Projects = append(w.Projects, id)
	}
	return more, err
}

func (w *sweep) dropRevisions() error {
	ids := make([]model.RevisionID, len(w.Revisions))
	for i := range w.Revisions {
		ids[i] = w.Revisions[i].ID
	}
	revisions := idList(ids)
	var used []int64
	err := w.conn.Query(`SELECT DISTINCT definition FROM workflows WHERE revision IN (`+w.dialect.Numbers+`)`, func(r Row) error {
		used = append(used, r.Int(0))
		return nil
	}, revisions)
	if err != nil {
		return err
	}
	if err := w.orphan(revisions); err != nil {
		return err
	}
	for _, from := range []string{"workflows WHERE revision", "archives WHERE revision", "revisions WHERE project <> 0 AND id"} {
		if err := w.drop(from, revisions); err != nil {
			return err
		}
	}
	if err := w.drop("facts WHERE project", idList(w.Projects)); err != nil {
		return err
	}
	if err := w.drop("projects WHERE id", idList(w.Projects)); err != nil {
		return err
	}
	return w.drop(`definitions WHERE
		NOT EXISTS (SELECT 1 FROM attempts a WHERE a.definition = definitions.id) AND
		NOT EXISTS (SELECT 1 FROM workflows w WHERE w.definition = definitions.id) AND id`, idList(used))
}
