package executor_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// shelf finds products as it is told, and runs what is not up to date.
type shelf struct {
	verdict *engine.Verdict
	asked   int
}

func (s *shelf) Make(_ context.Context, _ *operator.Task, run func(engine.Verdict) (operator.Result, error)) (operator.Result, *engine.Verdict, error) {
	s.asked++
	if s.verdict != nil && s.verdict.Skip {
		return operator.Result{}, s.verdict, nil
	}
	r, err := run(engine.Verdict{Reason: "never built"})
	return r, s.verdict, err
}

func TestProductsDecideWhetherATaskRuns(t *testing.T) {
	t.Parallel()
	changed := &engine.Verdict{Reason: "source changed"}
	for name, tc := range map[string]struct {
		verdict *engine.Verdict
		fails   bool
		ran     bool
		want    engine.Command
	}{
		"up to date":  {&engine.Verdict{Skip: true, Reason: "unchanged"}, false, false, engine.Command{Kind: engine.Succeed, Verdict: &engine.Verdict{Skip: true, Reason: "unchanged"}}},
		"outdated":    {changed, false, true, engine.Command{Kind: engine.Succeed, Verdict: changed}},
		"not found":   {nil, false, true, engine.Command{Kind: engine.Succeed}},
		"that fails":  {changed, true, true, engine.Command{Kind: engine.Fail, Verdict: changed, Failure: &engine.Failure{Error: params.Of("message", "oops")}}},
		"with secret": {&engine.Verdict{Reason: "parameter k: 0ther -> 1"}, false, true, engine.Command{Kind: engine.Succeed, Verdict: &engine.Verdict{Reason: "parameter k: *** -> 1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ran := false
			b := newBench(t, does("op", func(ctx context.Context, task *operator.Task) error {
				ran = true
				if _, err := task.Secrets.Secret(ctx, "other"); err != nil {
					return err
				}
				if tc.fails {
					return errors.New("oops")
				}
				return nil
			}))
			products := &shelf{verdict: tc.verdict}
			b.Products = products
			try := b.try(params.Map{}, typeOp)
			try.Node.Products = []workflow.Product{{Type: "file"}}
			got := try.Run(t.Context()).(engine.Command)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if ran != tc.ran || products.asked != 1 {
				t.Errorf("ran is %v, asked %d times", ran, products.asked)
			}
		})
	}
}

func TestTasksWithoutProductsAlwaysRun(t *testing.T) {
	t.Parallel()
	ran := false
	b := newBench(t, does("op", func(context.Context, *operator.Task) error { ran = true; return nil }))
	products := &shelf{verdict: &engine.Verdict{Skip: true}}
	b.Products = products
	b.run(t, params.Map{}, typeOp)
	if !ran || products.asked != 0 {
		t.Errorf("ran is %v, asked %d times", ran, products.asked)
	}
}
