// Package runnertest is the contract of package runner as tests. Every runner
// passes Run, also those that users write.
package runnertest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
	"go.uber.org/goleak"
)

// patience is how long a runner may take to do what it promises.
const patience = 20 * time.Second

// Run runs the suite. Each test gets a new runner from open, not started yet,
// and closes it; open may use t.Cleanup for more.
func Run(t *testing.T, open func(t *testing.T) runner.Runner) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s *station)
	}{
		{"EveryJobIsReportedWithItsOutcome", everyJobIsReported},
		{"TheSliceOfJobsIsNotKept", sliceIsNotKept},
		{"SubmitDoesNotWait", submitDoesNotWait},
		{"SubmitFromWithinReport", submitFromWithinReport},
		{"ContextIsAliveUntilSomebodyEndsIt", contextIsAlive},
		{"CancelEndsARunningJob", cancelEndsARunningJob},
		{"CancelledBeforeItsStart", cancelledBeforeItsStart},
		{"CancelLeavesOthersAlone", cancelLeavesOthersAlone},
		{"CancelOfAnUnknownJobChangesNothing", cancelOfAnUnknownJob},
		{"CloseCancelsWhatRunsAndWaitsForIt", closeCancelsWhatRuns},
		{"CloseDropsWhatHasNotBegun", closeDropsWhatHasNotBegun},
		{"CloseTwice", closeTwice},
		{"NothingHappensAfterClose", nothingAfterClose},
		{"ManySubmittersAndCancellers", manySubmittersAndCancellers},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) }) // the last one to run
			test.run(t, newStation(t, open(t)))
		})
	}
}

// station is a runner under test, with the reports that it made.
type station struct {
	runner.Runner
	t *testing.T

	mu      sync.Mutex
	closed  bool
	reports map[runner.ID][]runner.Report
	changed chan struct{} // closed when there are more reports
	// onReport is called with each group.
	onReport func([]runner.Report)
}

func newStation(t *testing.T, r runner.Runner) *station {
	t.Helper()
	s := &station{Runner: r, t: t, reports: make(map[runner.ID][]runner.Report), changed: make(chan struct{})}
	if err := r.Start(s.take); err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func (s *station) take(group []runner.Report) {
	s.mu.Lock()
	if s.closed {
		s.t.Errorf("%d reports after Close returned", len(group))
	}
	if len(group) == 0 {
		s.t.Error("a group of no reports")
	}
	for _, r := range group {
		s.reports[r.ID] = append(s.reports[r.ID], r)
	}
	close(s.changed)
	s.changed = make(chan struct{})
	onReport := s.onReport
	s.mu.Unlock()
	if onReport != nil {
		onReport(group)
	}
}

// close closes the runner; reports from here on are mistakes.
func (s *station) close() error {
	err := within(s.t, "Close", s.Close)
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return err
}

// report returns the first report of a job, as soon as there is one.
func (s *station) report(id runner.ID) runner.Report {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		s.mu.Lock()
		reports, changed := s.reports[id], s.changed
		s.mu.Unlock()
		if len(reports) > 0 {
			return reports[0]
		}
		select {
		case <-changed:
		case <-deadline:
			s.t.Fatalf("no report of job %v after %v", id, patience)
		}
	}
}

// expect waits for a job's report and checks its outcome.
func (s *station) expect(id runner.ID, want runner.Outcome) {
	s.t.Helper()
	if got := s.report(id); got.Outcome != want || got.Lost {
		s.t.Errorf("job %v: got %v (lost: %v), want %v", id, got.Outcome, got.Lost, want)
	}
}

// within fails the test if f takes too long.
func within[T any](t *testing.T, what string, f func() T) T {
	t.Helper()
	done := make(chan T, 1)
	go func() { done <- f() }()
	select {
	case v := <-done:
		return v
	case <-time.After(patience):
		t.Fatalf("%s took more than %v", what, patience)
		panic("unreachable")
	}
}

// await fails the test if c is not closed soon.
func await(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	within(t, what, func() struct{} { <-c; return struct{}{} })
}

// id returns the identity of the n-th job of a test.
func id(n int) runner.ID { return runner.ID{Attempt: 1, Task: model.TaskID(n), Try: 1} }

// job returns the n-th job of a test. Every third one is light.
func job(n int, work func(ctx context.Context) runner.Outcome) runner.Job {
	return runner.Job{ID: id(n), Task: fmt.Sprint("+job", n), Light: n%3 == 2, Work: workFunc(work)}
}

type workFunc func(ctx context.Context) runner.Outcome

func (f workFunc) Run(ctx context.Context) runner.Outcome { return f(ctx) }

// blocker is a job that runs until it is cancelled or released. Its outcome
// is the cause of its end, or nil.
type blocker struct {
	runner.Job
	began   chan struct{}
	release chan struct{}
	runs    atomic.Int32
	ended   atomic.Bool
}

// block returns the n-th job of a test as a blocker. It is never light.
func block(n int) *blocker {
	b := &blocker{began: make(chan struct{}), release: make(chan struct{})}
	b.Job = job(n, func(ctx context.Context) runner.Outcome {
		defer b.ended.Store(true)
		if b.runs.Add(1) == 1 {
			close(b.began)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-b.release:
			return nil
		}
	})
	b.Light = false
	return b
}
