package conductor_test

import (
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// These tests are about attempts that are asked for while who makes them has not told
// the conductor yet.

// making has an attempt made by a call that hears of it when it is let go on, which
// reports how that call went.
func (s *stage) making(def *workflow.Workflow) (goOn func()) {
	s.Helper()
	made, release := make(chan struct{}), make(chan struct{})
	s.store.start = func(next func() error) error {
		s.store.start = nil
		err := next()
		close(made)
		<-release
		return err
	}
	var call sync.WaitGroup
	call.Go(func() {
		if _, made, err := s.StartAttempt(ctx, start("1", def)); err != nil || !made {
			s.Errorf("who makes it: made %v, error %v", made, err)
		}
	})
	<-made
	return func() {
		close(release)
		call.Wait()
	}
}

// found returns the attempt that is being made.
func (s *stage) found(def *workflow.Workflow) model.AttemptID {
	s.Helper()
	a, made, err := s.StartAttempt(ctx, start("1", def))
	if err != nil || made {
		s.Fatalf("StartAttempt: made %v, error %v", made, err)
	}
	return a.ID
}

func (s *stage) wantEnd(id model.AttemptID, want engine.AttemptState) {
	s.Helper()
	if row, err := s.Wait(ctx, id); err != nil || row.State != want {
		s.Errorf("Wait: %v, error %v, want %v", row.State, err, want)
	}
}

func (s *stage) wantSubmitted(n int) {
	s.Helper()
	if calls := s.desk.did(); len(calls) != n {
		s.Errorf("the runner was asked for %q, want %d jobs", calls, n)
	}
}

func TestAnAttemptThatAnotherCallMakesIsDrivenHere(t *testing.T) {
	t.Parallel()
	for name, asks := range map[string]func(*stage, model.AttemptID) error{
		"Inspect": func(s *stage, id model.AttemptID) error {
			return s.Inspect(ctx, id, func(a *engine.Attempt) {
				if a.ID() != id {
					s.Errorf("it is attempt %d", a.ID())
				}
			})
		},
		"Send": func(s *stage, id model.AttemptID) error {
			return s.Send(ctx, id, engine.Command{Kind: engine.Edit})
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(s *stage) {
				def := chain(s, action("+a"))
				goOn := s.making(def)
				id := s.found(def)
				if err := asks(s, id); err != nil {
					s.Error(err)
				}
				goOn()
				s.wantSubmitted(1)
				s.finish(id)
				s.wantEnd(id, engine.AttemptSuccess)
			})
		})
	}
}

// Who makes it comes when it is over, and begins nothing anew.
func TestAnAttemptMayEndBeforeWhoMakesItHearsOfIt(t *testing.T) {
	inBubble(t, succeeds, func(s *stage) {
		def := chain(s, action("+a"))
		goOn := s.making(def)
		id := s.found(def)
		s.wantEnd(id, engine.AttemptSuccess)
		goOn()
		s.wantEnd(s.begin("2", def), engine.AttemptSuccess)
		s.wantSubmitted(2)
		if l, err := s.Load(ctx); err != nil || l.Driven != 0 {
			s.Errorf("%d attempts are driven, error %v", l.Driven, err)
		}
	})
}

// It is found with the lease's renewal as well, when the answer to another start was lost.
func TestAStrayMayEndBeforeWhoMakesItHearsOfIt(t *testing.T) {
	inBubble(t, succeeds, func(s *stage) {
		def := chain(s, action("+a"))
		goOn := s.making(def)
		s.store.start = lose
		if _, _, err := s.StartAttempt(ctx, start("2", def)); err == nil {
			s.Fatal("the answer was not lost")
		}
		clock.Pause(ctx, clock.System{}, 10*time.Second) // of the bubble
		s.wantSubmitted(2)
		goOn()
		s.wantSubmitted(0)
	})
}

func TestAnAttemptWhoseMakerHeardNothingIsDrivenOnceItIsAskedFor(t *testing.T) {
	inBubble(t, succeeds, func(s *stage) {
		def := chain(s, action("+a"))
		s.store.start = lose
		if _, _, err := s.StartAttempt(ctx, start("1", def)); err == nil {
			s.Fatal("the answer was not lost")
		}
		s.store.start = nil
		began := time.Now()
		s.wantEnd(s.found(def), engine.AttemptSuccess)
		if took := time.Since(began); took != 0 {
			s.Errorf("it took %v", took)
		}
	})
}

func TestWhatAnotherProcessHasMadeIsDrivenElsewhere(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		def := chain(s, action("+a"))
		if _, _, err := s.another("two").StartAttempt(ctx, start("1", def)); err != nil {
			s.Fatal(err)
		}
		id := s.found(def)
		if _, err := s.Wait(ctx, id); model.CodeOf(err) != model.Conflict {
			s.Errorf("Wait: %v, want a conflict", err)
		}
		if err := s.Inspect(ctx, id, func(*engine.Attempt) { s.Error("inspected") }); model.CodeOf(err) != model.NotFound {
			s.Errorf("Inspect: %v, want that it is not found", err)
		}
		s.wantSubmitted(1)
	})
}
