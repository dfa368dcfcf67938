package runnertest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pawlhq/pawl/runner"
)

func everyJobIsReported(t *testing.T, s *station) {
	const n = 300
	var jobs []runner.Job
	var runs [n]atomic.Int32
	for i := range n {
		jobs = append(jobs, job(i, func(context.Context) runner.Outcome {
			runs[i].Add(1)
			return i
		}))
	}
	s.Submit(jobs[:1])
	s.Submit(jobs[1:])
	s.Submit(nil)
	for i := range n {
		s.expect(id(i), i)
		if got := runs[i].Load(); got > 1 || got == 0 && !s.lost(id(i)) {
			t.Errorf("job %d ran %d times", i, got)
		}
	}
}

func sliceIsNotKept(_ *testing.T, s *station) {
	wait := block(0)
	jobs := []runner.Job{wait.Job, job(1, func(context.Context) runner.Outcome { return "right" })}
	s.Submit(jobs)
	for i := range jobs {
		jobs[i] = job(9, func(context.Context) runner.Outcome { return "wrong" })
	}
	close(wait.release)
	s.expect(id(0), nil)
	s.expect(id(1), "right")
}

func submitDoesNotWait(t *testing.T, s *station) {
	const n = 200
	var jobs []runner.Job
	var blockers []*blocker
	for i := range n {
		blockers = append(blockers, block(i))
		jobs = append(jobs, blockers[i].Job)
	}
	within(t, "Submit", func() struct{} { s.Submit(jobs); return struct{}{} })
	for i, b := range blockers {
		close(b.release)
		s.expect(id(i), nil)
	}
}

func submitFromWithinReport(_ *testing.T, s *station) {
	const n = 100
	next := func(i int) []runner.Job {
		return []runner.Job{job(i, func(context.Context) runner.Outcome { return i })}
	}
	var last atomic.Int64 // job that was submitted
	s.mu.Lock()
	s.onReport = func(group []runner.Report) {
		for _, r := range group {
			if i := int64(r.ID.Task) + 1; i < n && last.CompareAndSwap(i-1, i) {
				s.Submit(next(int(i)))
			}
		}
	}
	s.mu.Unlock()
	s.Submit(next(0))
	s.expect(id(n-1), n-1)
}

func contextIsAlive(_ *testing.T, s *station) {
	var jobs []runner.Job
	for i := range 10 {
		jobs = append(jobs, job(i, func(ctx context.Context) runner.Outcome { return ctx.Err() }))
	}
	s.Submit(jobs)
	for i := range jobs {
		s.expect(id(i), nil)
	}
}

func cancelEndsARunningJob(t *testing.T, s *station) {
	b := block(0)
	s.Submit([]runner.Job{b.Job})
	await(t, "the job's start", b.began)
	s.Cancel(id(0))
	s.Cancel(id(0))
	s.expect(id(0), runner.ErrCancelled)
}

func cancelledBeforeItsStart(t *testing.T, s *station) {
	const n = 200 // more than most runners have slots; the others run them all
	var jobs []runner.Job
	var blockers []*blocker
	for i := range n {
		blockers = append(blockers, block(i))
		jobs = append(jobs, blockers[i].Job)
	}
	s.Submit(jobs)
	await(t, "the first job's start", blockers[0].began)
	for i := n - 1; i >= 0; i-- {
		s.Cancel(id(i))
		s.expect(id(i), runner.ErrCancelled)
	}
	for i, b := range blockers {
		if b.runs.Load() > 0 && !b.ended.Load() && !s.lost(id(i)) {
			t.Errorf("job %d was reported and runs", i)
		}
	}
	s.Submit([]runner.Job{job(n, func(context.Context) runner.Outcome { return "next" })})
	s.expect(id(n), "next") // their places are free
}

func cancelLeavesOthersAlone(t *testing.T, s *station) {
	var jobs []runner.Job
	const n, victim = 30, 8
	began, cancelled := make(chan struct{}), make(chan struct{})
	for i := range n {
		jobs = append(jobs, job(i, func(ctx context.Context) runner.Outcome {
			if i == victim {
				close(began)
				<-ctx.Done()
				<-cancelled
			}
			return context.Cause(ctx)
		}))
	}
	s.Submit(jobs)
	await(t, "the victim's start", began)
	s.Cancel(id(victim))
	close(cancelled)
	for i := range n {
		if i == victim {
			s.expect(id(i), runner.ErrCancelled)
		} else {
			s.expect(id(i), nil)
		}
	}
}

