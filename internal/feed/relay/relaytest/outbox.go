package relaytest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Outbox is one in memory, with the lease of one owner, which lasts until it is
// ended.
type Outbox struct {
	store.Owners // of which only leases are there

	mu      sync.Mutex
	epoch   int64
	leased  bool
	last    store.OutboxID
	list    []store.Outgoing
	changed chan struct{}
	fail    error
}

// NewOutbox returns an empty one.
func NewOutbox() *Outbox { return &Outbox{changed: make(chan struct{})} }

// Lease implements store.Owners.
func (o *Outbox) Lease(_ context.Context, owner string, epoch int64, _ time.Duration) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.leased && epoch != o.epoch || !o.leased && epoch != 0 {
		return 0, model.Errorf(model.Conflict, "the lease of %s is another's", owner)
	}
	if !o.leased {
		o.leased = true
		o.epoch++
	}
	return o.epoch, nil
}

// EndLease implements store.Owners.
func (o *Outbox) EndLease(_ context.Context, _ string, epoch int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leased = o.leased && epoch != o.epoch
	return nil
}

// Put adds records: the n-th of all is of task 2 and try 1 of attempt n.
func (o *Outbox) Put(records ...engine.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range records {
		o.last++
		r.Attempt, r.Task, r.Try = model.AttemptID(o.last), 2, 1
		o.list = append(o.list, store.Outgoing{ID: o.last, Record: r})
	}
}

// Fail has Sent answer with an error, or not if it is nil.
func (o *Outbox) Fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fail = err
}

// Outbox implements store.Outbox.
func (o *Outbox) Outbox(ctx context.Context, after store.OutboxID, n int) (page []store.Outgoing, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.list {
		if r.ID > after && len(page) < n {
			page = append(page, r)
		}
	}
	return page, nil
}

// Sent implements store.Outbox.
func (o *Outbox) Sent(_ context.Context, ids []store.OutboxID) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return o.fail
	}
	o.list = slices.DeleteFunc(o.list, func(r store.Outgoing) bool { return slices.Contains(ids, r.ID) })
	close(o.changed)
	o.changed = make(chan struct{})
	return nil
}

// Left waits until the outbox has n records, and returns their topics.
func (o *Outbox) Left(t *testing.T, n int) (topics []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		o.mu.Lock()
		changed := o.changed
		topics = nil
		for _, r := range o.list {
			topics = append(topics, r.Topic)
		}
		o.mu.Unlock()
		if len(topics) == n {
			return topics
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%d records are left instead of %d", len(topics), n)
		}
	}
}
