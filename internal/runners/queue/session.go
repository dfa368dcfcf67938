package queue

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/pawlhq/pawl/internal/model"
)

// How long the lease of a consumer lasts, and how often it is renewed.
const (
	leaseFor   = 10 * time.Second
	renewEvery = 3 * time.Second
	// renewAgain is how long a store is left alone that did not answer.
	renewAgain = 500 * time.Millisecond
)

// session is a consumer under one lease.
type session struct {
	c      *Consumer
	epoch  int64
	client *river.Client[pgx.Tx]
	// standing is done when the lease is.
	standing context.Context
	fence    context.CancelCauseFunc

	mu      sync.Mutex
	running map[int64]bool // jobs by River's ids
}

// takes notes that a job runs, until left is called.
func (s *session) takes(job int64) (left func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[job] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, job)
	}
}

func (s *session) runs(job int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running[job]
}

// recover reports the loss of jobs that the queue has given to this session, but
// whose arrival was lost with a connection. Those of which the end is being
// stored look the same: to report them once more changes nothing.
func (s *session) recover(ctx context.Context) error {
	stranded, err := s.c.q.rows().given(ctx, clientID(s.epoch, s.c.cfg.Owner))
	if err != nil {
		return err
	}
	for _, row := range stranded {
		if s.runs(row.river) {
			continue
		}
		if err := s.c.q.cfg.Deliver(ctx, lost(row.id)); err != nil {
			return err
		}
		if err := s.c.q.rows().end(ctx, row.river); err != nil {
			return err
		}
	}
	return nil
}

// open takes a lease and begins to take jobs.
func (c *Consumer) open(ctx context.Context) (*session, error) {
	s := &session{c: c, running: make(map[int64]bool)}
	var err error
	if s.epoch, err = c.q.cfg.Store.Lease(ctx, c.cfg.Owner, 0, leaseFor); err != nil {
		return nil, err
	}
	s.standing, s.fence = context.WithCancelCause(context.WithoutCancel(ctx))
	if err := s.begin(); err != nil {
		s.fence(err)
		_ = c.q.cfg.Store.EndLease(context.WithoutCancel(ctx), c.cfg.Owner, s.epoch) // else it runs out
		return nil, model.Errorf(model.Unavailable, "work on the queue: %w", err)
	}
	return s, nil
}

func (s *session) begin() error {
	cfg := s.c.q.settings()
	cfg.ID = clientID(s.epoch, s.c.cfg.Owner)
	cfg.Workers = river.NewWorkers()
	cfg.Queues = make(map[string]river.QueueConfig)
	for _, name := range s.c.cfg.Queues {
		cfg.Queues[name] = river.QueueConfig{MaxWorkers: s.c.cfg.Slots}
	}
	if err := river.AddWorkerSafely(cfg.Workers, river.WorkFunc(s.work)); err != nil {
		return err
	}
	client, err := s.c.q.client(cfg)
	if err != nil {
		return err
	}
	s.client = client
	return client.Start(context.Background())
}

// serve works until the lease is over or the consumer is told to end, and
// returns when nothing runs any more. It reports whether to begin anew.
func (s *session) serve() (again bool) {
	renewing, stop := context.WithCancel(context.Background())
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		s.keep(renewing)
	}()
	again = s.finish()
	stop()
	<-renewed
	s.fence(nil)
	end, cancel := context.WithTimeout(context.Background(), renewEvery)
	defer cancel()
	_ = s.c.q.cfg.Store.EndLease(end, s.c.cfg.Owner, s.epoch) // else it runs out
	return again
}

// errStopped says that River does not work any more.
var errStopped = model.Errorf(model.Internal, "the queue stopped by itself")

// finish waits for the end of the session and stops the client. It reports
// whether the lease was lost.
func (s *session) finish() (fenced bool) {
	stopped := s.client.Stopped()
	select {
	case <-s.standing.Done():
	case <-stopped: // which nobody asked for
		s.fence(errStopped)
	case <-s.c.draining.Done():
		go func() { _ = s.client.Stop(context.Background()) }() // which closes stopped
		select {
		case <-stopped:
			return false
		case <-s.standing.Done():
		case <-s.c.closing.Done():
		}
	}
	fenced = s.standing.Err() != nil
	_ = s.client.StopAndCancel(context.Background()) // it waits, and never fails
	<-stopped
	return fenced && s.c.draining.Err() == nil
}

// keep renews the lease until ctx is done. The session is over once another
// has ended the lease. Where the store can't be reached, what runs goes on: as
// a rule nobody else reaches it either.
func (s *session) keep(ctx context.Context) {
	renewed := time.Now()
	for pause := renewEvery; rest(ctx, pause); {
		began := time.Now()
		call, cancel := context.WithTimeout(ctx, leaseFor)
		_, err := s.c.q.cfg.Store.Lease(call, s.c.cfg.Owner, s.epoch, leaseFor)
		if err == nil {
			if rerr := s.recover(call); rerr != nil && call.Err() == nil {
				s.c.q.cfg.Log.Warn("tasks that did not arrive were not looked for", "error", rerr)
			}
		}
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			renewed, pause = began, renewEvery
		case model.CodeOf(err) == model.Conflict:
			s.fence(errFenced)
			return
		default:
			pause = renewAgain
		}
		s.c.standing.Store(time.Since(renewed) < leaseFor)
	}
}
