package engine_test

import (
	"fmt"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// layered returns a workflow of n tasks in layers of width, each coming after
// three of the layer before.
func layered(tb testing.TB, n, width int) *workflow.Workflow {
	root := &workflow.Node{Name: "+bench", Children: make([]*workflow.Node, n)}
	for i := range n {
		c := &workflow.Node{Name: fmt.Sprintf("+t%d", i), Operator: "nop"}
		if i >= width {
			base := i - i%width - width
			for _, d := range []int{0, 1, 2} {
				c.After = append(c.After, workflow.Edge{From: base + (i+d)%width})
			}
		}
		root.Children[i] = c
	}
	return finished(tb, root)
}

func finished(tb testing.TB, root *workflow.Node) *workflow.Workflow {
	w := &workflow.Workflow{Name: root.Name[1:], Root: root}
	if err := w.Finish(); err != nil {
		tb.Fatal(err)
	}
	return w
}

// drive answers every dispatch with success until the attempt is done, and
// returns the number of transitions.
func drive(tb testing.TB, a *engine.Attempt, result func(engine.Effect) *engine.Result) int {
	var step engine.Step
	var queue []engine.Effect
	now := model.Instant(1)
	apply := func(c engine.Command) {
		step.Reset()
		if err := a.Apply(now, c, &step); err != nil {
			tb.Fatal(err)
		}
		for _, e := range step.Effects {
			if e.Kind == engine.Dispatch {
				queue = append(queue, e.Effect)
			}
		}
	}
	apply(engine.Command{Kind: engine.Begin})
	n := 1
	for len(queue) > 0 {
		e := queue[0]
		queue = queue[1:]
		apply(engine.Command{Kind: engine.Succeed, Task: e.Task, Try: e.Try, Result: result(e)})
		n += 2 // started and ended
	}
	if !a.Row().State.Done() {
		tb.Fatalf("attempt is %v after %d transitions", a.Row().State, n)
	}
	return n
}

func BenchmarkLayered(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := layered(b, n, 100)
			transitions := 0
			b.ReportAllocs()
			for b.Loop() {
				a := engine.New(1, w, params.Map{})
				transitions += drive(b, a, func(engine.Effect) *engine.Result { return nil })
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(transitions), "ns/transition")
		})
	}
}

func BenchmarkItemsInAWindow(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		for _, window := range []int{0, 1, 100} {
			b.Run(fmt.Sprint(n, "/", window), func(b *testing.B) {
				w := finished(b, collection(window))
				transitions := 0
				b.ReportAllocs()
				for b.Loop() {
					transitions += drive(b, engine.New(1, w, params.Map{}), lists(n))
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(transitions), "ns/transition")
			})
		}
	}
}

func BenchmarkStoringChain(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			root := &workflow.Node{Name: "+bench"}
			for i := range n {
				c := &workflow.Node{Name: fmt.Sprintf("+t%d", i), Operator: "nop"}
				if i > 0 {
					c.After = []workflow.Edge{{From: i - 1}}
				}
				root.Children = append(root.Children, c)
			}
			w := finished(b, root)
			transitions := 0
			b.ReportAllocs()
			for b.Loop() {
				a := engine.New(1, w, params.Map{})
				transitions += drive(b, a, func(e engine.Effect) *engine.Result {
					return &engine.Result{Store: params.Of(e.Name, int64(e.Task))}
				})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(transitions), "ns/transition")
		})
	}
}
