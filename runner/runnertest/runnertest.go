// Package runnertest is the contract of package runner as tests. Every runner
// passes Run, also those that users write; one that may lose jobs or report
// them more than once passes RunUnreliable too.
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
const patience = time.Minute

// Run runs the suite. Each test gets a new runner from open, not started yet,
// and closes it; open may use t.Cleanup for more. The runner reports each job
// once here and loses none.
func Run(t *testing.T, open func(t *testing.T) runner.Runner) { run(t, open, nil, true) }

// RunApart runs the suite on a runner whose jobs run outside of its process and go
// on after Close: all of Run, but for what becomes of jobs then.
func RunApart(t *testing.T, open func(t *testing.T) runner.Runner) { run(t, open, nil, false) }

// RunUnreliable runs the suite on a runner that is made to lose track of jobs
// and to report late and more than once, wherever the contract allows it. It
// fails if the runner does not do so.
func RunUnreliable(t *testing.T, open func(t *testing.T) runner.Runner) {
	var m mistakes
	run(t, open, &m, true)
	t.Run("JobsWereLostAndReportedAgain", func(t *testing.T) {
		if m.lost == 0 || m.repeated == 0 {
			t.Errorf("%d jobs were lost and %d reported again, want some of both", m.lost, m.repeated)
		}
	})
}

// mistakes counts what only an unreliable runner does.
type mistakes struct{ lost, repeated int }

func run(t *testing.T, open func(t *testing.T) runner.Runner, m *mistakes, here bool) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s *station)
		here bool // it is about jobs in this process
	}{
		{"EveryJobIsReportedWithItsOutcome", everyJobIsReported, false},
		{"TheSliceOfJobsIsNotKept", sliceIsNotKept, false},
		{"SubmitDoesNotWait", submitDoesNotWait, false},
		{"SubmitFromWithinReport", submitFromWithinReport, false},
		{"ContextIsAliveUntilSomebodyEndsIt", contextIsAlive, false},
		{"CancelEndsARunningJob", cancelEndsARunningJob, false},
		{"CancelledBeforeItsStart", cancelledBeforeItsStart, false},
		{"CancelLeavesOthersAlone", cancelLeavesOthersAlone, false},
		{"CancelOfAnUnknownJobChangesNothing", cancelOfAnUnknownJob, false},
		{"CloseCancelsWhatRunsAndWaitsForIt", closeCancelsWhatRuns, true},
		{"CloseDropsWhatHasNotBegun", closeDropsWhatHasNotBegun, true},
		{"CloseTwice", closeTwice, true},
		{"NothingHappensAfterClose", nothingAfterClose, false},
		{"CloseInTheMidstOfReports", closeInTheMidstOfReports, true},
		{"ManySubmittersAndCancellers", manySubmittersAndCancellers, false},
	} {
		if test.here && !here {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) }) // the last one to run
			test.run(t, newStation(t, open(t), m))
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
	// wants holds the outcomes that the test expects.
	wants map[runner.ID]runner.Outcome
	// mistakes is nil unless the runner may make some.
	mistakes *mistakes
	// shared is set where two runners have the same jobs: one may take for lost what
	// the other has reported.
	shared  bool
	changed chan struct{} // closed when there are more reports
	// onReport is called with each group.
	onReport func([]runner.Report)
}

func newStation(t *testing.T, r runner.Runner, m *mistakes) *station {
	t.Helper()
	s := &station{
		Runner: r, t: t, mistakes: m, changed: make(chan struct{}),
		reports: make(map[runner.ID][]runner.Report), wants: make(map[runner.ID]runner.Outcome),
	}
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
		if s.shared && r.Lost && len(s.reports[r.ID]) > 0 {
			continue
		}
		s.count(r)
		s.judge(r)
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

func (s *station) count(r runner.Report) {
	repeated := len(s.reports[r.ID]) > 0
	switch {
	case s.mistakes == nil && repeated:
		s.t.Errorf("job %v is reported again", r.ID)
	case s.mistakes != nil && r.Lost:
		s.mistakes.lost++
	case s.mistakes != nil && repeated:
		s.mistakes.repeated++
	}
}

// judge fails the test if a report is not the expected one, nor the loss of a
// job that may be lost.
func (s *station) judge(r runner.Report) {
	want, known := s.wants[r.ID]
	right := !r.Lost && r.Outcome == want
	loss := r.Lost && r.Outcome == nil && s.mistakes != nil
	if known && !right && !loss {
		s.t.Errorf("job %v: got %v (lost: %v), want %v", r.ID, r.Outcome, r.Lost, want)
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

// expect waits for a job's report and checks the outcome, there and in each
// report of the job that comes later.
func (s *station) expect(id runner.ID, want runner.Outcome) {
	s.t.Helper()
	s.report(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wants[id] = want
	for _, r := range s.reports[id] {
		s.judge(r)
	}
}

// lost reports whether the runner may have lost track of a job: it ran, or
// runs, or never will.
func (s *station) lost(id runner.ID) bool { return s.mistakes != nil && s.report(id).Lost }

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