func cancelOfAnUnknownJob(_ *testing.T, s *station) {
	s.Cancel(id(0))
	s.Submit([]runner.Job{job(1, func(context.Context) runner.Outcome { return "done" })})
	s.expect(id(1), "done")
	s.Cancel(id(1))
	s.Submit([]runner.Job{job(2, func(context.Context) runner.Outcome { return "next" })})
	s.expect(id(2), "next")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, unknown := range []int{0, 3} {
		if r := s.reports[id(unknown)]; r != nil {
			s.t.Errorf("a job that was never submitted is reported: %v", r)
		}
	}
}

func closeCancelsWhatRuns(t *testing.T, s *station) {
	b := block(0)
	var cause atomic.Value
	work := b.Work
	b.Work = workFunc(func(ctx context.Context) runner.Outcome {
		o := work.Run(ctx)
		cause.Store(o)
		return o
	})
	s.Submit([]runner.Job{b.Job})
	await(t, "the job's start", b.began)
	if err := s.close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if got, _ := cause.Load().(error); !errors.Is(got, runner.ErrClosed) {
		t.Errorf("the job ended with %v, want %v", got, runner.ErrClosed)
	}
}

func closeDropsWhatHasNotBegun(t *testing.T, s *station) {
	var jobs []runner.Job
	var blockers []*blocker
	for i := range 200 {
		blockers = append(blockers, block(i))
		jobs = append(jobs, blockers[i].Job)
	}
	s.Submit(jobs)
	await(t, "the first job's start", blockers[0].began)
	if err := s.close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	before := make([]int32, len(blockers))
	for i, b := range blockers {
		before[i] = b.runs.Load()
		if before[i] > 0 != b.ended.Load() {
			t.Errorf("job %d runs after Close returned", i)
		}
		close(b.release)
	}
	for i, b := range blockers {
		if b.runs.Load() != before[i] {
			t.Errorf("job %d began after Close returned", i)
		}
	}
}

func closeTwice(t *testing.T, s *station) {
	b := block(0)
	s.Submit([]runner.Job{b.Job})
	await(t, "the job's start", b.began)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if !b.ended.Load() {
				t.Error("Close returned while the job runs")
			}
		})
	}
	await(t, "Close", closedAfter(wg.Wait))
}

func closedAfter(f func()) <-chan struct{} {
	c := make(chan struct{})
	go func() { f(); close(c) }()
	return c
}

func nothingAfterClose(t *testing.T, s *station) {
	if err := s.close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	ran := false
	s.Submit([]runner.Job{job(0, func(context.Context) runner.Outcome { ran = true; return nil })})
	s.Cancel(id(0))
	if err := s.close(); err != nil || ran {
		t.Errorf("Close: %v; the job ran: %v", err, ran)
	}
}

func closeInTheMidstOfReports(t *testing.T, s *station) {
	var closed atomic.Bool
	var jobs []runner.Job
	for i := range 1000 {
		jobs = append(jobs, job(i, func(context.Context) runner.Outcome {
			if closed.Load() {
				t.Errorf("job %d runs after Close returned", i)
			}
			return nil
		}))
	}
	first := s.changed // no report can have replaced it yet
	s.Submit(jobs)
	await(t, "the first report", first)
	if err := s.close(); err != nil { // reports from here on fail the test
		t.Errorf("Close: %v", err)
	}
	closed.Store(true)
}

func manySubmittersAndCancellers(t *testing.T, s *station) {
	const submitters, each = 8, 100
	var runs [submitters * each]atomic.Int32
	var wg sync.WaitGroup
	for i := range submitters {
		wg.Go(func() {
			for k := range each {
				n := i*each + k
				s.Submit([]runner.Job{job(n, func(context.Context) runner.Outcome {
					runs[n].Add(1)
					return n
				})})
				if n%5 == 0 {
					s.Cancel(id(n))
				}
			}
		})
	}
	wg.Wait()
	for n := range runs {
		if s.lost(id(n)) {
			continue
		}
		got := s.report(id(n))
		cause, _ := got.Outcome.(error)
		refused := errors.Is(cause, runner.ErrCancelled) && n%5 == 0
		if !refused && got.Outcome != n {
			t.Errorf("job %d: got %v", n, got.Outcome)
		}
		if want := int32(1); !refused && runs[n].Load() != want || refused && runs[n].Load() != 0 {
			t.Errorf("job %d, refused: %v, ran %d times", n, refused, runs[n].Load())
		}
	}
}
