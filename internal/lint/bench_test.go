package lint_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/lint"
	"github.com/pawlhq/pawl/operator"
)

// What a run pays for being looked at before.
func BenchmarkCheck(b *testing.B) {
	const tasks = 10000
	var text strings.Builder
	for i := range tasks {
		fmt.Fprintf(&text, "+t%d:\n  echo>: task %d of ${session_date}\n", i, i)
	}
	project := fstest.MapFS{"w.dig": {Data: []byte(text.String())}}
	p, err := dig.LoadProject(project, "")
	if err != nil {
		b.Fatal(err)
	}
	var r operator.Registry
	r.Register(operator.Spec{Name: "echo", Operator: operator.Func(nil), Keys: []string{}})
	r.Register(operator.Spec{Name: "notify", Operator: operator.Func(nil), Keys: []string{}})
	l := lint.Linter{Project: project, Workflows: p.Workflows, Operators: &r}
	for b.Loop() {
		if found := l.Check(p.Workflows...); len(found.Faults)+len(found.Unknown)+len(found.Doubts) > 0 {
			b.Fatal(found)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/tasks, "ns/task")
}
