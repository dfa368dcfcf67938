package executor_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// BenchmarkTry measures what the executor adds to an operator that does
// nothing, from the engine's effect to the outcome.
func BenchmarkTry(b *testing.B) {
	nothing := operator.Func(func(context.Context, *operator.Task) (operator.Result, error) { return operator.Result{}, nil })
	bench := newBench(b,
		operator.Spec{Name: "nop", Operator: nothing, Keys: []string{}},
		operator.Spec{Name: "all", Operator: nothing})
	bench.Logs = nil
	var exports params.Map
	for i := range 10 {
		exports = exports.Set("key_"+strconv.Itoa(i), "value")
	}
	for _, tt := range []struct {
		name  string
		local params.Map
		scope func(i int) params.Map
	}{
		{"reads nothing", params.Of("_type", "nop"), func(int) params.Map { return exports }},
		{"reads all", params.Of("_type", "all", "_command", "x"), func(int) params.Map { return exports }},
		{"reads all of a new scope", params.Of("_type", "all"), func(i int) params.Map { return exports.Set("n", int64(i)) }},
		{"evaluates", params.Of("_type", "all", "_command", "${key_1}"), func(int) params.Map { return exports }},
	} {
		b.Run(tt.name, func(b *testing.B) {
			a := bench.Open(bench.info)
			e := &engine.Effect{Task: 1, Try: 1, Name: "+main+a", Node: &workflow.Node{Operator: "nop", Config: tt.local}}
			var out runner.Outcome
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				e.Scope = tt.scope(i)
				out = a.Job(e).Work.Run(context.Background())
			}
			if out.(engine.Command).Kind != engine.Succeed {
				b.Fatal(out)
			}
		})
	}
}

var _ executor.Evaluator = names{}
