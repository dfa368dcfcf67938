package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/internal/runners/queue"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
)

func TestQueueIsARunner(t *testing.T) {
	runnertest.Run(t, func(t *testing.T) runner.Runner {
		h := newHall(t)
		return h.runner(h.consumer())
	})
}

func TestQueueIsAnAdopter(t *testing.T) {
	runnertest.RunAdopter(t, func(t *testing.T) (first, second runner.Adopter) {
		h := newHall(t)
		return h.runner(nil), h.runner(h.consumer())
	})
}

// work is what a job does.
type work func(context.Context) runner.Outcome

func (w work) Run(ctx context.Context) runner.Outcome { return w(ctx) }

func id(n int) runner.ID { return runner.ID{Attempt: 1, Task: model.TaskID(n), Try: 1} }

// reports are what a runner told, by id.
type reports chan runner.Report

func (r reports) take(list []runner.Report) {
	for _, one := range list {
		r <- one
	}
}

// next returns the next report.
func (r reports) next(t *testing.T) runner.Report {
	t.Helper()
	select {
	case one := <-r:
		return one
	case <-time.After(time.Minute):
		t.Fatal("no report")
		panic("unreachable")
	}
}

// serving starts a runner that runs nothing itself.
func (h *hall) serving() (runner.Adopter, reports) {
	h.Helper()
	r, told := h.runner(nil), make(reports, 100)
	if err := r.Start(told.take); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		if err := r.Close(); err != nil {
			h.Error(err)
		}
	})
	return r, told
}

// working starts a consumer.
func (h *hall) working(change ...func(*queue.ConsumerConfig)) *queue.Consumer {
	h.Helper()
	c := h.consumer(change...)
	if err := c.Start(h.Context()); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		if err := c.Close(); err != nil {
			h.Error(err)
		}
	})
	return c
}

