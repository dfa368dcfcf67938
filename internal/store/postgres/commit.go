package postgres

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// Commit implements store.Attempts.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	plan, signals := tables.NewPlan(b), tables.NewSignalPlan(b, nil)
	var woke bool
	err := s.withConn(ctx, func(ctx context.Context, c *pgx.Conn) (err error) {
		switch {
		case signals == nil && changesItems(plan):
			woke, err = s.commitItems(ctx, c, plan)
		case signals == nil:
			err = c.QueryRow(ctx, commitText, s.commitArgs(plan, false)...).Scan(&woke)
		case len(signals.Returned) == 0:
			woke, err = s.commitSignals(ctx, c, plan, signals)
		}
		if signals != nil && len(signals.Returned) > 0 || hasState(err, stateLeft) {
			woke, err = s.commitAlone(ctx, c, plan)
		}
		return err
	})
	if refused := refusal(err); refused != nil {
		return refused
	}
	if err != nil {
		return explain("commit", err)
	}
	if woke || len(b.Release) > 0 {
		s.announce()
	}
	return nil
}

// commitSpace makes the first number of the advisory locks of commits of that
// of the locks of leases, which have the same second number.
const commitSpace = 1

var commitText = calling("commit_batch", len((&Store{}).commitArgs(&tables.Plan{Batch: &store.Batch{}}, false)))

// calling returns a statement that calls a function with n arguments.
func calling(function string, n int) string {
	args := make([]string, n)
	for i := range args {
		args[i] = "$" + strconv.Itoa(i+1)
	}
	return "SELECT " + function + "(" + strings.Join(args, ", ") + ")"
}

// commitArgs returns the arguments of the function commit_batch, in order. Who is
// alone has the lock of those who give out numbers.
func (s *Store) commitArgs(p *tables.Plan, alone bool) []any {
	a := newest(p.Attempts, func(r *engine.AttemptRow) model.AttemptID { return r.ID })
	r := newest(p.Release, func(r *store.Release) model.AttemptID { return r.Attempt })
	g := growths(p.Grown)
	var ended []int64
	for _, row := range p.Attempts {
		if row.State.Done() {
			ended = append(ended, int64(row.ID))
		}
	}
	settled := slices.Clone(ended)
	for _, row := range r {
		settled = append(settled, int64(row.Attempt))
	}
	t, e := p.TaskRows, p.Chunks
	return []any{
		s.space ^ commitSpace, p.Owner, p.Epoch, alone, column(p.Named, func(id *model.AttemptID) int64 { return int64(*id) }),
		notNil(settled), notNil(ended),

		column(a, func(r *engine.AttemptRow) int64 { return int64(r.ID) }),
		column(a, func(r *engine.AttemptRow) int16 { return int16(r.State) }),
		column(a, func(r *engine.AttemptRow) bool { return r.CancelAsked }),
		column(a, func(r *engine.AttemptRow) int32 { return r.Tasks }),
		column(a, func(r *engine.AttemptRow) int64 { return int64(r.Started) }),
		column(a, func(r *engine.AttemptRow) int64 { return int64(r.Ended) }),
		column(a, func(r *engine.AttemptRow) []byte { return record.Map(r.Edits) }),
		column(a, func(r *engine.AttemptRow) []byte { return record.Map(r.Shared) }),

		column(t, func(r *tables.TaskRow) int64 { return int64(r.Attempt) }),
		column(t, func(r *tables.TaskRow) int32 { return int32(r.ID) }),
		column(t, func(r *tables.TaskRow) int32 { return int32(r.Parent) }),
		column(t, func(r *tables.TaskRow) string { return r.Name }),
		column(t, func(r *tables.TaskRow) int16 { return int16(r.State) }),
		column(t, func(r *tables.TaskRow) int32 { return int32(r.Flags) }),
		column(t, func(r *tables.TaskRow) int32 { return r.Try }),
		column(t, func(r *tables.TaskRow) int32 { return r.Retries }),
		column(t, func(r *tables.TaskRow) int64 { return int64(r.Started) }),
		column(t, func(r *tables.TaskRow) int64 { return int64(r.Ended) }),
		column(t, func(r *tables.TaskRow) int64 { return int64(r.Wake) }),
		column(t, func(r *tables.TaskRow) int64 { return int64(r.Deadline) }),
		column(t, func(r *tables.TaskRow) []byte { return r.Body }),

		column(g, func(g *engine.Growth) int64 { return int64(g.Attempt) }),
		column(g, func(g *engine.Growth) int32 { return int32(g.First) }),
		column(g, func(g *engine.Growth) int32 { return int32(g.Parent) }),
		column(g, func(g *engine.Growth) int16 { return int16(g.Kind) }),
		column(g, func(g *engine.Growth) []byte { return record.Growth(g) }),

		column(e, func(c *tables.Chunk) int64 { return int64(c.Attempt) }),
		column(e, func(c *tables.Chunk) int64 { return c.Last }),
		column(e, func(c *tables.Chunk) []byte { return c.Body }),

		column(p.Consumed, func(id *store.PostID) int64 { return int64(*id) }),

		column(r, func(r *store.Release) int64 { return int64(r.Attempt) }),
		column(r, func(r *store.Release) int64 { return int64(r.Wake) }),
	}
}

// column returns one thing of each row. It is never nil, which would be NULL.
func column[R, V any](rows []R, of func(*R) V) []V {
	list := make([]V, len(rows))
	for i := range rows {
		list[i] = of(&rows[i])
	}
	return list
}

func notNil(list []int64) []int64 {
	if list == nil {
		return []int64{}
	}
	return list
}

// newest returns the last row of each attempt, in order of attempts.
func newest[R any](rows []R, id func(*R) model.AttemptID) []R {
	compare := func(a, b R) int { return cmp.Compare(id(&a), id(&b)) }
	rows = slices.Clone(rows)
	slices.Reverse(rows)
	slices.SortStableFunc(rows, compare)
	return slices.CompactFunc(rows, func(a, b R) bool { return compare(a, b) == 0 })
}

// growths returns those to be written, without those that others of the batch
// take the place of.
func growths(all []engine.Growth) []engine.Growth {
	type key struct {
		attempt       model.AttemptID
		first, parent model.TaskID
		kind          engine.GrowthKind
	}
	places := make(map[key]int, len(all))
	kept := make([]engine.Growth, 0, len(all))
	for _, g := range all {
		k := key{g.Attempt, g.First, g.Parent, g.Kind}
		if at, ok := places[k]; ok {
			kept[at] = g
			continue
		}
		places[k] = len(kept)
		kept = append(kept, g)
	}
	return kept
}
