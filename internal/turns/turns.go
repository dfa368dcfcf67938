// Package turns has one of several processes do what only one is to do at a time:
// the one that has a lease. It knows neither what that is nor which store has the
// leases.
package turns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Turn is what only one does at a time. All fields are required.
type Turn struct {
	Leases store.Owners
	// Owner is the name of the lease.
	Owner string
	// Lease is for how long one that does not renew it keeps others away.
	Lease time.Duration
	Clock clock.Clock
}

// ErrLost is the cause with which the context of a turn ends that another may take.
var ErrLost = errors.New("the lease is lost")

// Run calls work whenever it is its turn, until ctx ends. The context of work ends with
// the turn. What goes wrong, that others have their turn excepted, is given to failed;
// after it, or when work returns, the next turn is tried for a while later.
func (t Turn) Run(ctx context.Context, work func(context.Context) error, failed func(error)) {
	for more := true; more; more = clock.Pause(ctx, t.Clock, t.Lease/5) {
		epoch, err := t.Leases.Lease(ctx, t.Owner, 0, t.Lease)
		if err == nil {
			err = t.lead(ctx, epoch, work)
		}
		if err != nil && ctx.Err() == nil && model.CodeOf(err) != model.Conflict {
			failed(err)
		}
	}
}

// lead works while the lease stands, and gives it up at the end.
func (t Turn) lead(parent context.Context, epoch int64, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(parent)
	renewed := make(chan struct{})
	go func() { // lead waits for it
		defer close(renewed)
		cancel(t.renew(ctx, epoch))
	}()
	err := work(ctx)
	cancel(nil)
	<-renewed
	ending, done := context.WithTimeout(context.WithoutCancel(parent), t.Lease)
	defer done()
	return errors.Join(err, t.Leases.EndLease(ending, t.Owner, epoch))
}

// renew renews the lease until ctx ends, and returns why it can't any more. It
// gives up before others may take it for run out.
func (t Turn) renew(ctx context.Context, epoch int64) error {
	until := t.Clock.Now().Add(t.Lease)
	for clock.Pause(ctx, t.Clock, t.Lease/5) {
		began := t.Clock.Now()
		call, done := context.WithTimeout(ctx, t.Lease/5)
		_, err := t.Leases.Lease(call, t.Owner, epoch, t.Lease)
		done()
		switch {
		case err == nil:
			until = began.Add(t.Lease)
		case model.CodeOf(err) == model.Conflict, t.Clock.Now().After(until.Add(-2 * t.Lease / 5)):
			return fmt.Errorf("%w: %w", ErrLost, err)
		}
	}
	return nil
}
