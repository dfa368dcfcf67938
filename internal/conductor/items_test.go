package conductor_test

import (
	"errors"
	"testing"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Items that can't be read fail their own attempt and keep nothing else up. A store
// that does not answer is asked again.
func TestItemsThatCannotBeReadFailOnlyTheirAttempt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	def := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Children: []*workflow.Node{{
		Name: "+each", Each: &workflow.Each{Source: "list", Key: "item"}, Children: []*workflow.Node{action("+item")},
	}}}}
	if err := def.Finish(); err != nil {
		t.Fatal(err)
	}
	one, other := r.begin("1", def), r.begin("2", chain(t, action("+a")))
	listed := command(one, engine.Command{Kind: engine.Succeed, Task: 1, Try: 1, Result: &engine.Result{Listed: &engine.Listed{Total: 1}}})

	r.store.fetch = errStore
	r.step(listed)
	if err := r.Step(ctx, nil); !errors.Is(err, errStore) {
		t.Fatalf("Step: %v, want %v", err, errStore)
	}
	r.store.fetch = model.Errorf(model.Internal, "the row is damaged")
	if err := r.Step(ctx, []conductor.Stimulus{succeed(other, 1, 1)}); err != nil {
		t.Fatalf("Step: %v", err)
	}
	r.step()
	if got := r.stored(one, 1); got != model.Failed {
		t.Errorf("the collection is %s, want failed", got)
	}
	if got := r.stored(other, 0); got != model.Success {
		t.Errorf("another attempt is %s, want success", got)
	}
}
