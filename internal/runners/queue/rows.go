package queue

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// rows reads and settles what River keeps.
type rows struct{ pool *pgxpool.Pool }

// row is a job that River has.
type row struct {
	river int64
	id    runner.ID
	began bool
}

const ids = `id, (args ->> 'attempt')::bigint, (args ->> 'task')::integer, (args ->> 'try')::integer, attempt > 0`

func (t rows) query(ctx context.Context, text string, args ...any) ([]row, error) {
	found, err := t.pool.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, func(r pgx.CollectableRow) (row row, err error) {
		err = r.Scan(&row.river, &row.id.Attempt, &row.id.Task, &row.id.Try, &row.began)
		return row, err
	})
}

// unfinished returns the jobs of attempts that have not ended.
func (t rows) unfinished(ctx context.Context, attempts []model.AttemptID) ([]row, error) {
	return t.query(ctx, `SELECT `+ids+` FROM river_job
		WHERE finalized_at IS NULL AND (args ->> 'attempt')::bigint = ANY ($1) AND kind = $2`, attempts, kind)
}

// known returns the jobs of attempts that have not ended, or not long ago.
func (t rows) known(ctx context.Context, attempts []model.AttemptID) ([]row, error) {
	return t.query(ctx, `SELECT `+ids+` FROM river_job
		WHERE (args ->> 'attempt')::bigint = ANY ($1) AND kind = $2`, attempts, kind)
}

// waiting counts the jobs that nobody has begun.
func (t rows) waiting(ctx context.Context) (n int, err error) {
	err = t.pool.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE state = 'available' AND kind = $1`, kind).Scan(&n)
	return n, err
}

// consumers returns the clients that have jobs.
func (t rows) consumers(ctx context.Context) ([]string, error) {
	found, err := t.pool.Query(ctx, `SELECT DISTINCT attempted_by[cardinality(attempted_by)] FROM river_job
		WHERE state = 'running' AND kind = $1`, kind)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, pgx.RowTo[string])
}

// given returns the jobs that a client was given some time ago and that have not
// ended.
func (t rows) given(ctx context.Context, client string) ([]row, error) {
	return t.query(ctx, `SELECT `+ids+` FROM river_job
		WHERE kind = $1 AND state = 'running' AND attempted_by[cardinality(attempted_by)] = $2
		AND attempted_at < now() - interval '5 seconds' LIMIT 1000`, kind, client)
}

// end ends a job that runs nowhere.
func (t rows) end(ctx context.Context, job int64) error {
	_, err := t.pool.Exec(ctx, `UPDATE river_job SET state = 'completed', finalized_at = now() WHERE id = $1 AND state = 'running'`, job)
	return err
}

// A job was lost when its consumer has died, or when River ended it in another
// way than as completed, which is how consumers end those of which the outcome
// is delivered. One that had not begun was called off: whoever did so reports
// it at once, unless he dies.
const whereLost = ` WHERE kind = $1 AND (
	state = 'running' AND attempted_by[cardinality(attempted_by)] = ANY ($2)
	OR state IN ('cancelled', 'discarded') AND (attempt > 0 OR finalized_at < now() - interval '10 seconds'))`

// lost returns the jobs that were lost, given the clients that have died.
func (t rows) lost(ctx context.Context, dead []string) ([]row, error) {
	return t.query(ctx, `SELECT `+ids+` FROM river_job`+whereLost+` ORDER BY id LIMIT 1000`, kind, dead)
}

// settle ends jobs that were lost, as their loss is delivered.
func (t rows) settle(ctx context.Context, dead []string, jobs []int64) error {
	_, err := t.pool.Exec(ctx, `UPDATE river_job SET state = 'completed', finalized_at = coalesce(finalized_at, now())`+
		whereLost+` AND id = ANY ($3)`, kind, dead, jobs)
	return err
}
