// Package upkeep takes from a store what nobody needs any more: early messages
// whose time is over, and what retention does not keep. Whoever drives attempts
// runs it, and any number may at a time. It knows nothing of attempts but how long
// they are kept.
package upkeep

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Config says what is looked after, and how.
type Config struct {
	// Store is what is looked after. Required.
	Store store.Store
	// Retention says how long what nobody needs to go on is kept. Zero keeps it
	// for good, shared values that have expired excepted.
	Retention store.Retention
	// Clock tells the time. Required.
	Clock clock.Clock
	// Log receives what operators are to know. Required.
	Log *slog.Logger
	// Begun, when set, is called once, before anything is deleted, and Through each
	// time that all there was to delete is. Their errors are logged.
	Begun, Through func(context.Context) error
	// Pruned, when set, is called with each part of what was deleted, before the
	// next one is.
	Pruned func(context.Context, *store.Pruned)
	// Turned, when set, is called with how each look at what is over ended, from two
	// goroutines. There is one every minute.
	Turned func(error)
}

// Run looks after a store until ctx is done. What fails is logged, and tried again
// when it is looked for next.
func Run(ctx context.Context, cfg Config) {
	var loops sync.WaitGroup
	defer loops.Wait()
	loops.Go(func() { cfg.expire(ctx) })
	cfg.retain(ctx)
}

const (
	// rest is how long the others have the database between two parts of what is
	// done at once.
	rest = 50 * time.Millisecond
	// Early messages whose time is over are looked for when the next one's is,
	// within these bounds.
	soonest, latest = time.Second, time.Minute
	// lettersAtOnce bounds how many of them share a transaction.
	lettersAtOnce = 1000
	// pruneEvery is how often what is not to be kept is looked for.
	pruneEvery = time.Hour
	// pruneAtOnce bounds what one transaction deletes of each kind, so that the
	// others do not wait long for it.
	pruneAtOnce = 200
)

// expire makes dead letters of early messages that nobody waited for in time.
func (c *Config) expire(ctx context.Context) {
	for {
		now := model.InstantOf(c.Clock.Now())
		done, err := c.Store.ExpireLetters(ctx, now, lettersAtOnce)
		wait := latest
		switch {
		case err != nil:
			c.failed(ctx, "can't look for early messages whose time is over", err)
		case done.Next <= now:
			wait = rest
		default:
			wait = min(max(done.Next.Time().Sub(now.Time()), soonest), latest)
		}
		c.turned(ctx, err)
		if !clock.Pause(ctx, c.Clock, wait) {
			return
		}
	}
}

// turned tells how a look ended, unless that is the end of all.
func (c *Config) turned(ctx context.Context, err error) {
	if c.Turned != nil && ctx.Err() == nil {
		c.Turned(err)
	}
}

// retain deletes what is not to be kept, now and then every hour.
func (c *Config) retain(ctx context.Context) {
	c.failed(ctx, "retention", call(ctx, c.Begun))
	for {
		err := c.prune(ctx)
		c.failed(ctx, "retention", err)
		if err != nil {
			c.turned(ctx, err)
		}
		if !clock.Pause(ctx, c.Clock, pruneEvery) {
			return
		}
	}
}

// prune deletes what is not to be kept now, in parts.
func (c *Config) prune(ctx context.Context) error {
	now := model.InstantOf(c.Clock.Now())
	for page := (store.Page{Limit: pruneAtOnce}); ; {
		p, next, err := c.Store.Prune(ctx, c.Retention, now, page)
		if err != nil {
			return err
		}
		if c.Pruned != nil {
			c.Pruned(ctx, &p)
		}
		if page.Cursor = next; next == "" {
			return call(ctx, c.Through)
		}
		if !clock.Pause(ctx, c.Clock, rest) {
			return nil
		}
	}
}

func call(ctx context.Context, f func(context.Context) error) error {
	if f == nil {
		return nil
	}
	return f(ctx)
}

// failed logs an error, unless there is none or it is that of the end.
func (c *Config) failed(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		c.Log.Error(what, "error", err)
	}
}
