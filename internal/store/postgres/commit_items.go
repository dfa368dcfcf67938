package postgres

import (
	"context"
	"database/sql/driver"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/tables"
)

const (
	putItems = `
		UPDATE items i SET state = c.state, started = c.started, ended = c.ended, detail = c.detail
		FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::smallint[], $6::bigint[], $7::bigint[], $8::bytea[])
			AS c (attempt, task, list, idx, state, started, ended, detail)
		WHERE i.attempt = c.attempt AND i.task = c.task AND i.list = c.list AND i.idx = c.idx`
	sweepItems = `
		UPDATE items SET state = $1, ended = $2
		WHERE attempt = $3 AND task = $4 AND list = $5 AND idx >= $6 AND idx < $7 AND state = 0`
	dropTasks = `DELETE FROM tasks WHERE attempt = $1 AND id >= $2 AND id < $3`
	// lockProjects has commits wait for each other that write the same version in several
	// projects.
	lockProjects = `
		SELECT FROM projects WHERE id IN (SELECT project FROM attempts WHERE id = ANY ($1)) ORDER BY id FOR NO KEY UPDATE`
	dropGrowths = `DELETE FROM growths WHERE attempt = $1 AND (first = $2 AND kind = $4 OR parent >= $2 AND parent < $3)`
)

// changesItems reports whether a batch changes items, drops tasks, or has versions or
// facts.
func changesItems(p *tables.Plan) bool {
	return len(p.Items)+len(p.Sweeps)+len(p.Dropped)+len(p.Versions) > 0 || p.HasFacts()
}

// commitItems commits a batch that changes items and says nothing of messages, in
// one round trip and, as its statements are sent together, one transaction.
func (s *Store) commitItems(ctx context.Context, c *pgx.Conn, p *tables.Plan) (woke bool, err error) {
	var b pgx.Batch
	b.Queue(commitText, s.commitArgs(p, false)...).QueryRow(tellIf(&woke))
	queueItems(&b, p)
	err = c.SendBatch(ctx, &b).Close()
	return woke, err
}

// queueItems adds what a batch says of items, versions and facts to the statements that
// write it, after that which admits it.
func queueItems(b *pgx.Batch, p *tables.Plan) {
	if i := p.Items; len(i) > 0 {
		b.Queue(putItems,
			column(i, func(r *tables.ItemRow) int64 { return int64(r.Attempt) }),
			column(i, func(r *tables.ItemRow) int32 { return int32(r.Task) }),
			column(i, func(r *tables.ItemRow) int32 { return r.List }),
			column(i, func(r *tables.ItemRow) int64 { return r.Index }),
			column(i, func(r *tables.ItemRow) int16 { return int16(r.State) }),
			column(i, func(r *tables.ItemRow) int64 { return int64(r.Started) }),
			column(i, func(r *tables.ItemRow) int64 { return int64(r.Ended) }),
			column(i, func(r *tables.ItemRow) []byte { return r.Body }))
	}
	for _, r := range p.Sweeps {
		b.Queue(sweepItems, int16(r.State), int64(r.Ended), int64(r.Attempt), int32(r.Task), r.List, r.Index, r.To)
	}
	for _, d := range p.Dropped {
		b.Queue(dropTasks, int64(d.Attempt), int32(d.From), int32(d.To))
		b.Queue(dropGrowths, int64(d.Attempt), int32(d.From), int32(d.To), int16(engine.GrowPage))
	}
	queue := func(text string, args ...driver.Value) error { // what is queued can't fail yet
		b.Queue(numbered(text), anys(args)...)
		return nil
	}
	if p.OneVersion() {
		b.Queue(lockProjects, column(p.Named, func(id *model.AttemptID) int64 { return int64(*id) }))
	}
	_ = p.WriteVersions(queue)
	_ = p.WriteFacts(queue)
}
