package metrics

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Store returns s with the calls counted that a server makes by itself.
func (m *Metrics) Store(s store.Store) store.Store { return &measured{Store: s, m: m} }

// measured is a store whose calls are counted.
type measured struct {
	store.Store
	m *Metrics
}

// failed counts an error that is the database's and not the caller's.
func (s *measured) failed(operation string, err error) {
	if err == nil {
		return
	}
	if code := model.CodeOf(err); code == model.Unavailable || code == model.Internal {
		s.m.storeErrors.with(operation).Add(1)
	}
}

// Commit implements store.Attempts.
func (s *measured) Commit(ctx context.Context, b *store.Batch) error {
	began := s.m.clock.Now()
	err := s.Store.Commit(ctx, b)
	s.m.commitTook.observe(s.m.clock.Now().Sub(began).Seconds())
	s.failed("commit", err)
	return err
}

// Deliver implements store.Feeding.
func (s *measured) Deliver(ctx context.Context, d store.Delivery) ([]store.Delivered, error) {
	outcomes, err := s.Store.Deliver(ctx, d)
	s.delivered(&d, outcomes, err)
	return outcomes, err
}

// DeliverTo implements store.Signals.
func (s *measured) DeliverTo(ctx context.Context, d store.Delivery, to store.Claimant) ([]store.Delivered, []model.AttemptID, error) {
	outcomes, given, err := s.Store.DeliverTo(ctx, d, to)
	s.delivered(&d, outcomes, err)
	return outcomes, given, err
}

// delivered counts messages. What feeders deliver, they count themselves.
func (s *measured) delivered(d *store.Delivery, outcomes []store.Delivered, err error) {
	if d.Feeder == "" {
		for i, o := range outcomes {
			s.m.messages.with(s.m.topics.label(d.Messages[i].Topic), o.Outcome.String()).Add(1)
		}
	}
	s.failed("deliver", err)
}

// Lease implements store.Owners.
func (s *measured) Lease(ctx context.Context, owner string, epoch int64, d time.Duration) (int64, error) {
	got, err := s.Store.Lease(ctx, owner, epoch, d)
	result := "renewed"
	switch {
	case model.CodeOf(err) == model.Conflict && err != nil, err == nil && epoch != 0 && got != epoch:
		result = "lost"
	case err != nil:
		result = "failed"
	case epoch == 0:
		result = "taken"
	}
	s.m.leases.with(result).Add(1)
	s.failed("lease", err)
	return got, err
}

// Claim implements store.Owners.
func (s *measured) Claim(ctx context.Context, pool store.Pool, owner string, epoch int64, now model.Instant, n int, only ...model.AttemptID) ([]model.AttemptID, error) {
	ids, err := s.Store.Claim(ctx, pool, owner, epoch, now, n, only...)
	s.failed("claim", err)
	return ids, err
}

// Posted implements store.Inbox.
func (s *measured) Posted(ctx context.Context, owner string, epoch int64, after store.PostID, n int) ([]store.Post, error) {
	posts, err := s.Store.Posted(ctx, owner, epoch, after, n)
	s.failed("inbox", err)
	return posts, err
}

// Load implements store.Attempts.
func (s *measured) Load(ctx context.Context, id model.AttemptID) (*store.Snapshot, error) {
	snapshot, err := s.Store.Load(ctx, id)
	s.failed("load", err)
	return snapshot, err
}

// LoadAll implements store.Attempts.
func (s *measured) LoadAll(ctx context.Context, ids []model.AttemptID) ([]store.Loaded, error) {
	list, err := s.Store.LoadAll(ctx, ids)
	s.failed("load", err)
	for i := range list {
		s.failed("load", list[i].Err)
	}
	return list, err
}

// Due implements store.Owners.
func (s *measured) Due(ctx context.Context, pool store.Pool) (model.Instant, error) {
	wake, err := s.Store.Due(ctx, pool)
	s.failed("claim", err)
	return wake, err
}

// StartAttempt implements store.Starts.
func (s *measured) StartAttempt(ctx context.Context, start store.Start) (store.Attempt, bool, error) {
	a, made, err := s.Store.StartAttempt(ctx, start)
	s.failed("start", err)
	return a, made, err
}

// StartAll implements store.Starts.
func (s *measured) StartAll(ctx context.Context, starts []store.Start) ([]store.Attempt, error) {
	list, err := s.Store.StartAll(ctx, starts)
	s.failed("start", err)
	return list, err
}

// DueSchedules implements store.Schedules.
func (s *measured) DueSchedules(ctx context.Context, now model.Instant, n int) ([]store.Schedule, model.Instant, error) {
	due, next, err := s.Store.DueSchedules(ctx, now, n)
	s.failed("schedules", err)
	return due, next, err
}

// Fire implements store.Schedules.
func (s *measured) Fire(ctx context.Context, firings []store.Firing) ([]store.Fired, error) {
	fired, err := s.Store.Fire(ctx, firings)
	s.failed("fire", err)
	return fired, err
}

// Prune implements store.Pruner.
func (s *measured) Prune(ctx context.Context, r store.Retention, now model.Instant, page store.Page) (store.Pruned, string, error) {
	p, next, err := s.Store.Prune(ctx, r, now, page)
	s.failed("prune", err)
	return p, next, err
}
