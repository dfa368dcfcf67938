package conductor_test

import (
	"testing"
	"testing/synctest"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// succeeded is the report that the first task of an attempt succeeded.
func succeeded(id model.AttemptID) runner.Report {
	return runner.Report{ID: runner.ID{Attempt: id, Task: 1, Try: 1}, Outcome: engine.Command{Kind: engine.Succeed}}
}

func TestAReportIsDurableWhenItIsTaken(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		id := s.begin("1", chain(s, action("+a"), action("+b")))
		entered, release := s.holdNextCommit()
		taken := make(chan bool, 1)
		go func() { taken <- s.Report(ctx, succeeded(id)) }()
		<-entered
		synctest.Wait()
		select {
		case <-taken:
			s.Error("it is taken before it is durable")
		default:
		}
		close(release)
		if !<-taken {
			s.Error("it is not taken")
		}
		if err := s.Inspect(ctx, id, func(a *engine.Attempt) {
			if state := a.Task(1).State; state != model.Success {
				s.Errorf("the task is %v", state)
			}
		}); err != nil {
			s.Error(err)
		}
	})
}

// One that is delivered again, as an answer was lost, changes nothing.
func TestAReportThatDoesNotFitIsTaken(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		id := s.begin("1", chain(s, action("+a"), action("+b")))
		for range 2 {
			if !s.Report(ctx, succeeded(id)) {
				s.Error("it is not taken")
			}
		}
		again := succeeded(id)
		again.Lost = true
		if !s.Report(ctx, again) {
			s.Error("a loss is not taken")
		}
		row, err := s.store.Attempt(ctx, id)
		if err != nil || row.State != engine.AttemptRunning {
			s.Errorf("the attempt is %v, %v", row.State, err)
		}
	})
}

func TestAReportIsLeftToWhoDrivesTheAttempt(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		id := s.begin("1", chain(s, action("+a")))
		if s.another("two").Report(ctx, succeeded(id)) {
			s.Error("another takes it")
		}
		if err := s.Stop(); err != nil {
			s.Fatal(err)
		}
		if s.Report(ctx, succeeded(id)) {
			s.Error("it is taken by one that has ended")
		}
	})
}

// What the conductor did not store before its end is to be posted.
func TestAReportIsNotTakenByOneThatLosesItsLease(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		id := s.begin("1", chain(s, action("+a")))
		s.store.mu.Lock()
		s.store.commit = func(func() error) error {
			return model.Errorf(model.Conflict, "the lease is another's")
		}
		s.store.mu.Unlock()
		if s.Report(ctx, succeeded(id)) {
			s.Error("it is taken")
		}
		<-s.Done()
	})
}
