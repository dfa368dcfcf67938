package queue

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/runner"
)

// ConsumerConfig says what a Consumer works with.
type ConsumerConfig struct {
	// Owner is the name of its leases, which nobody else has. Required.
	Owner string
	// Queues are those that it works on. Defaults to Default.
	Queues []string
	// Slots bounds the jobs of each queue that run at a time. Required.
	Slots int
	// Run does the work of a job, as runner.Work. Required.
	Run func(ctx context.Context, id runner.ID, work []byte) runner.Outcome
}

// Consumer takes jobs from queues and runs them. When its lease is over, it ends
// what runs, reports none of it, and begins anew with another lease.
type Consumer struct {
	q    *Queue
	cfg  ConsumerConfig
	busy atomic.Int64
	// draining is done when no more jobs are to be taken, closing when those
	// that run are to end.
	draining, closing context.Context
	drain, end        context.CancelFunc
	ended             chan struct{} // closed when nothing runs any more
	standing          atomic.Bool

	mu      sync.Mutex
	started bool
}

// NewConsumer returns a Consumer that is not started.
func (q *Queue) NewConsumer(cfg ConsumerConfig) *Consumer {
	if len(cfg.Queues) == 0 {
		cfg.Queues = []string{Default}
	}
	c := &Consumer{q: q, cfg: cfg, ended: make(chan struct{})}
	c.draining, c.drain = context.WithCancel(context.Background())
	c.closing, c.end = context.WithCancel(context.Background())
	return c
}

// Start takes a lease and begins to work. It returns when the consumer is ready
// or has failed.
func (c *Consumer) Start(ctx context.Context) error {
	first, err := c.open(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started = true
	go c.live(first) // until ended is closed, which Drain and Close wait for
	return nil
}

// Standing reports whether the consumer has a lease, and takes jobs.
func (c *Consumer) Standing() bool { return c.standing.Load() }

// Load counts the jobs that run.
func (c *Consumer) Load() local.Load {
	return local.Load{Slots: c.cfg.Slots * len(c.cfg.Queues), Busy: int(c.busy.Load())}
}

// Drain takes no more jobs, and returns when those that run have ended and are
// reported, or ctx is done. Close comes after it.
func (c *Consumer) Drain(ctx context.Context) error {
	c.drain()
	if !c.isStarted() {
		return nil
	}
	select {
	case <-c.ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close ends the jobs that run with runner.ErrClosed, and returns once they are
// reported. It is safe to call twice.
func (c *Consumer) Close() error {
	c.drain()
	c.end()
	if c.isStarted() {
		<-c.ended
	}
	return nil
}

func (c *Consumer) isStarted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.started
}

// live works under one lease after the other until it is told to end.
func (c *Consumer) live(s *session) {
	defer close(c.ended)
	for {
		c.standing.Store(true)
		again := s.serve()
		c.standing.Store(false)
		if !again {
			return
		}
		c.q.cfg.Log.Warn("a worker lost its lease: its tasks are ended and run elsewhere", "owner", c.cfg.Owner)
		if s = c.reopen(); s == nil {
			return
		}
	}
}

// reopen begins anew, as often as it takes. It returns nil when that is not
// wanted any more.
func (c *Consumer) reopen() *session {
	for pause := firstPause; rest(c.draining, pause); pause = min(2*pause, mostPause) {
		s, err := c.open(c.draining)
		if err == nil {
			return s
		}
		c.q.cfg.Log.Warn("a worker has no lease", "error", err)
	}
	return nil
}

// work runs one job within a session.
func (s *session) work(ctx context.Context, j *river.Job[job]) error {
	s.c.busy.Add(1)
	defer s.c.busy.Add(-1)
	defer s.takes(j.ID)()
	own, cancel := context.WithCancelCause(s.standing)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() {
		switch {
		case s.standing.Err() != nil: // which ends the client, too
			cancel(context.Cause(s.standing))
		case errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely):
			cancel(runner.ErrCancelled)
		default:
			cancel(runner.ErrClosed)
		}
	})()
	id := j.Args.id()
	outcome := s.c.cfg.Run(own, id, j.Args.Work)
	return s.report(runner.Report{ID: id, Outcome: outcome})
}

// report delivers a report, unless the lease is over before.
func (s *session) report(r runner.Report) error {
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		if s.standing.Err() != nil {
			return errFenced
		}
		err := s.c.q.cfg.Deliver(s.standing, r)
		if err == nil {
			return nil
		}
		s.c.q.cfg.Log.Warn("the outcome of a task was not delivered", "job", r.ID.String(), "error", err)
		if !rest(s.standing, pause) {
			return errFenced
		}
	}
}

// errFenced is the error of jobs whose outcome does not count any more.
var errFenced = model.Errorf(model.Conflict, "the worker lost its lease")

func lost(id runner.ID) runner.Report { return runner.Report{ID: id, Lost: true} }

// calledOff reports a job that never began.
func calledOff(id runner.ID) runner.Report {
	return runner.Report{ID: id, Outcome: runner.ErrCancelled}
}
