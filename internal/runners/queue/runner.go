package queue

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/runner"
)

// Runner puts jobs on queues. Their reports are delivered by whoever runs them;
// it reports itself only what never began. Light jobs run in this process, one
// after the other.
type Runner struct {
	*courier
	q *Queue
	// consumer, if not nil, works on the queue in this process.
	consumer *Consumer
	light    *local.Runner
	loops    sync.WaitGroup
	stop     context.CancelFunc
	once     sync.Once
	err      error // of closing
}

var _ runner.Adopter = (*Runner)(nil)

// NewRunner returns a Runner that is not started. The Consumer, if it is not
// nil, is the Runner's to start and to close.
func (q *Queue) NewRunner(c *Consumer) (*Runner, error) {
	client, err := q.client(q.settings())
	if err != nil {
		return nil, err
	}
	return &Runner{
		courier: &courier{client: client, rows: q.rows(), log: q.cfg.Log, wake: make(chan struct{}, 1)},
		q:       q, consumer: c, light: local.New(local.Config{Slots: 1}), stop: func() {},
	}, nil
}

// Start begins work, also on what was submitted before.
func (r *Runner) Start(report func([]runner.Report)) error {
	if err := r.light.Start(report); err != nil {
		return err
	}
	if r.consumer != nil {
		if err := r.consumer.Start(context.Background()); err != nil {
			return errors.Join(err, r.light.Close())
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop, r.refused = stop, report
	r.loops.Go(func() { r.carry(ctx) })
	r.loops.Go(func() { r.sweep(ctx) })
	return nil
}

// Submit takes jobs over. After Close it drops them.
func (r *Runner) Submit(jobs []runner.Job) {
	var light, heavy []runner.Job
	for _, j := range jobs {
		if j.Light {
			light = append(light, j)
		} else {
			heavy = append(heavy, j)
		}
	}
	r.light.Submit(light)
	r.post(heavy)
}

// Cancel ends a job as runner.Runner says.
func (r *Runner) Cancel(id runner.ID) {
	r.light.Cancel(id)
	r.callOff(id)
}

// Adopt returns the jobs of some attempts that are on the queue.
func (r *Runner) Adopt(ctx context.Context, attempts ...model.AttemptID) ([]runner.ID, error) {
	set := make(map[runner.ID]bool)
	for _, id := range r.underway(attempts) { // before the queue: they may arrive meanwhile
		set[id] = true
	}
	found, err := r.rows.unfinished(ctx, attempts)
	if err != nil {
		return nil, model.Errorf(model.Unavailable, "look for jobs on the queue: %w", err)
	}
	for _, row := range found {
		set[row.id] = true
	}
	return slices.Collect(maps.Keys(set)), nil
}

// Load counts the jobs of this process, and those that wait on all queues.
func (r *Runner) Load(ctx context.Context) (local.Load, error) {
	var l local.Load
	if r.consumer != nil {
		l = r.consumer.Load()
	}
	waiting, err := r.rows.waiting(ctx)
	l.Queued = waiting
	return l, err
}

// Drain takes no more jobs from the queue, and returns when those that run here
// have ended, or ctx is done. What is submitted is left to others. Close comes
// after it.
func (r *Runner) Drain(ctx context.Context) error {
	var err error
	if r.consumer != nil {
		err = r.consumer.Drain(ctx)
	}
	return errors.Join(err, r.light.Drain(ctx))
}

// Close ends what runs in this process. What is on the queue stays there.
func (r *Runner) Close() error {
	r.once.Do(func() {
		r.close()
		if r.consumer != nil {
			r.err = r.consumer.Close()
		}
		r.err = errors.Join(r.err, r.light.Close())
		r.stop()
		r.loops.Wait()
	})
	return r.err
}