// A consumer whose lease others ended ends what runs, reports none of it and
// takes jobs again; the loss is reported by those that share the queue.
func TestJobsOfAConsumerThatLostItsLeaseAreLost(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	r, told := h.serving()
	h.working(func(c *queue.ConsumerConfig) { c.Owner = "victim" })
	began, ended := make(chan struct{}), make(chan error, 1)
	r.Submit([]runner.Job{{ID: id(1), Work: work(func(ctx context.Context) runner.Outcome {
		close(began)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return "too late"
	})}})
	<-began
	epoch, err := h.store.Lease(t.Context(), "probe", 0, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.EndLease(t.Context(), "victim", epoch-1); err != nil {
		t.Fatal(err)
	}
	if got := told.next(t); got != (runner.Report{ID: id(1), Lost: true}) {
		t.Errorf("reported %+v, want a loss", got)
	}
	if cause := <-ended; model.CodeOf(cause) != model.Conflict {
		t.Errorf("the job ended with %v", cause)
	}
	r.Submit([]runner.Job{{ID: id(2), Work: work(func(context.Context) runner.Outcome { return "again" })}})
	if got := told.next(t); got.Outcome != "again" {
		t.Errorf("reported %+v", got)
	}
}

// The answer with which a consumer gets a job may be lost with its connection:
// the job is the consumer's then, who knows nothing of it.
func TestAJobThatDoesNotArriveIsLost(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	pool := h.jobs(1)
	r, told := h.serving()
	h.working(func(c *queue.ConsumerConfig) { c.Owner = "victim" })
	began, end := make(chan struct{}), make(chan struct{})
	r.Submit([]runner.Job{{ID: id(1), Work: work(func(context.Context) runner.Outcome {
		close(began)
		<-end
		return "it arrived"
	})}})
	<-began
	r.Submit([]runner.Job{{ID: id(2), Queue: "elsewhere", Work: work(func(context.Context) runner.Outcome { return "it ran" })}})
	const gone = `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '1 minute',
		attempted_by = (SELECT attempted_by FROM river_job WHERE state = 'running') WHERE queue = 'elsewhere'`
	const older = `UPDATE river_job SET attempted_at = now() - interval '1 minute' WHERE state = 'running'`
	h.change(pool, gone)
	if _, err := pool.Exec(t.Context(), older); err != nil {
		t.Fatal(err)
	}
	if got := told.next(t); got != (runner.Report{ID: id(2), Lost: true}) {
		t.Errorf("reported %+v, want the loss of what did not arrive", got)
	}
	close(end)
	if got := told.next(t); got.ID != id(1) || got.Outcome != "it arrived" {
		t.Errorf("reported %+v", got)
	}
}

// A server called the job off and died before it could report that.
func TestAJobThatWasCalledOffIsReportedByAnyServer(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	pool := h.jobs(1)
	r, told := h.serving()
	never := work(func(context.Context) runner.Outcome { return "it ran" })
	r.Submit([]runner.Job{{ID: id(1), Work: never}})
	const died = `UPDATE river_job SET state = 'cancelled', finalized_at = now() - interval '1 minute' WHERE state = 'available'`
	h.change(pool, died)
	if got := told.next(t); got != (runner.Report{ID: id(1), Outcome: runner.ErrCancelled}) {
		t.Errorf("reported %+v", got)
	}
	settled := false
	for !settled {
		if err := pool.QueryRow(t.Context(), `SELECT state = 'completed' FROM river_job`).Scan(&settled); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAConsumerThatIsDrainedLeavesJobsToOthers(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	r, told := h.serving()
	one := h.working(func(c *queue.ConsumerConfig) { c.Slots = 1 })
	began, release := make(chan struct{}), make(chan struct{})
	r.Submit([]runner.Job{{ID: id(1), Work: work(func(context.Context) runner.Outcome {
		close(began)
		<-release
		return "first"
	})}})
	<-began
	drained := make(chan error, 1)
	go func() { drained <- one.Drain(t.Context()) }()
	h.working()
	r.Submit([]runner.Job{{ID: id(2), Work: work(func(context.Context) runner.Outcome { return "second" })}})
	if got := told.next(t); got.Outcome != "second" {
		t.Errorf("reported %+v", got)
	}
	close(release)
	if got := told.next(t); got.Outcome != "first" {
		t.Errorf("reported %+v", got)
	}
	if err := <-drained; err != nil {
		t.Errorf("Drain: %v", err)
	}
}

func TestAConsumerWorksOnItsQueuesOnly(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	r, told := h.serving()
	h.working()
	done := work(func(context.Context) runner.Outcome { return nil })
	r.Submit([]runner.Job{{ID: id(1), Queue: "gpu", Work: done}, {ID: id(2), Work: done}})
	if got := told.next(t); got.ID != id(2) {
		t.Errorf("reported %+v", got)
	}
	h.working(func(c *queue.ConsumerConfig) { c.Queues = []string{"gpu"} })
	if got := told.next(t); got.ID != id(1) {
		t.Errorf("reported %+v", got)
	}
}

func TestHigherPrioritiesComeFirst(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	r, told := h.serving()
	var jobs []runner.Job
	for n, p := range []int{0, -7, 1, -1, 9, 0} {
		jobs = append(jobs, runner.Job{ID: id(n), Priority: p, Work: work(func(context.Context) runner.Outcome { return n })})
	}
	r.Submit(jobs)
	for {
		list, err := r.Adopt(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == len(jobs) {
			break
		}
	}
	h.working(func(c *queue.ConsumerConfig) { c.Slots = 1 })
	for _, want := range []int{2, 4, 0, 5, 3, 1} {
		if got := told.next(t); got.Outcome != want {
			t.Errorf("reported %v, want %d", got.Outcome, want)
		}
	}
}

// What River ended without an outcome did not end as far as anybody knows.
func TestAJobThatPanicsIsLost(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	r, told := h.serving()
	h.working()
	r.Submit([]runner.Job{{ID: id(1), Work: work(func(context.Context) runner.Outcome { panic("fault") })}})
	if got := told.next(t); got != (runner.Report{ID: id(1), Lost: true}) {
		t.Errorf("reported %+v, want a loss", got)
	}
	if list, err := r.Adopt(t.Context(), 1); len(list) > 0 || err != nil {
		t.Errorf("the queue has %v, %v", list, err)
	}
}

// A report that could not be delivered is delivered later.
func TestReportsAreNotGivenUp(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.refuse.Store(3)
	r, told := h.serving()
	h.working()
	r.Submit([]runner.Job{{ID: id(1), Work: work(func(context.Context) runner.Outcome { return "done" })}})
	if got := told.next(t); got.Outcome != "done" || h.refuse.Load() != -1 {
		t.Errorf("reported %+v with %d refusals to come", got, h.refuse.Load())
	}
}

func TestLoadCountsWhatRunsAndWhatWaits(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	q, err := h.NewRunner(h.consumer(func(c *queue.ConsumerConfig) { c.Slots = 2 }))
	if err != nil {
		t.Fatal(err)
	}
	r, told := &known{q, h}, make(reports, 10)
	if err := r.Start(told.take); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	began, release := make(chan struct{}, 5), make(chan struct{})
	var jobs []runner.Job
	for n := range 5 {
		jobs = append(jobs, runner.Job{ID: id(n), Work: work(func(context.Context) runner.Outcome {
			began <- struct{}{}
			<-release
			return nil
		})})
	}
	r.Submit(jobs)
	<-began
	<-began
	if got, err := q.Load(t.Context()); err != nil || got != (local.Load{Slots: 2, Busy: 2, Queued: 3}) {
		t.Errorf("%+v, %v", got, err)
	}
	close(release)
	for range jobs {
		told.next(t)
	}
}

func TestQueueRunsAttempts(t *testing.T) {
	runnertest.RunAttempts(t, true, func(t *testing.T) runner.Runner {
		h := newHall(t)
		return h.runner(h.consumer())
	})
}
