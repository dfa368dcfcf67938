// Package clock makes the time a value to inject: rooms that need the time
// take a Clock, so that a simulation or a test decides what time it is.
package clock

import (
	"context"
	"time"
)

// Clock tells the time and wakes its caller. Implementations are safe for
// concurrent use.
type Clock interface {
	// Now returns the current time.
	Now() time.Time
	// After returns a channel that receives once, when d has passed, and a
	// function that releases the wait early. Stopping twice is harmless.
	After(d time.Duration) (c <-chan time.Time, stop func())
}

// System is the machine's clock.
type System struct{}

// Now returns the machine's time.
func (System) Now() time.Time { return time.Now() }

// After waits on the machine's monotonic clock.
func (System) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

var _ Clock = System{}

// Pause waits for d on a clock. It reports false when ctx is done before.
func Pause(ctx context.Context, on Clock, d time.Duration) bool {
	due, stop := on.After(d)
	defer stop()
	select {
	case <-ctx.Done():
		return false
	case <-due:
		return true
	}
}
