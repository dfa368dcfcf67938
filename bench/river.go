package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// riverQueue is River on a database of the benchmark, with as many workers as
// its own benchmark has, and fetching more often than it does by default.
type riverQueue struct {
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	schema string

	mu      sync.Mutex
	waiting map[string]chan struct{} // chains, by name
	done    chan struct{}            // has an entry for each single job
}

const riverWorkers = 2_000

// single is a job that does nothing.
type single struct{}

// Kind implements river.JobArgs.
func (single) Kind() string { return "single" }

// link is a job that inserts the next of a chain in the transaction that
// completes it.
type link struct {
	Chain string `json:"chain"`
	Left  int    `json:"left"`
}

// Kind implements river.JobArgs.
func (link) Kind() string { return "link" }

type singles struct {
	river.WorkerDefaults[single]
	q *riverQueue
}

// Work implements river.Worker.
func (w *singles) Work(context.Context, *river.Job[single]) error {
	w.q.done <- struct{}{}
	return nil
}

type links struct {
	river.WorkerDefaults[link]
	q *riverQueue
}

// Work implements river.Worker.
func (w *links) Work(ctx context.Context, j *river.Job[link]) error {
	err := pgx.BeginFunc(ctx, w.q.pool, func(tx pgx.Tx) error {
		if j.Args.Left > 1 {
			next := link{j.Args.Chain, j.Args.Left - 1}
			if _, err := w.q.client.InsertTx(ctx, tx, next, nil); err != nil {
				return err
			}
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, j)
		return err
	})
	if err == nil && j.Args.Left <= 1 {
		w.q.mu.Lock()
		defer w.q.mu.Unlock()
		close(w.q.waiting[j.Args.Chain])
	}
	return err
}

// openRiver opens an empty queue that is not worked yet, for so many jobs.
func (h *harness) openRiver(jobs int) (*riverQueue, error) {
	return h.openRiverOn(jobs, map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: riverWorkers}})
}

// openRiverOn does so with several queues.
func (h *harness) openRiverOn(jobs int, queues map[string]river.QueueConfig) (*riverQueue, error) {
	cfg, err := h.newSchema()
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	if err := onServer(cfg.URL, `CREATE SCHEMA "`+cfg.Schema+`"`); err != nil {
		return nil, err
	}
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, err
	}
	pc.MaxConns = 50
	pc.ConnConfig.RuntimeParams["search_path"] = cfg.Schema
	q := &riverQueue{schema: cfg.Schema, waiting: make(map[string]chan struct{}), done: make(chan struct{}, jobs)}
	if q.pool, err = pgxpool.NewWithConfig(ctx, pc); err != nil {
		return nil, err
	}
	db := riverpgxv5.New(q.pool)
	migrator, err := rivermigrate.New(db, &rivermigrate.Config{Logger: quietly()})
	if err != nil {
		return nil, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &singles{q: q})
	river.AddWorker(workers, &links{q: q})
	q.client, err = river.NewClient(db, &river.Config{
		Queues: queues, Workers: workers,
		FetchCooldown: 2 * time.Millisecond, FetchPollInterval: 20 * time.Millisecond, Logger: quietly(),
	})
	return q, err
}

func (q *riverQueue) close() error {
	ctx := context.Background()
	if err := q.client.Stop(ctx); err != nil {
		return err
	}
	_, err := q.pool.Exec(ctx, `DROP SCHEMA "`+q.schema+`" CASCADE; CHECKPOINT`)
	q.pool.Close()
	return err
}

// chain runs a chain of jobs to its end.
func (q *riverQueue) chain(name string, jobs int) error {
	done := make(chan struct{})
	q.mu.Lock()
	q.waiting[name] = done
	q.mu.Unlock()
	if _, err := q.client.Insert(context.Background(), link{name, jobs}, nil); err != nil {
		return err
	}
	<-done
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.waiting, name)
	return nil
}

// chains runs chains of so many jobs and returns how long each took.
func (h *harness) chains(jobs, n, inFlight int) (took []time.Duration, all time.Duration, err error) {
	q, err := h.openRiver(0)
	if err != nil {
		return nil, 0, err
	}
	if err := q.client.Start(context.Background()); err != nil {
		return nil, 0, err
	}
	if err := q.chain("first", jobs); err != nil {
		return nil, 0, err
	}
	began := time.Now()
	took, err = inTurn(n, inFlight, func(i int) error { return q.chain(fmt.Sprint(i), jobs) })
	all = time.Since(began)
	return took, all, errors.Join(err, q.close())
}

// riverChains measures chains of three jobs, in steps per second.
func (h *harness) riverChains(l load) testCase {
	n := min(l.workflows, h.size(1_000, 5))
	return testCase{fmt.Sprintf("river-%d", l.inFlight), "steps/s", func() (float64, error) {
		_, all, err := h.chains(stepsOfWorkflow, n, l.inFlight)
		return float64(n*stepsOfWorkflow) / all.Seconds(), err
	}}
}

// riverJobs measures single jobs, inserted 1,000 at a time and then worked, in
// jobs per second.
func (h *harness) riverJobs(n int) testCase {
	return testCase{"river", "jobs/s", func() (float64, error) {
		q, err := h.openRiver(n)
		if err != nil {
			return 0, err
		}
		ctx := context.Background()
		began := time.Now()
		for left := n; left > 0; left -= insertAtOnce {
			batch := make([]river.InsertManyParams, min(left, insertAtOnce))
			for i := range batch {
				batch[i].Args = single{}
			}
			if _, err := q.client.InsertManyFast(ctx, batch); err != nil {
				return 0, err
			}
		}
		if err := q.client.Start(ctx); err != nil {
			return 0, err
		}
		for range n {
			<-q.done
		}
		if err := q.client.Stop(ctx); err != nil { // what is done is written by then
			return 0, err
		}
		took := time.Since(began)
		var completed int
		if err := q.pool.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE state = 'completed'`).Scan(&completed); err != nil {
			return 0, err
		}
		if completed != n {
			return 0, fmt.Errorf("%d of %d jobs are completed", completed, n)
		}
		return float64(n) / took.Seconds(), q.close()
	}}
}
