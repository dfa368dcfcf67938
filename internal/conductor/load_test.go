package conductor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

func TestLoadTellsAttemptsThatOnlyWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		steps := 0
		waits := func(runner.Job) engine.Command {
			return engine.Command{Kind: engine.WaitFor, Wait: &engine.Wait{Until: model.InstantOf(time.Now().Add(time.Minute))}}
		}
		s := &stage{T: t, store: newShaky(t, clock.System{}), desk: &desk{answer: waits}}
		s.Conductor = conductor.New(conductor.Config{
			Store: s.store, Runner: s.desk, Open: open, Owner: "one", Unload: time.Hour,
			Stepped: func(time.Duration) { steps++ },
		})
		if err := s.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if l, err := s.Load(ctx); err != nil || l != (conductor.Load{}) {
			t.Errorf("at rest: %+v, %v", l, err)
		}
		s.begin("a", chain(t, action("+a")))
		synctest.Wait()
		if l, err := s.Load(ctx); err != nil || l != (conductor.Load{Driven: 1, Waiting: 1}) {
			t.Errorf("while it waits: %+v, %v", l, err)
		}
		if err := s.desk.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if steps < 3 {
			t.Errorf("told of %d steps", steps)
		}
	})
}
