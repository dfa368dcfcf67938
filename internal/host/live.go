package host

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/upkeep"
)

// live is a Host with a conductor, which begins anew where that has ended.
type live struct {
	cfg  Config
	stop context.CancelFunc
	// loops are ended by Close.
	loops sync.WaitGroup

	mu sync.Mutex
	// at work is what drives attempts; nil between two.
	atWork *drive
	// ends are closed when an attempt has ended here.
	ends map[model.AttemptID]chan struct{}
}

// drive drives attempts under one lease.
type drive struct {
	runner    *local.Runner
	conductor *conductor.Conductor
}

// How a conductor goes about it: it looks every second for what others left, and
// lets go of attempts that wait for longer than unloadBeyond.
const (
	patrolEvery  = time.Second
	unloadBeyond = 30 * time.Second
)

// Live returns a Host that works in the background.
func Live(ctx context.Context, cfg Config) (Host, error) {
	h := &live{cfg: cfg, ends: make(map[model.AttemptID]chan struct{})}
	d, err := h.drive(ctx)
	if err != nil {
		return nil, err
	}
	h.atWork = d
	loop, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.stop = stop
	h.loops.Go(func() { h.keepDriving(loop) })
	if cfg.Schedules {
		h.loops.Go(func() { cfg.scheduler(conductor.SchedulerConfig{}).Run(loop, cfg.Log) })
	}
	if cfg.Sense != nil {
		h.loops.Go(func() { h.cfg.sensing(h.Start).Run(loop) })
	}
	h.loops.Go(func() {
		upkeep.Run(loop, upkeep.Config{Store: cfg.Store, Retention: cfg.Retention, Clock: cfg.Clock, Log: cfg.Log, Pruned: cfg.Pruned})
	})
	return h, nil
}

// drive takes a lease and begins to drive.
func (h *live) drive(ctx context.Context) (*drive, error) {
	cfg := &h.cfg
	d := &drive{runner: local.New(local.Config{Slots: cfg.Slots})}
	d.conductor = conductor.New(conductor.Config{
		Store: cfg.Store, Runner: d.runner, Open: cfg.opener(), Clock: cfg.Clock,
		Owner: fmt.Sprintf("%d-%s", os.Getpid(), uuid.NewString()),
		Pool:  store.Pool(cfg.Project), Patrol: patrolEvery, Unload: unloadBeyond, Patience: math.MaxInt64,
		Unreadable: cfg.unreadable, Tell: cfg.Tell, Observe: h.committed,
	})
	if err := d.conductor.Start(ctx); err != nil {
		return nil, errors.Join(err, d.runner.Close())
	}
	return d, nil
}

func (d *drive) close() error { return errors.Join(d.runner.Close(), d.conductor.Stop()) }

// restAfter is how long it takes to begin anew where that has failed.
const restAfter = time.Second

// keepDriving begins anew whenever the lease was lost, or driving has failed for
// another reason: what is in the store is to be trusted.
func (h *live) keepDriving(ctx context.Context) {
	for {
		d := h.driving()
		if d != nil {
			select {
			case <-ctx.Done():
				return
			case <-d.conductor.Done():
			}
			h.set(nil)
			h.cfg.Log.Warn("runs are not driven for a moment; it begins anew", "error", d.close())
		}
		d, err := h.drive(ctx)
		if err != nil && ctx.Err() == nil {
			h.cfg.Log.Error("runs can't be driven", "error", err)
		}
		if err == nil {
			h.set(d)
		} else if !clock.Pause(ctx, h.cfg.Clock, restAfter) {
			return
		}
	}
}

func (h *live) driving() *drive {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.atWork
}

func (h *live) set(d *drive) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.atWork = d
}

// Start implements Host. While nothing is driven here, whoever comes to drive the
// project takes the attempt up.
func (h *live) Start(ctx context.Context, s store.Start) (store.Attempt, bool, error) {
	if d := h.driving(); d != nil {
		a, made, err := d.conductor.StartAttempt(ctx, s)
		if made { // it is durable; what ended the conductor does not change that
			err = nil
		}
		return a, made, err
	}
	s.Created = model.InstantOf(h.cfg.Clock.Now())
	return h.cfg.Store.StartAttempt(ctx, s)
}

// Deliver implements store.Feeding.
func (h *live) Deliver(ctx context.Context, m store.Delivery) ([]store.Delivered, error) {
	if d := h.driving(); d != nil {
		return d.conductor.Deliver(ctx, m)
	}
	return h.cfg.Store.Deliver(ctx, m)
}

// Offsets implements store.Feeding.
func (h *live) Offsets(ctx context.Context, feeder string) ([]store.Offset, error) {
	return h.cfg.Store.Offsets(ctx, feeder)
}

// Stir implements Host: the store calls the conductor.
func (h *live) Stir(context.Context) error { return nil }

// committed tells those who wait for attempts that have ended.
func (h *live) committed(b *store.Batch) {
	if h.cfg.Committed != nil {
		h.cfg.Committed(b)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range b.Attempts {
		if b.Attempts[i].State.Done() {
			h.wake(b.Attempts[i].ID)
		}
	}
}

// wake has those look who wait for an attempt.
func (h *live) wake(id model.AttemptID) {
	if end := h.ends[id]; end != nil {
		close(end)
		delete(h.ends, id)
	}
}

// lookAgain is how often an attempt is looked at that others may drive.
const lookAgain = time.Second

// Wait implements Host.
func (h *live) Wait(ctx context.Context, id model.AttemptID) (store.Attempt, error) {
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.wake(id) // others that wait for it look, and wait on
	}()
	for {
		end := h.end(id)
		a, err := h.cfg.Store.Attempt(ctx, id)
		if err != nil || a.State.Done() {
			return a, err
		}
		due, stop := h.cfg.Clock.After(lookAgain)
		select {
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-end:
		case <-due:
		}
		stop()
		if err != nil {
			return a, err
		}
	}
}

// end returns what is closed when an attempt has ended here.
func (h *live) end(id model.AttemptID) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ends[id] == nil {
		h.ends[id] = make(chan struct{})
	}
	return h.ends[id]
}

// Close implements Host.
func (h *live) Close() error {
	h.stop()
	h.loops.Wait()
	if d := h.driving(); d != nil {
		return d.close()
	}
	return nil
}
