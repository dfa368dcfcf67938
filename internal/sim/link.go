package sim

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
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
	// page bounds how many items are fetched at a time; zero does not.
	page int
}

// host is the process at the near end of a link.
type host interface {
	// faults are what can go wrong now.
	faults() faults
	// gone reports whether the process is dead; die makes it so.
	gone() bool
	die(why string)
	// cut reports whether the store answers nobody at present.
	cut() bool
	// stall lets the process stand still for a while, or not.
	stall()
	// fault is called when the link does not do what it is asked to.
	fault(format string, args ...any)
	// What follows is called with what the store took.
	made(a *store.Attempt, def *workflow.Workflow)
	committed(b *store.Batch)
	// loaded is called when it reads attempts to take them up.
	loaded(ids []model.AttemptID)
	// unheard reports whether it does not hear that it let go of attempts.
	unheard(releases []store.Release) bool
	leased(epoch int64, d time.Duration)
	claimed(ids []model.AttemptID)
	admitted(ids []model.AttemptID)
	calledOff(ids []model.AttemptID)
	shared(epoch int64, claims []admission.Claim, held []model.TryID)
	posted(posts []store.Post)
	delivered(d *store.Delivery, outcomes []store.Delivered)
	pushed(p *store.Push, project *store.Project)
	changed(s *store.Schedule)
	fired(firings []store.Firing, fired []store.Fired)
	// looked is called when the schedules that are due are read, and sawDue when
	// it is read when an attempt is due that nobody drives.
	looked()
	sawDue(model.Instant)
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
	case l.host.cut(), l.dice.chance(l.host.faults().readFails):
		l.host.fault("read failed")
		return errUnreachable
	}
	return nil
}

// get reads through a link.
func get[T any](l *link, do func() (T, error)) (T, error) {
	if err := l.read(); err != nil {
		var nothing T
		return nothing, err
	}
	return do()
}

// write lets a write through, or something of it. The process may stand still
// while the request is on its way, or the reply.
func (l *link) write(name string, do func() error) error {
	l.host.stall()
	if l.host.gone() {
		return errDead
	}
	err := l.transmit(name, do)
	l.host.stall()
	if l.host.gone() {
		return errDead
	}
	return err
}

func (l *link) transmit(name string, do func() error) error {
	f := l.host.faults()
	switch {
	case l.host.cut(), l.dice.chance(f.requestLost):
		l.host.fault("%s: request lost", name)
		return errUnreachable
	case l.dice.chance(f.replyLost):
		l.host.fault("%s: reply lost, outcome %v", name, do())
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

// Attempt implements store.Attempts.
func (l *link) Attempt(ctx context.Context, id model.AttemptID) (store.Attempt, error) {
	return get(l, func() (store.Attempt, error) { return l.Store.Attempt(ctx, id) })
}

// Session implements store.Attempts.
func (l *link) Session(ctx context.Context, id model.SessionID) (store.SessionEntry, error) {
	return get(l, func() (store.SessionEntry, error) { return l.Store.Session(ctx, id) })
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
	return get(l, func() (*store.Snapshot, error) { return l.Store.Load(ctx, id) })
}

// LoadAll implements store.Attempts.
func (l *link) LoadAll(ctx context.Context, ids []model.AttemptID) ([]store.Loaded, error) {
	return get(l, func() ([]store.Loaded, error) {
		l.host.loaded(ids)
		return l.Store.LoadAll(ctx, ids)
	})
}

// Due implements store.Owners.
func (l *link) Due(ctx context.Context, pool store.Pool) (model.Instant, error) {
	return get(l, func() (model.Instant, error) {
		wake, err := l.Store.Due(ctx, pool)
		l.host.sawDue(wake)
		return wake, err
	})
}

// Post implements store.Inbox.
func (l *link) Post(ctx context.Context, posts []store.Post) error {
	return l.write("post", func() error {
		err := l.Store.Post(ctx, posts)
		if err == nil {
			l.host.posted(posts)
		}
		return err
	})
}

// Deliver implements store.Signals.
func (l *link) Deliver(ctx context.Context, d store.Delivery) ([]store.Delivered, error) {
	var outcomes []store.Delivered
	err := l.write("deliver", func() (err error) {
		outcomes, err = l.Store.Deliver(ctx, d)
		if err == nil {
			l.host.delivered(&d, outcomes)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

// DeliverTo implements store.Signals.
func (l *link) DeliverTo(ctx context.Context, d store.Delivery, to store.Claimant) ([]store.Delivered, []model.AttemptID, error) {
	var outcomes []store.Delivered
	var given []model.AttemptID
	err := l.write("deliver", func() (err error) {
		outcomes, given, err = l.Store.DeliverTo(ctx, d, to)
		if err == nil {
			l.host.delivered(&d, outcomes)
		}
		if len(given) > 0 {
			l.host.claimed(given)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return outcomes, given, nil
}

// Posted implements store.Inbox.
func (l *link) Posted(ctx context.Context, owner string, epoch int64, after store.PostID, n int) ([]store.Post, error) {
	return get(l, func() ([]store.Post, error) { return l.Store.Posted(ctx, owner, epoch, after, n) })
}

// Commit implements store.Attempts.
func (l *link) Commit(ctx context.Context, b *store.Batch) error {
	err := l.write("commit", func() error {
		err := l.Store.Commit(ctx, b)
		if err == nil {
			l.host.committed(b)
		}
		return err
	})
	if err == nil && len(b.Release) > 0 && l.host.unheard(b.Release) {
		return errUnreachable
	}
	return err
}

// Lease implements store.Owners.
func (l *link) Lease(ctx context.Context, owner string, epoch int64, d time.Duration) (int64, error) {
	var next int64
	err := l.write("lease", func() (err error) {
		next, err = l.Store.Lease(ctx, owner, epoch, d)
		if err == nil {
			l.host.leased(next, d)
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
func (l *link) Claim(ctx context.Context, pool store.Pool, owner string, epoch int64, now model.Instant, n int, only ...model.AttemptID) ([]model.AttemptID, error) {
	var ids []model.AttemptID
	err := l.write("claim", func() (err error) {
		ids, err = l.Store.Claim(ctx, pool, owner, epoch, now, n, only...)
		if len(ids) > 0 {
			l.host.claimed(ids)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

var _ store.Store = (*link)(nil)
