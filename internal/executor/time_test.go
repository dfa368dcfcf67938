package executor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// A try runs as long as its task may, whatever the runner does.
func TestATryEndsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	slow := operator.Spec{Name: "slow", Operator: operator.Func(func(ctx context.Context, _ *operator.Task) (operator.Result, error) {
		<-ctx.Done()
		return operator.Result{}, ctx.Err()
	})}
	b := newBench(t, slow)
	synctest.Test(t, func(t *testing.T) {
		try := b.try(params.Map{}, params.Of("_type", "slow", "_needs", params.Of("time", "90s")))
		begun := time.Now()
		got := try.Run(t.Context()).(engine.Command)
		if took := time.Since(begun); took != 90*time.Second || got.Kind != engine.Fail {
			t.Fatalf("it took %v: %+v", took, got)
		}
		const want = "the task took longer than it may: 1m30s"
		if v, _ := got.Failure.Error.Get("message"); v != want && v != want+" (config)" {
			t.Errorf("it says %v", v)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(runner.ErrCancelled) })
		if got := try.Run(ctx).(engine.Command); got.Kind != engine.TryCancelled {
			t.Errorf("one that is called off before: %+v", got)
		}
	})
}

// The limit of a task bounds its program where it is, unless it is to be skipped then.
func TestALimitOfATaskIsKnownToItsRunner(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for then, want := range map[workflow.LimitEffect]int64{workflow.LimitFails: 61, workflow.LimitSkips: 0} {
		n := &workflow.Node{Name: "+a", Operator: "sh", Limit: workflow.Limit{After: time.Minute + 1, Then: then}}
		if job := b.Open(b.info).Job(&engine.Effect{Node: n}); job.Resources.Time != want {
			t.Errorf("%v: %d s, want %d", then, job.Resources.Time, want)
		}
	}
}
