package conductor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// succeeds answers a job at once.
func succeeds(runner.Job) engine.Command { return engine.Command{Kind: engine.Succeed} }

// stage is a running conductor with all that it works with.
type stage struct {
	*testing.T
	store *shaky
	desk  *desk
	*conductor.Conductor
}

// inBubble runs a test with a conductor in a bubble of its own time. The
// conductor is stopped when the test ends.
func inBubble(t *testing.T, answer func(runner.Job) engine.Command, test func(s *stage)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{T: t, store: newShaky(t, clock.System{}), desk: &desk{answer: answer}}
		s.Conductor = s.another("one")
		test(s)
	})
}

func (s *stage) another(owner string) *conductor.Conductor {
	s.Helper()
	c := conductor.New(conductor.Config{Store: s.store, Runner: s.desk, Open: open, Owner: owner})
	if err := c.Start(ctx); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		_ = s.desk.Close() // it never fails
		_ = c.Stop()       // the tests that care for it have called it before
	})
	return c
}

func (s *stage) begin(key string, def *workflow.Workflow) model.AttemptID {
	s.Helper()
	a, made, err := s.StartAttempt(ctx, start(key, def))
	if err != nil || !made {
		s.Fatalf("StartAttempt: made %v, error %v", made, err)
	}
	return a.ID
}

// finish has the runner report that the first task of an attempt succeeded.
func (s *stage) finish(id model.AttemptID) {
	s.desk.report([]runner.Report{{
		ID:      runner.ID{Attempt: id, Task: 1, Try: 1},
		Outcome: engine.Command{Kind: engine.Succeed},
	}})
}

// holdNextCommit has the next commit wait for release, once it has closed
// entered, and forgets the batches until then.
func (s *stage) holdNextCommit() (entered <-chan struct{}, release chan<- struct{}) {
	in, out := make(chan struct{}), make(chan struct{})
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.batches = nil
	s.store.commit = func(next func() error) error {
		s.store.commit = nil
		close(in)
		<-out
		return next()
	}
	return in, out
}

func TestAStartIsDurableWhenItReturns(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		id := s.begin("1", chain(s, action("+a")))
		events, err := s.store.Events(ctx, id, 0, 0)
		if err != nil || len(events) != 3 {
			s.Errorf("the store has %d events, error %v", len(events), err)
		}
	})
}

func TestManyCallersRunTheirAttemptsToTheEnd(t *testing.T) {
	inBubble(t, succeeds, func(s *stage) {
		waits := action("+b")
		waits.Wait = &workflow.Wait{For: time.Minute}
		def := chain(s, action("+a"), waits, action("+c"))
		var callers sync.WaitGroup
		for i := range 50 {
			callers.Go(func() {
				a, _, err := s.StartAttempt(ctx, start(fmt.Sprint(i/2), def)) // two ask for each
				if err != nil {
					s.Errorf("StartAttempt: %v", err)
					return
				}
				if err := s.Inspect(ctx, a.ID, func(a *engine.Attempt) { a.Len() }); err != nil {
					s.Errorf("Inspect: %v", err)
				}
				row, err := s.Wait(ctx, a.ID)
				if err != nil || row.State != engine.AttemptSuccess {
					s.Errorf("Wait: %v, %v", row.State, err)
				}
			})
		}
		callers.Wait()
		list, _, err := s.store.ListAttempts(ctx, store.Filter{}, store.Page{})
		if err != nil || len(list) != 25 {
			s.Errorf("%d attempts, error %v", len(list), err)
		}
	})
}

// What gathers while a commit is under way is one batch.
func TestWhatGathersDuringACommitIsOneBatch(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		def := chain(s, action("+a"))
		var ids []model.AttemptID
		for i := range 20 {
			ids = append(ids, s.begin(fmt.Sprint(i), def))
		}
		entered, release := s.holdNextCommit()
		s.finish(ids[0])
		<-entered
		for _, id := range ids[1:] {
			s.finish(id)
		}
		close(release)
		for _, id := range ids {
			if _, err := s.Wait(ctx, id); err != nil {
				s.Errorf("Wait: %v", err)
			}
		}
		s.store.mu.Lock()
		defer s.store.mu.Unlock()
		if n := len(s.store.batches); n != 2 {
			s.Errorf("%d commits, want 2", n)
		}
	})
}

func TestTimersFireWithoutAnythingComingIn(t *testing.T) {
	inBubble(t, succeeds, func(s *stage) {
		waits := action("+a")
		waits.Wait = &workflow.Wait{For: 24 * time.Hour}
		began := time.Now()
		id := s.begin("1", chain(s, waits))
		row, err := s.Wait(ctx, id)
		if err != nil || row.State != engine.AttemptSuccess {
			s.Errorf("Wait: %v, %v", row.State, err)
		}
		if took := time.Since(began); took != 24*time.Hour {
			s.Errorf("it took %v", took)
		}
	})
}

func TestStopCommitsWhatHasComeIn(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		def := chain(s, action("+a"), action("+b"))
		ids := []model.AttemptID{s.begin("1", def), s.begin("2", def)}
		entered, release := s.holdNextCommit()
		s.finish(ids[0])
		<-entered
		s.finish(ids[1]) // it comes in while the conductor is busy
		stopped := make(chan error)
		go func() { stopped <- s.Stop() }() // received below
		synctest.Wait()
		close(release)
		if err := <-stopped; err != nil {
			s.Errorf("Stop: %v", err)
		}
		if err := s.Stop(); err != nil {
			s.Errorf("the second Stop: %v", err)
		}
		for _, id := range ids {
			snapshot, err := s.store.Store.Load(ctx, id)
			if err != nil || snapshot.Tasks[1].State != model.Success {
				s.Errorf("attempt %d: error %v, the store has the task as %v", id, err, snapshot.Tasks[1].State)
			}
		}
	})
}

