package daemon

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
)

const (
	// The daemon looks for early messages whose time is over when the next one's
	// is, within these bounds.
	lettersSoonest, lettersLatest = time.Second, time.Minute
	// lettersAtOnce bounds how many of them share a transaction.
	lettersAtOnce = 1000
)

// expire makes dead letters of early messages that nobody waited for in time,
// until ctx is done.
func (d *Daemon) expire(ctx context.Context) {
	for {
		now := model.InstantOf(d.cfg.Clock.Now())
		done, err := d.cfg.Store.ExpireLetters(ctx, now, lettersAtOnce)
		wait := lettersLatest
		switch {
		case err != nil && ctx.Err() == nil:
			d.cfg.Log.Error("can't look for early messages whose time is over", "error", err)
		case err == nil && done.Next <= now:
			wait = pruneRest
		case err == nil:
			wait = min(max(done.Next.Time().Sub(now.Time()), lettersSoonest), lettersLatest)
		}
		if !clock.Pause(ctx, d.cfg.Clock, wait) {
			return
		}
	}
}
