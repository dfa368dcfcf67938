package conductor_test

import (
	"context"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// A panic ends the conductor with an error that everybody who waits is told.
func TestAFaultIsAnErrorForThoseWhoWait(t *testing.T) {
	t.Parallel()
	w := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Children: []*workflow.Node{{Name: "+a", Operator: "nop"}}}}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	r := local.New(local.Config{Slots: 1})
	defer r.Close()
	c := conductor.New(conductor.Config{
		Store: memory.New(), Runner: r, Owner: "one",
		Open: func(store.Attempt, *workflow.Workflow) func(*engine.Effect) runner.Job {
			return func(*engine.Effect) runner.Job { panic("broken") }
		},
	})
	ctx := context.Background()
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	_, _, err := c.StartAttempt(ctx, store.Start{Session: store.Session{Workflow: "w", Key: "k"}, Definition: w})
	if err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("start returned %v, want the fault", err)
	}
	<-c.Done()
	if err := c.Stop(); err == nil {
		t.Error("stop does not tell why the conductor ended")
	}
}
