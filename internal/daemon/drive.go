package daemon

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/operators"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/internal/worker"
)

// drive is what drives attempts under one lease. It outlasts the database: as
// long as nobody else could take its attempts over, it goes on when that is
// back.
type drive struct {
	worker    *worker.Worker
	runner    Tasks
	conductor *conductor.Conductor
}

// newDrive takes a lease and begins to drive.
func (d *Daemon) newDrive(ctx context.Context) (_ *drive, err error) {
	cfg, v := &d.cfg, &drive{}
	tries := cfg.Config
	tries.Watchers = d.watchers()
	if v.worker, err = worker.Open(tries); err != nil {
		return nil, err
	}
	takeOver := operators.EndLeftovers
	switch {
	case cfg.Queue == nil && cfg.Eager:
		v.runner = inProcess{local.NewEager()}
	case cfg.Queue == nil:
		v.runner = inProcess{local.New(local.Config{Slots: cfg.Slots})}
	default:
		takeOver = nil // what runs may be a worker's, which ends what others left
		if v.runner, err = cfg.Queue(v.worker); err != nil {
			return nil, errors.Join(err, v.worker.Close())
		}
	}
	v.conductor = conductor.New(conductor.Config{
		Store: cfg.Store, Runner: v.runner, Open: d.open(v.worker), TakeOver: takeOver, Clock: cfg.Clock, Pools: d.pools(),
		Owner:  fmt.Sprintf("%d-%s", os.Getpid(), uuid.NewString()),
		Patrol: patrolEvery, Unload: unloadBeyond, Patience: math.MaxInt64,
		AttemptTTL: cfg.AttemptTTL, TaskTTL: cfg.TaskTTL, TimedOut: d.timedOut(v.worker), Alarm: d.alarm,
		Unreadable: d.unreadable,
		Tell:       d.teller(), Observe: d.committed, Stepped: d.stepped(),
	})
	if err := v.conductor.Start(ctx); err != nil {
		return nil, errors.Join(err, v.runner.Close(), v.worker.Close())
	}
	return v, nil
}

// close ends what runs, and returns why the drive had ended before, if it had.
func (v *drive) close() error {
	return errors.Join(v.runner.Close(), v.conductor.Stop(), v.worker.Close())
}

// The waits between two tries to begin anew double from the first to the last.
const (
	firstPause = 100 * time.Millisecond
	mostPause  = 5 * time.Second
)

// keepDriving begins anew, under another lease, whenever the lease was lost
// because this process couldn't reach the database and another one could. What
// ran here is the other's to run again. It returns when ctx is done, or when
// there is no going on.
func (d *Daemon) keepDriving(ctx context.Context) {
	for v := d.driving.Load(); v != nil; v = d.driveAgain(ctx) {
		select {
		case <-ctx.Done():
			return
		case <-v.conductor.Done():
		}
		d.driving.Store(nil)
		err := v.close()
		if !errors.Is(err, conductor.ErrFenced) {
			d.fail(err)
			return
		}
		d.cfg.Log.Warn("others have taken over what this server drove while it could not reach the database; it begins anew", "error", err)
		for id := range d.driven {
			d.left(id, nil)
		}
	}
}

// driveAgain makes a drive, as often as it takes. It returns nil when ctx is
// done.
func (d *Daemon) driveAgain(ctx context.Context) *drive {
	for pause := firstPause; clock.Pause(ctx, d.cfg.Clock, pause); pause = min(2*pause, mostPause) {
		v, err := d.newDrive(ctx)
		if err == nil {
			d.driving.Store(v)
			return v
		}
		d.cfg.Log.Error("the server can't drive attempts", "error", err)
	}
	return nil
}

// fail ends the daemon.
func (d *Daemon) fail(why error) {
	d.failure = why
	close(d.failed)
}
