package local

import (
	"context"

	"github.com/pawlhq/pawl/runner"
)

// maxGroup is how many light jobs are reported at a time at most.
const maxGroup = 256

// job is one that was submitted and has not ended yet.
type job struct {
	id        runner.ID
	work      runner.Work
	light     bool
	cancelled bool
	cancel    context.CancelCauseFunc // set while it runs
}

// worker runs the jobs of a lane, one after the other.
//
// Light jobs share a context until one of them is cancelled, and are reported
// in groups. Both would cost more than the jobs themselves.
type worker struct {
	*Runner
	lane    *lane
	job     *job // what runs
	ctx     context.Context
	cancel  context.CancelCauseFunc
	reports []runner.Report
	aside   bool // the slot is another's, and this is the last job
}

// work runs the lane's jobs, with those that its reports cause to be
// submitted meanwhile, and ends.
func (r *Runner) work(l *lane) {
	w := worker{Runner: r, lane: l}
	defer w.release()
	for w.next() {
		if w.job == nil {
			r.report(w.reports)
			w.reports = nil
			continue
		}
		w.reports = append(w.reports, runner.Report{ID: w.job.id, Outcome: w.job.work.Run(w.ctx)})
	}
}

// next puts the job that has run aside and takes the first one in the queue.
// It takes none where reports are to be delivered first, and returns false
// where there is nothing left to do.
func (w *worker) next() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finish()
	if w.aside {
		return w.last()
	}
	j := w.lane.queue.first()
	if len(w.reports) > 0 && (j == nil || !j.light || len(w.reports) == maxGroup) {
		return true
	}
	if j == nil {
		w.lane.busy--
		return false
	}
	if w.reports == nil && j.light {
		w.reports = make([]runner.Report, 0, min(w.lane.queue.size, maxGroup))
	}
	if w.ctx == nil {
		w.ctx, w.cancel = context.WithCancelCause(w.root)
		if w.lane.slots > 1 {
			w.ctx = runner.WithYield(w.ctx, w.yield)
		}
	}
	j.cancel = w.cancel
	w.lane.begin(j)
	w.job = j
	return true
}

// yield gives the slot of the job that runs to another, unless as many jobs as
// there are slots have done so already: then disks are what everybody waits for.
func (w *worker) yield() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.aside || w.lane.aside >= w.lane.slots {
		return
	}
	w.aside = true
	w.lane.aside++
	w.lane.busy--
	w.staff()
}

// last ends a worker that has no slot once its job is reported, as next does.
func (w *worker) last() bool {
	if len(w.reports) > 0 {
		return true
	}
	w.lane.aside--
	return false
}

// finish forgets the job that has run.
func (w *worker) finish() {
	j := w.job
	if j == nil {
		return
	}
	w.lane.end(j)
	if j.cancelled || !j.light {
		w.release()
	}
	w.job = nil
}

// release gives the context up.
func (w *worker) release() {
	if w.ctx != nil {
		w.cancel(nil)
		w.ctx = nil
	}
}
