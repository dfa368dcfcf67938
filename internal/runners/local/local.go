// Package local runs jobs in this process: a bounded number at a time, or one
// after the other.
//
// It knows nothing of what the jobs do, nor of attempts and tasks.
package local

import (
	"context"
	"runtime"
	"sync"

	"github.com/pawlhq/pawl/runner"
)

// Config is what a local runner can be told.
type Config struct {
	// Slots is how many jobs run at a time, light ones not counted. It
	// defaults to the number of processors that the process may use.
	Slots int
}

// Runner runs jobs in this process: those of higher priority first, those of
// equal priority in the order of their submission.
type Runner struct {
	root context.Context // of all jobs
	end  context.CancelCauseFunc

	workers sync.WaitGroup // what may call report

	mu     sync.Mutex
	report func([]runner.Report)
	closed bool
	lanes  []*lane // the first takes light jobs, the last all others
	// refused are reports of jobs cancelled before their start; telling is
	// set while a goroutine is about to deliver them.
	refused []runner.Report
	telling bool
}

// New returns a runner for c.Slots jobs at a time. Light jobs have a slot of
// their own besides, so that they never wait for long ones; they run one
// after the other and are reported in groups.
func New(c Config) *Runner {
	slots := c.Slots
	if slots <= 0 {
		slots = runtime.GOMAXPROCS(0)
	}
	return newRunner(&lane{slots: 1}, &lane{slots: slots})
}

// NewEager returns a runner that runs all jobs one after the other.
func NewEager() *Runner {
	return newRunner(&lane{slots: 1})
}

func newRunner(lanes ...*lane) *Runner {
	r := &Runner{lanes: lanes}
	r.root, r.end = context.WithCancelCause(context.Background())
	return r
}

// Start begins work, also on what was submitted before.
func (r *Runner) Start(report func([]runner.Report)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report = report
	r.staff()
	r.tell()
	return nil
}

// Submit takes jobs over. After Close it drops them.
func (r *Runner) Submit(jobs []runner.Job) {
	taken := make([]job, len(jobs)) // one allocation for all
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	for i, j := range jobs {
		taken[i] = job{id: j.ID, work: j.Work, light: j.Light}
		l := r.lanes[0]
		if !j.Light {
			l = r.lanes[len(r.lanes)-1]
		}
		l.add(&taken[i], j.Priority)
	}
	r.staff()
}

// staff starts as many workers as are of use.
func (r *Runner) staff() {
	if r.report == nil || r.closed {
		return
	}
	for _, l := range r.lanes {
		for n := l.wanted(); n > 0; n-- {
			l.busy++
			r.workers.Go(func() { r.work(l) })
		}
	}
}

// Cancel ends a job as runner.Runner says.
func (r *Runner) Cancel(id runner.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	for _, l := range r.lanes {
		if l.cancel(id) {
			r.refused = append(r.refused, runner.Report{ID: id, Outcome: runner.ErrCancelled})
			r.tell()
		}
	}
}

// tell reports the refused jobs, in a goroutine of its own since the caller of
// Cancel may hold what report needs.
func (r *Runner) tell() {
	if r.report == nil || r.closed || r.telling || len(r.refused) == 0 {
		return
	}
	r.telling = true
	r.workers.Go(func() {
		r.mu.Lock()
		reports := r.refused
		r.refused, r.telling = nil, false
		r.mu.Unlock()
		r.report(reports)
	})
}

// Load is what a runner has to do.
type Load struct {
	// Slots are the jobs that can run at a time, Busy those that do, and
	// Queued those that wait for a slot. Light jobs are not counted.
	Slots, Busy, Queued int
}

// Load counts the jobs of the runner.
func (r *Runner) Load() Load {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lanes[len(r.lanes)-1]
	return Load{Slots: l.slots, Busy: l.busy, Queued: l.queue.size}
}

// Drain begins no more jobs, and returns when those that run have ended and are
// reported, or ctx is done. Close comes after it.
func (r *Runner) Drain(ctx context.Context) error {
	r.shut()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.workers.Wait()
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close ends the runner. Jobs that run are cancelled and reported when they
// have ended. It must not be called from within report.
func (r *Runner) Close() error {
	r.shut()
	r.end(runner.ErrClosed)
	r.workers.Wait()
	return nil
}

// shut drops what has not begun and takes nothing more.
func (r *Runner) shut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for _, l := range r.lanes {
		l.queue = queue{}
	}
}

var _ runner.Runner = (*Runner)(nil)
