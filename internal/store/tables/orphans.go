package tables

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// An orphan is a row of revisions that is of no project. One that was created
// at no time is to be removed.

// AddOrphan implements store.Orphans.
func (t *Tables) AddOrphan(ctx context.Context, a store.Archive, now model.Instant) (id store.OrphanID, err error) {
	err = t.db.Write(ctx, "note archive", func(c Conn) error {
		n, err := c.Insert(`
			INSERT INTO revisions (project, name, archive_type, archive_path, archive_md5, archive_size, created)
			VALUES (0, ?, ?, ?, ?, ?, ?)`, a.Path, a.Type, a.Path, a.MD5, a.Size, int64(now))
		id = store.OrphanID(n)
		return err
	})
	return id, err
}

// adopt makes an archive that is about to get a revision no orphan any more.
func adopt(c Conn, id store.OrphanID) error {
	if id == 0 {
		return nil
	}
	n, err := c.Exec(`DELETE FROM revisions WHERE id = ? AND project = 0 AND created <> 0`, int64(id))
	if err == nil && n == 0 {
		err = store.NotAdopted()
	}
	return err
}

// orphan makes orphans of the archives of revisions that go.
func (w *sweep) orphan(revisions string) error {
	_, err := w.conn.Exec(`
		UPDATE revisions SET project = 0, name = 'pruned ' || id, user_info = NULL, created = 0
		WHERE archive_type NOT IN (?, ?) AND id IN (`+w.dialect.Numbers+`)`, store.InStore, store.NoArchive, revisions)
	return err
}

// Orphans implements store.Orphans.
func (t *Tables) Orphans(ctx context.Context, before model.Instant, after store.OrphanID, n int) (list []store.Orphan, err error) {
	err = t.db.Write(ctx, "look for archives", func(c Conn) error {
		list = nil
		_, err := c.Exec(`UPDATE revisions SET created = 0 WHERE project = 0 AND created <> 0 AND created < ?`, int64(before))
		if err != nil {
			return err
		}
		return c.Query(selectRevisions+`WHERE r.project = 0 AND r.created = 0 AND r.id > ? ORDER BY r.id LIMIT ? + 0`, func(r Row) error {
			v, err := readRevision(r)
			list = append(list, store.Orphan{ID: store.OrphanID(v.ID), Archive: v.Archive})
			return err
		}, int64(after), int64(n))
	})
	return list, err
}

// DropOrphans implements store.Orphans.
func (t *Tables) DropOrphans(ctx context.Context, ids []store.OrphanID) error {
	return t.db.Write(ctx, "forget archives", func(c Conn) error {
		_, err := c.Exec(`DELETE FROM revisions WHERE project = 0 AND id IN (`+t.dialect.Numbers+`)`, idList(ids))
		return err
	})
}
