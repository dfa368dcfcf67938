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
	}
	j.cancel = w.cancel
	w.lane.begin(j)
	w.job = j
	return true
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
