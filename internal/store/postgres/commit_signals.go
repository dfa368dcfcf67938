package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/store/routing"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// commitSignals commits a batch that says something of messages, in one round
// trip and, as its statements are sent together, one transaction. It reports
// whether that leaves others something to do.
func (s *Store) commitSignals(ctx context.Context, c *pgx.Conn, p *tables.Plan, signals *tables.SignalPlan) (woke bool, err error) {
	var b pgx.Batch
	alone := signals.Numbers()
	if alone {
		b.Queue(awaitOrder, s.space, orderLock)
	}
	tell := tellIf(&woke)
	b.Queue(commitText, s.commitArgs(p, alone)...).QueryRow(tell)
	b.Queue(signalsText, signalArgs(signals)...).QueryRow(tell)
	queueItems(&b, p)
	err = c.SendBatch(ctx, &b).Close()
	return woke, err
}

// tellIf reads the answers of functions that report whether something is so, and
// sets what is given if one of them says so.
func tellIf(so *bool) func(pgx.Row) error {
	return func(row pgx.Row) error {
		var is bool
		err := row.Scan(&is)
		*so = *so || is
		return err
	}
}

var signalsText = calling("commit_signals", len(signalArgs(&tables.SignalPlan{})))

// signalArgs returns the arguments of the function commit_signals, in order.
func signalArgs(p *tables.SignalPlan) []any {
	u, t, s, r := p.Buried, p.Tasks, p.Open, p.Records
	fresh := slices.DeleteFunc(slices.Clone(s), func(s routing.Subscription) bool { return !s.Fresh })
	return []any{
		column(u, func(b *tables.BuriedRow) int64 { return int64(b.Attempt) }),
		column(u, func(b *tables.BuriedRow) int32 { return int32(b.Task) }),
		column(u, func(b *tables.BuriedRow) []byte { return tables.Stored(b.Message.Topic) }),
		column(u, func(b *tables.BuriedRow) []byte { return tables.Stored(b.Message.Source) }),
		column(u, func(b *tables.BuriedRow) []byte { return b.Mark[:] }),
		column(u, func(b *tables.BuriedRow) []byte { return b.Body }),
		column(u, func(b *tables.BuriedRow) int64 { return int64(b.At) }),
		column(u, func(b *tables.BuriedRow) []byte { return tables.Stored(b.Reason) }),

		column(t, func(t *routing.Listener) int64 { return int64(t.Attempt) }),
		column(t, func(t *routing.Listener) int32 { return int32(t.Task) }),

		column(s, func(s *routing.Subscription) int64 { return int64(s.Attempt) }),
		column(s, func(s *routing.Subscription) int32 { return int32(s.Task) }),
		column(s, func(s *routing.Subscription) []byte { return s.Mark[:] }),
		column(s, func(s *routing.Subscription) []byte { return tables.Stored(s.Key.Topic) }),
		column(s, func(s *routing.Subscription) []byte { return tables.Stored(s.Key.Param) }),
		column(s, func(s *routing.Subscription) []byte { return tables.Stored(s.Key.Value) }),
		column(s, func(s *routing.Subscription) int16 { return flag(s.Key.One) }),
		column(s, func(s *routing.Subscription) int64 { return int64(s.Since) }),

		column(fresh, func(s *routing.Subscription) int64 { return int64(s.Attempt) }),
		column(fresh, func(s *routing.Subscription) int32 { return int32(s.Task) }),

		column(r, func(r *tables.RecordRow) int64 { return int64(r.Attempt) }),
		column(r, func(r *tables.RecordRow) int32 { return int32(r.Task) }),
		column(r, func(r *tables.RecordRow) int32 { return r.Try }),
		column(r, func(r *tables.RecordRow) int32 { return r.Index }),
		column(r, func(r *tables.RecordRow) []byte { return tables.Stored(r.Topic) }),
		column(r, func(r *tables.RecordRow) []byte { return tables.Stored(r.Key) }),
		column(r, func(r *tables.RecordRow) []byte { return r.Stored }),
		column(r, func(r *tables.RecordRow) []byte { return r.Headed }),
		column(r, func(r *tables.RecordRow) int64 { return int64(r.At) }),
	}
}
