package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/store/tables"
)

// Take implements tables.DB.
func (d database) Take(ctx context.Context, what string, in *tables.Intake) error {
	if ctx.Err() != nil {
		return explain(what, context.Cause(ctx))
	}
	return explain(what, d.starts.do(ctx, in))
}

// runStarts reads what there is, lets each call decide in turn, and writes
// what they decided: two round trips, however many calls there are, and a
// third for a chain through sessions that exist. Nothing that they rely on
// changes in between. Only attempts may end, which leaves more room, and those
// that others come after are held.
func (s *Store) runStarts(intakes []*tables.Intake) []error {
	return oneByOne(intakes, func(intakes []*tables.Intake, errs []error) error {
		var l ledger
		return s.ordered(s.starts.lane, func(b *pgx.Batch) {
			q := tables.Ask(intakes)
			l = ledger{tables.NewLedger(len(q.Keys))}
			l.read(b, q)
		}, func(ctx context.Context, c *pgx.Conn, b *pgx.Batch) error {
			if formers := l.Formers(intakes); len(formers) > 0 {
				var more pgx.Batch
				l.hold(&more, formers)
				if err := c.SendBatch(ctx, &more).Close(); err != nil {
					return err
				}
			}
			for i, in := range intakes {
				errs[i] = in.Decide(l.Ledger)
			}
			l.write(b)
			return nil
		})
	})
}
