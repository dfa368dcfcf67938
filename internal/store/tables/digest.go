package tables

import (
	"cmp"
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Digest implements store.Digests.
func (t *Tables) Digest(ctx context.Context, q store.DigestQuery) ([]store.Digest, error) {
	var d store.Digester
	err := t.db.Read(ctx, "digest attempts", func(c Conn) error {
		d = store.Digester{}
		return c.Query(`
			SELECT a.id, a.project, a.workflow, a.state, a.started, a.ended FROM attempts a
			WHERE a.state <> 0 AND a.ended >= ? AND a.ended < ?`,
			func(r Row) error {
				e := store.EndedAttempt{
					ID: model.AttemptID(r.Int(0)), Project: model.ProjectID(r.Int(1)), Workflow: r.Text(2),
					State: engine.AttemptState(r.Int(3)), Started: model.Instant(r.Int(4)), Ended: model.Instant(r.Int(5)),
				}
				if q.Matches(&e) {
					d.Add(e)
				}
				return nil
			}, int64(q.From), int64(cmp.Or(q.Until, model.Never)))
	})
	if err != nil {
		return nil, err
	}
	return d.Digests(), nil
}
