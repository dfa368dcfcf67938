package daemon

import (
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/worker"
)

// Listener is told what a daemon does. Each function may be nil, and must
// return soon; it may be called from any goroutine. Nothing that it is given
// may be changed.
type Listener struct {
	// Driven is called when the daemon comes to drive an attempt: a new one, or
	// one that another process or it itself has let go of.
	Driven func(*store.Attempt)
	// Left is called when it drives an attempt no more. The row is that of the
	// attempt's end, or nil where it was let go of until it is due.
	Left func(*store.Attempt, *engine.AttemptRow)
	// Committed is called with each batch after it is committed. It must not
	// keep the batch.
	Committed func(*store.Batch)
	// Try is called when a try begins to run in this process.
	Try worker.Watcher
	// Fired is called with what became of each slot of a schedule.
	Fired func(conductor.Slot)
	// Stepped is called with how long each step of the conductor took.
	Stepped func(time.Duration)
	// Pruned is called with each part of what retention deleted.
	Pruned func(*store.Pruned)
}

// driven are the attempts that the conductor drives. Only its goroutine uses
// them.
type driven map[model.AttemptID]*store.Attempt

// listen notes that an attempt is driven from now on.
func (d *Daemon) listen(a *store.Attempt) {
	d.driven[a.ID] = a
	for _, l := range d.cfg.Listeners {
		if l.Driven != nil {
			l.Driven(a)
		}
	}
}

// committed tells of a batch.
func (d *Daemon) committed(b *store.Batch) {
	for _, l := range d.cfg.Listeners {
		if l.Committed != nil {
			l.Committed(b)
		}
	}
	if d.admitter != nil {
		d.admitter.Ended(b)
	}
	for i := range b.Attempts {
		if row := &b.Attempts[i]; row.State.Done() {
			d.left(row.ID, row)
		}
	}
	for i := range b.Release {
		d.left(b.Release[i].Attempt, nil)
	}
}

func (d *Daemon) left(id model.AttemptID, end *engine.AttemptRow) {
	a, ok := d.driven[id]
	if !ok {
		return // it was ended without being driven, or is told of already
	}
	delete(d.driven, id)
	for _, l := range d.cfg.Listeners {
		if l.Left != nil {
			l.Left(a, end)
		}
	}
}

// watchers are those of tries.
func (d *Daemon) watchers() (list []worker.Watcher) {
	for _, l := range d.cfg.Listeners {
		if l.Try != nil {
			list = append(list, l.Try)
		}
	}
	return list
}

// fired tells of a slot.
func (d *Daemon) fired(s conductor.Slot) {
	for _, l := range d.cfg.Listeners {
		if l.Fired != nil {
			l.Fired(s)
		}
	}
}

// stepped tells of a step. It is nil if nobody listens.
func (d *Daemon) stepped() func(time.Duration) {
	var all []func(time.Duration)
	for _, l := range d.cfg.Listeners {
		if l.Stepped != nil {
			all = append(all, l.Stepped)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return func(took time.Duration) {
		for _, f := range all {
			f(took)
		}
	}
}

func (d *Daemon) pruned(p *store.Pruned) {
	for _, l := range d.cfg.Listeners {
		if l.Pruned != nil {
			l.Pruned(p)
		}
	}
}
