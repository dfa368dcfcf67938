package sim

import (
	"context"
	"sync"
	"testing"

	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
)

// The model of a runner is a runner, with faults as well as without.
func TestModelRunnerIsARunner(t *testing.T) {
	runnertest.Run(t, func(*testing.T) runner.Runner { return newStage(faults{}) })
}

func TestModelRunnerWithFaultsIsAnUnreliableRunner(t *testing.T) {
	runnertest.RunUnreliable(t, func(*testing.T) runner.Runner {
		return newStage(faults{reportLost: 0.3, reportTwice: 0.3, reportLate: 0.3})
	})
}

// stage lets a model of a runner play bodies that block: each in a goroutine
// of its own, from the beginning to the end of its job. The model and its
// world are touched by one goroutine at a time; who waits for a body or
// delivers reports lets others in.
type stage struct {
	mu    sync.Mutex // held while the model works
	world world
	jobs  *jobs
	// telling counts the reports that are being delivered.
	telling sync.WaitGroup
}

func newStage(f faults) *stage {
	s := new(stage)
	s.jobs = newJobs(&s.world, newDice(1, "stage"), func() faults { return f })
	s.jobs.play = s.play
	return s
}

// goOn lets everything happen that is planned.
func (s *stage) goOn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.world.next() {
		continue
	}
}

func (s *stage) play(ctx context.Context, w runner.Work) func() runner.Outcome {
	var outcome runner.Outcome
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		outcome = w.Run(ctx)
	}()
	return func() runner.Outcome {
		go s.goOn()
		s.mu.Unlock()
		defer s.mu.Lock()
		<-ended
		return outcome
	}
}

// Start implements runner.Runner.
func (s *stage) Start(report func([]runner.Report)) error {
	return s.jobs.Start(func(group []runner.Report) {
		s.telling.Add(1)
		defer s.telling.Done()
		s.mu.Unlock()
		defer s.mu.Lock()
		report(group)
	})
}

// Submit implements runner.Runner.
func (s *stage) Submit(batch []runner.Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs.Submit(batch)
	go s.goOn()
}

// Cancel implements runner.Runner.
func (s *stage) Cancel(id runner.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs.Cancel(id)
	go s.goOn()
}

// Close implements runner.Runner.
func (s *stage) Close() error {
	defer s.telling.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.jobs.Close()
}

var _ runner.Runner = (*stage)(nil)
