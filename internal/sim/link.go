package sim

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// link is one process's connection to the store. It loses requests and
// replies, and the process may die just before or just after any write.
type link struct {
	store.Store
	dice dice
	host host
}

// host is the process at the near end of a link.
type host interface {
	// faults are what can go wrong now.
	faults() faults
	// gone reports whether the process is dead; die makes it so.
	gone() bool
	die(why string)
	note(format string, args ...any)
	// made, committed and leased are called with what the store took.
	made(a *store.Attempt, def *workflow.Workflow)
	committed(b *store.Batch)
	leased(epoch int64)
}

var (
	errUnreachable = model.Errorf(model.Unavailable, "the store does not answer")
	errDead        = model.Errorf(model.Unavailable, "the process is dead")
)

// read lets a read through, or not.
func (l *link) read() error {
	switch {
	case l.host.gone():
		return errDead
	case l.dice.chance(l.host.faults().readFails):
		return errUnreachable
	}
	return nil
}

// write lets a write through, or something of it.
func (l *link) write(name string, do func() error) error {
	if l.host.gone() {
		return errDead
	}
	f := l.host.faults()
	switch {
	case l.dice.chance(f.requestLost):
		l.host.note("%s: request lost", name)
		return errUnreachable
	case l.dice.chance(f.replyLost):
		l.host.note("%s: reply lost, outcome %v", name, do())
		return errUnreachable
	case l.dice.chance(f.dieBefore):
		l.host.die("before " + name)
		return errDead
	case l.dice.chance(f.dieAfter):
		_ = do() // the process dies: it never hears how it went
		l.host.die("after " + name)
		return errDead
	}
	return do()
}

// StartAttempt implements store.Starts.
func (l *link) StartAttempt(ctx context.Context, s store.Start) (store.Attempt, bool, error) {
	var a store.Attempt
	var made bool
	err := l.write("start", func() (err error) {
		a, made, err = l.Store.StartAttempt(ctx, s)
		if made {
			l.host.made(&a, s.Definition)
		}
		return err
	})
	if err != nil {
		return store.Attempt{}, false, err
	}
	return a, made, nil
}

// StartAll implements store.Starts.
func (l *link) StartAll(ctx context.Context, starts []store.Start) ([]store.Attempt, error) {
	var list []store.Attempt
	err := l.write("start together", func() (err error) {
		list, err = l.Store.StartAll(ctx, starts)
		for i := range list {
			l.host.made(&list[i], starts[i].Definition)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Fire implements store.Schedules.
func (l *link) Fire(ctx context.Context, firings []store.Firing) ([]store.Fired, error) {
	var fired []store.Fired
	err := l.write("fire", func() (err error) {
		fired, err = l.Store.Fire(ctx, firings)
		for i := range fired {
			if a := &fired[i].Attempt; a.ID != 0 {
				l.host.made(a, firings[i].Start.Definition)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return fired, nil
}

// DueSchedules implements store.Schedules.
func (l *link) DueSchedules(ctx context.Context, now model.Instant, n int) ([]store.Schedule, model.Instant, error) {
	if err := l.read(); err != nil {
		return nil, 0, err
	}
	return l.Store.DueSchedules(ctx, now, n)
}

// Post implements store.Inbox.
func (l *link) Post(ctx context.Context, posts []store.Post) error {
	return l.write("post", func() error { return l.Store.Post(ctx, posts) })
}

// Posted implements store.Inbox.
func (l *link) Posted(ctx context.Context, owner string, epoch int64, n int) ([]store.Post, error) {
	if err := l.read(); err != nil {
		return nil, err
	}
	return l.Store.Posted(ctx, owner, epoch, n)
}

// Attempt implements store.Attempts.
func (l *link) Attempt(ctx context.Context, id model.AttemptID) (store.Attempt, error) {
	if err := l.read(); err != nil {
		return store.Attempt{}, err
	}
	return l.Store.Attempt(ctx, id)
}

// ListAttempts implements store.Attempts.
func (l *link) ListAttempts(ctx context.Context, f store.Filter, p store.Page) ([]store.Attempt, string, error) {
	if err := l.read(); err != nil {
		return nil, "", err
	}
	return l.Store.ListAttempts(ctx, f, p)
}

// Load implements store.Attempts.
func (l *link) Load(ctx context.Context, id model.AttemptID) (*store.Snapshot, error) {
	if err := l.read(); err != nil {
		return nil, err
	}
	return l.Store.Load(ctx, id)
}

// Commit implements store.Attempts.
func (l *link) Commit(ctx context.Context, b *store.Batch) error {
	return l.write("commit", func() error {
		err := l.Store.Commit(ctx, b)
		if err == nil {
			l.host.committed(b)
		}
		return err
	})
}

// Lease implements store.Owners.
func (l *link) Lease(ctx context.Context, owner string, epoch int64, now, until model.Instant) (int64, error) {
	var next int64
	err := l.write("lease", func() (err error) {
		next, err = l.Store.Lease(ctx, owner, epoch, now, until)
		if err == nil {
			l.host.leased(next)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return next, nil
}

// EndLease implements store.Owners.
func (l *link) EndLease(ctx context.Context, owner string, epoch int64) error {
	return l.write("end lease", func() error { return l.Store.EndLease(ctx, owner, epoch) })
}

// Claim implements store.Owners.
func (l *link) Claim(ctx context.Context, owner string, epoch int64, now model.Instant, n int, only ...model.AttemptID) ([]model.AttemptID, error) {
	var ids []model.AttemptID
	err := l.write("claim", func() (err error) {
		ids, err = l.Store.Claim(ctx, owner, epoch, now, n, only...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

var _ store.Store = (*link)(nil)
