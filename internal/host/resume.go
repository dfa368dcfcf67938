package host

import (
	"context"
	"sync/atomic"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/rerun"
	"github.com/pawlhq/pawl/internal/store"
)

// past is what an attempt goes on with of the one before it.
type past struct {
	in   store.Attempts
	from store.Resume
	// begun is known once results were read.
	begun atomic.Pointer[map[string]model.TryID]
}

// results returns what gives the results that the attempt takes over: nil where it
// begins anew. What the tasks stored is in the parameters of the attempt already.
func (p *past) results() func(context.Context) (executor.Results, error) {
	if p.from.Attempt == 0 {
		return nil
	}
	return executor.ReadOnce(func(ctx context.Context) (executor.Results, error) {
		snap, err := p.in.Load(ctx, p.from.Attempt)
		if err != nil {
			return nil, err
		}
		begun, err := workBegun(ctx, p.in, p.from, snap)
		if err != nil {
			return nil, err
		}
		p.begun.Store(&begun)
		found := make(executor.Results)
		for name, row := range rerun.Passed(snap, p.from) {
			result := &engine.Result{Replayed: true}
			if row.Detail != nil {
				result.Outputs = row.Detail.Outputs
			}
			found[name] = result
		}
		return found, nil
	})
}

// work returns the task as which the work of a task was begun, by its full name:
// in an earlier attempt, if it was there.
func (p *past) work(name string, own model.TryID) model.TryID {
	if begun := p.begun.Load(); begun != nil {
		if first, ok := (*begun)[name]; ok {
			return first
		}
	}
	return own
}

// workBegun returns the tasks of an attempt that had begun, by their full names,
// each as which its work was begun. Those that ended well are not done again by an
// attempt that goes on; what is done once more from some task on is work of its own.
// Of attempts that are gone, and of those before them, nothing is known.
func workBegun(ctx context.Context, in store.Attempts, r store.Resume, snap *store.Snapshot) (map[string]model.TryID, error) {
	begun := make(map[string]model.TryID)
	if r.From != "" && r.From != store.Anew {
		return begun, nil
	}
	var earlier map[string]model.TryID
	if before := snap.Attempt.Resume; before.Attempt != 0 {
		last, err := in.Load(ctx, before.Attempt)
		if err == nil {
			earlier, err = workBegun(ctx, in, before, last)
		}
		if err != nil && model.CodeOf(err) != model.NotFound { // it may have been forgotten
			return nil, err
		}
	}
	rounds := make(map[string]bool)
	for i := range snap.Tasks { // in order of id: the newest counts
		row := &snap.Tasks[i]
		first, known := earlier[row.Name]
		if !known || rounds[row.Name] {
			first = model.TryID{Attempt: snap.Attempt.ID, Task: row.ID}
		}
		rounds[row.Name] = true
		delete(begun, row.Name)
		if row.Try > 0 {
			begun[row.Name] = first
		}
	}
	return begun, nil
}