func TestStopGivesTheAttemptsUpAtOnce(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		id := s.begin("1", chain(s, action("+a")))
		waiting := make(chan error, 1)
		go func() { // ends when the conductor does
			_, err := s.Wait(ctx, id)
			waiting <- err
		}()
		synctest.Wait()
		if err := s.Stop(); err != nil {
			s.Fatal(err)
		}
		if err := <-waiting; !errors.Is(err, conductor.ErrStopped) {
			s.Errorf("who waited was told %v, want %v", err, conductor.ErrStopped)
		}
		ids, err := s.another("two").Recover(ctx, 10)
		if err != nil || !slices.Equal(ids, []model.AttemptID{id}) {
			s.Errorf("Recover: %v, %v", ids, err)
		}
	})
}

func TestAStoppedConductorRefusesEverything(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		def := chain(s, action("+a"))
		id := s.begin("1", def)
		if err := s.Stop(); err != nil {
			s.Fatal(err)
		}
		select {
		case <-s.Done():
		default:
			s.Error("Done is not closed")
		}
		_, _, startErr := s.StartAttempt(ctx, start("2", def))
		_, recoverErr := s.Recover(ctx, 1)
		_, waitErr := s.Wait(ctx, id)
		for call, err := range map[string]error{
			"StartAttempt": startErr,
			"Recover":      recoverErr,
			"Wait":         waitErr,
			"Abandon":      s.Abandon(ctx, id),
			"Send":         s.Send(ctx, id, engine.Command{Kind: engine.Kill}),
			"Inspect":      s.Inspect(ctx, id, func(*engine.Attempt) { s.Error("inspected") }),
		} {
			if !errors.Is(err, conductor.ErrStopped) {
				s.Errorf("%s: %v, want %v", call, err, conductor.ErrStopped)
			}
		}
	})
}

func TestAStoreThatFailsForAWhileIsTriedAgain(t *testing.T) {
	inBubble(t, succeeds, func(s *stage) {
		def := chain(s, action("+a"))
		began := time.Now()
		s.store.mu.Lock()
		s.store.commit = func(next func() error) error {
			if time.Since(began) < 5*time.Second {
				return errStore
			}
			return next()
		}
		s.store.mu.Unlock()
		row, err := s.Wait(ctx, s.begin("1", def))
		if err != nil || row.State != engine.AttemptSuccess {
			s.Errorf("Wait: %v, %v", row.State, err)
		}
		if took := time.Since(began); took < 5*time.Second {
			s.Errorf("it took %v", took)
		}
	})
}

func TestAConductorGivesUpOnAStoreThatStaysAway(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		s.store.mu.Lock()
		s.store.commit = refuse
		s.store.mu.Unlock()
		_, _, err := s.StartAttempt(ctx, start("1", chain(s, action("+a"))))
		if !errors.Is(err, errStore) {
			s.Errorf("StartAttempt: %v, want %v", err, errStore)
		}
		<-s.Done()
		if err := s.Stop(); !errors.Is(err, errStore) {
			s.Errorf("Stop: %v, want %v", err, errStore)
		}
	})
}

func TestAConductorThatLostItsLeaseEnds(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		id := s.begin("1", chain(s, action("+a")))
		if err := s.store.EndLease(ctx, "one", 1); err != nil {
			s.Fatal(err)
		}
		_, err := s.Wait(ctx, id)
		if !errors.Is(err, conductor.ErrFenced) {
			s.Errorf("Wait: %v, want %v", err, conductor.ErrFenced)
		}
		<-s.Done()
		if err := s.Stop(); !errors.Is(err, conductor.ErrFenced) {
			s.Errorf("Stop: %v, want %v", err, conductor.ErrFenced)
		}
	})
}

func TestStartFailsWhereTheOwnerIsTaken(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		twin := conductor.New(conductor.Config{Store: s.store, Runner: &desk{}, Open: open, Owner: "one"})
		if err := twin.Start(ctx); model.CodeOf(err) != model.Conflict {
			s.Errorf("Start: %v, want a conflict", err)
		}
		if err := twin.Stop(); err != nil {
			s.Errorf("Stop of what never started: %v", err)
		}
	})
}

func TestStartGivesTheLeaseUpWhereTheRunnerFails(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		broken := errors.New("no slots")
		c := conductor.New(conductor.Config{Store: s.store, Runner: &desk{startErr: broken}, Open: open, Owner: "two"})
		if err := c.Start(ctx); !errors.Is(err, broken) {
			s.Errorf("Start: %v, want %v", err, broken)
		}
		s.another("two")
	})
}

// A caller that gives up leaves nothing behind that is written while it reads.
func TestACallerMayGiveUp(t *testing.T) {
	inBubble(t, nil, func(s *stage) {
		def := chain(s, action("+a"))
		impatient, giveUp := context.WithCancelCause(ctx)
		enough := errors.New("enough")
		s.store.start = func(next func() error) error {
			giveUp(enough)
			return next()
		}
		if _, _, err := s.StartAttempt(impatient, start("1", def)); !errors.Is(err, enough) {
			s.Errorf("StartAttempt: error %v, want %v", err, enough)
		}
		if _, err := s.Wait(impatient, 1); !errors.Is(err, enough) {
			s.Errorf("Wait: %v, want %v", err, enough)
		}
	})
}
