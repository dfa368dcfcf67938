package queue

import (
	"context"
	"slices"
	"time"

	"github.com/pawlhq/pawl/runner"
)

// sweepEvery is how often a Runner looks for jobs that were lost. Each of those
// that share the queue does.
const sweepEvery = time.Second

// sweep delivers the loss of jobs until ctx is done.
func (r *Runner) sweep(ctx context.Context) {
	for rest(ctx, sweepEvery) {
		if err := r.sweepOnce(ctx); err != nil && ctx.Err() == nil {
			r.log.Warn("lost tasks were not looked for", "error", err)
		}
	}
}

func (r *Runner) sweepOnce(ctx context.Context) error {
	dead, err := r.deadClients(ctx)
	if err != nil {
		return err
	}
	jobs, err := r.rows.lost(ctx, dead)
	if err != nil || len(jobs) == 0 {
		return err
	}
	settled := make([]int64, len(jobs))
	for i, row := range jobs {
		if err := r.q.cfg.Deliver(ctx, r.fate(row)); err != nil {
			return err
		}
		settled[i] = row.river
	}
	return r.rows.settle(ctx, dead, settled)
}

// fate returns the report of a job that nobody else reports.
func (r *Runner) fate(of row) runner.Report {
	if !of.began {
		return calledOff(of.id)
	}
	r.log.Warn("a task was lost with its worker", "job", of.id.String())
	return lost(of.id)
}

// deadClients returns the consumers that have jobs and have died.
func (r *Runner) deadClients(ctx context.Context) ([]string, error) {
	clients, err := r.rows.consumers(ctx)
	if err != nil || len(clients) == 0 {
		return nil, err
	}
	epochs := make([]int64, len(clients))
	for i, name := range clients {
		epochs[i] = epochOf(name)
	}
	dead, err := r.q.cfg.Store.Dead(ctx, epochs)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(clients, func(name string) bool { return !slices.Contains(dead, epochOf(name)) }), nil
}
