package sim

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/runner"
)

// jobs is the model of a runner: it runs each job in virtual time and reports
// how it ended, late, twice, or as lost, when the faults of the world say so.
type jobs struct {
	world  *world
	dice   dice
	faults func() faults
	report func([]runner.Report)
	// play begins a body and returns what gives its outcome once it has ended.
	play func(context.Context, runner.Work) (end func() runner.Outcome)
	// running holds the jobs that are not over.
	running map[runner.ID]*job
	// order lists them as they were submitted, with some that are over.
	order  []*job
	closed bool
}

type job struct {
	runner.Job
	ctx    context.Context
	cancel context.CancelCauseFunc
	end    func() runner.Outcome // of its body; nil before it begins
	over   bool
}

func newJobs(w *world, d dice, f func() faults) *jobs {
	return &jobs{world: w, dice: d, faults: f, play: atItsEnd, running: make(map[runner.ID]*job)}
}

// atItsEnd plays a body in one go, when the time that it takes is over.
func atItsEnd(ctx context.Context, w runner.Work) func() runner.Outcome {
	return func() runner.Outcome { return w.Run(ctx) }
}

// Start implements runner.Runner.
func (r *jobs) Start(report func([]runner.Report)) error {
	r.report = report
	return nil
}

// Submit implements runner.Runner.
func (r *jobs) Submit(batch []runner.Job) {
	for _, j := range batch {
		if r.closed {
			return
		}
		one := &job{Job: j}
		one.ctx, one.cancel = context.WithCancelCause(context.Background())
		r.running[j.ID] = one
		r.order = append(r.order, one)
		r.world.after(r.dice.between(0, 50*time.Millisecond), func() { r.begin(one) })
	}
}

func (r *jobs) begin(j *job) {
	if r.closed || j.over {
		return
	}
	j.end = r.play(j.ctx, j.Work)
	length := r.dice.between(time.Millisecond, 500*time.Millisecond)
	if r.dice.chance(0.1) {
		length = r.dice.between(time.Second, 30*time.Second)
	}
	r.world.after(length, func() { r.finish(j) })
}

// finish ends a job, when the time that its body takes is over.
func (r *jobs) finish(j *job) {
	if j.over {
		return
	}
	outcome := j.end()
	if j.over { // it was finished from elsewhere while this waited
		return
	}
	r.drop(j)
	r.tell(runner.Report{ID: j.ID, Outcome: outcome})
}

func (r *jobs) drop(j *job) {
	j.over = true
	delete(r.running, j.ID)
}

// tell reports a job, or something like it.
func (r *jobs) tell(report runner.Report) {
	f := r.faults()
	if r.dice.chance(f.reportLost) {
		lost := runner.Report{ID: report.ID, Lost: true}
		r.send(r.dice.between(time.Second, 20*time.Second), lost)
		if r.dice.chance(0.5) {
			return
		}
	}
	delay := time.Duration(0)
	if r.dice.chance(f.reportLate) {
		delay = r.dice.between(0, 15*time.Second)
	}
	r.send(delay, report)
	if r.dice.chance(f.reportTwice) {
		r.send(r.dice.between(0, 30*time.Second), report)
	}
}

func (r *jobs) send(delay time.Duration, report runner.Report) {
	r.world.after(delay, func() {
		if !r.closed {
			r.report([]runner.Report{report})
		}
	})
}

// Cancel implements runner.Runner. A job that has begun ends sometime after,
// unless it does not listen.
func (r *jobs) Cancel(id runner.ID) {
	j := r.running[id]
	switch {
	case j == nil || j.ctx.Err() != nil:
	case j.end == nil:
		r.drop(j)
		r.tell(runner.Report{ID: id, Outcome: runner.ErrCancelled})
	case !r.dice.chance(r.faults().deaf):
		j.cancel(runner.ErrCancelled)
		r.world.after(r.dice.between(0, 2*time.Second), func() { r.finish(j) })
	}
}

// Close implements runner.Runner.
func (r *jobs) Close() error {
	r.closed = true
	for _, j := range r.order {
		if j.end != nil && !j.over {
			j.cancel(runner.ErrClosed)
			j.end()
		}
		r.drop(j)
	}
	return nil
}

// crash ends the runner with its process. What ran there is gone, has done its
// work without telling, or goes on elsewhere and tells heir.
func (r *jobs) crash(heir func([]runner.Report)) {
	r.report = heir
	for _, j := range r.order {
		if j.over {
			continue
		}
		switch r.dice.IntN(3) {
		case 0:
			r.drop(j)
		case 1:
			r.drop(j)
			j.Work.Run(j.ctx)
		}
	}
}

var _ runner.Runner = (*jobs)(nil)
