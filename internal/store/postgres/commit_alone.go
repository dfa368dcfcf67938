package postgres

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
	"github.com/pawlhq/pawl/internal/store/tables"
)

const takeLeft = `DELETE FROM posts WHERE attempt = ANY ($1) AND id <> ALL ($2) RETURNING id, attempt, task, body`

// commitAlone commits a batch that returns messages, or ends attempts to which
// some are posted, or which others come after. What is returned is routed among
// those who listen when the rest is written. As long as it takes, nobody routes,
// posts, begins to listen or wakes what comes after a session.
//
// Attempts that get a message are locked after those that the batch ends, in
// order of id. Who has locked one of them, to end it, waits for others of them at
// most, in the same order: not for what is locked here before.
func (s *Store) commitAlone(ctx context.Context, c *pgx.Conn, p *tables.Plan) (woke bool, err error) {
	err = pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, awaitOrder, s.space, orderLock); err != nil {
			return err
		}
		left, err := takeLeftOf(ctx, tx, p.Batch)
		if err != nil {
			return err
		}
		woke, err = s.writeReturns(ctx, tx, p, tables.NewSignalPlan(p.Batch, left))
		return err
	})
	return woke, err
}

// takeLeftOf takes what is posted to the attempts that a batch ends, and returns
// the messages among it.
func takeLeftOf(ctx context.Context, tx pgx.Tx, b *store.Batch) ([]engine.Buried, error) {
	ended := []model.AttemptID{}
	for i := range b.Attempts {
		if b.Attempts[i].State.Done() {
			ended = append(ended, b.Attempts[i].ID)
		}
	}
	rows, err := tx.Query(ctx, takeLeft, ended, column(b.Consumed, func(id *store.PostID) int64 { return int64(*id) }))
	if err != nil {
		return nil, err
	}
	var posts []store.Post
	var id store.PostID
	var attempt model.AttemptID
	var task model.TaskID
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &attempt, &task, &body}, func() error {
		posts = append(posts, tables.PostOf(id, attempt, task, body))
		return nil
	})
	slices.SortFunc(posts, func(a, b store.Post) int { return cmp.Compare(a.ID, b.ID) })
	return routing.Left(posts, b.Attempts), err
}

// writeReturns writes a batch, and routes what it returns.
func (s *Store) writeReturns(ctx context.Context, tx pgx.Tx, plan *tables.Plan, p *tables.SignalPlan) (woke bool, err error) {
	l := mailLedger{Ledger: routing.NewLedger(), ended: new(bool)}
	var written, routed pgx.Batch
	tell := tellIf(&woke)
	written.Queue(commitText, s.commitArgs(plan, true)...).QueryRow(tell)
	queueItems(&written, plan)
	if p == nil {
		err = tx.SendBatch(ctx, &written).Close()
		return woke, err
	}
	written.Queue(signalsText, signalArgs(p)...).QueryRow(tell)
	m := routing.Return(p.Returned)
	asked := routing.Asked([]*routing.Mail{m})
	l.read(&written, &asked)
	if err := tx.SendBatch(ctx, &written).Close(); err != nil {
		return false, err
	}
	if err := l.settle(ctx, tx.Conn(), asked.Keys); err != nil {
		return false, err
	}
	if err := m.Decide(l.Ledger); err != nil {
		return false, err
	}
	l.write(&routed)
	return woke || m.Wakes(), tx.SendBatch(ctx, &routed).Close()
}
