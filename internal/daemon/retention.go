package daemon

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/upkeep"
)

const (
	// sweepWithin bounds how long it takes to remove the output of what one
	// transaction deleted. The end of the daemon waits for it.
	sweepWithin = 30 * time.Second
	// pushWithin is how long an archive may wait for its revision. No push takes
	// nearly as long.
	pushWithin = 24 * time.Hour
	// orphansAtOnce is how many archives are read at a time.
	orphansAtOnce = 200
)

// upkeep says how the daemon looks after its store, and what is beside it.
func (d *Daemon) upkeep() upkeep.Config {
	return upkeep.Config{
		Store: d.cfg.Store, Retention: d.cfg.Retention, Clock: d.cfg.Clock, Log: d.cfg.Log,
		Begun: d.sweepForgotten, Through: d.removeArchives, Turned: d.cfg.Heart.Loop("upkeep", keptWithin).Turn,
		Pruned: func(ctx context.Context, p *store.Pruned) {
			d.sweep(ctx, p)
			d.pruned(p)
		},
	}
}

// sweepForgotten removes the output of attempts that are not there any more,
// because a process died after it had deleted them. It looks only at what is
// older than is kept anyway, so that a database that is not theirs costs little.
func (d *Daemon) sweepForgotten(ctx context.Context) error {
	logs, ok := d.cfg.Logs.(interface {
		Quiet(since time.Time) ([]model.AttemptID, error)
	})
	if !ok || d.cfg.Retention.Attempts == 0 {
		return nil
	}
	old, err := logs.Quiet(d.cfg.Clock.Now().Add(-d.cfg.Retention.Attempts))
	if err != nil {
		return err
	}
	for _, id := range old {
		_, err := d.cfg.Store.Attempt(ctx, id)
		if err != nil && model.CodeOf(err) == model.NotFound {
			err = d.cfg.Logs.Remove(ctx, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sweep removes the output and the values of deleted attempts, of which it tells what could
// not be removed. It goes on when ctx is done, as nobody else knows of it.
func (d *Daemon) sweep(ctx context.Context, p *store.Pruned) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sweepWithin)
	defer cancel()
	for _, id := range p.Attempts {
		if d.cfg.Logs == nil {
			break
		}
		if err := d.cfg.Logs.Remove(ctx, id); err != nil {
			d.cfg.Log.Error("can't remove the output of a deleted attempt", "attempt", int64(id), "error", err)
		}
	}
	for _, id := range p.Attempts {
		if d.cfg.Outputs == nil {
			break
		}
		if err := d.cfg.Outputs.Remove(ctx, id); err != nil {
			d.cfg.Log.Error("can't remove the values of a deleted attempt", "attempt", int64(id), "error", err)
		}
	}
}

// removeArchives removes the archives that no revision has. One that can't be
// removed is told of and tried again with the next prune: the store knows it
// until it is gone.
func (d *Daemon) removeArchives(ctx context.Context) error {
	unused := model.InstantOf(d.cfg.Clock.Now().Add(-pushWithin))
	for last := store.OrphanID(0); ; {
		list, err := d.cfg.Store.Orphans(ctx, unused, last, orphansAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, o := range list {
			err := d.cfg.Service.RemoveArchive(ctx, o)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err != nil {
				d.cfg.Log.Error("can't remove an archive that no revision has", "type", o.Archive.Type, "path", o.Archive.Path, "error", err)
			}
			last = o.ID
		}
	}
}
