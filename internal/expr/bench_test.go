package expr_test

import (
	"fmt"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
)

var benchScope = params.Of(
	"a", params.Of("b", "x"),
	"session_time", "2026-01-31T00:00:00+00:00",
	"session_uuid", "414a8b9e-b365-4394-916a-f0ed9987bd2b",
	"last_session_date", "2026-01-30",
)

func BenchmarkExpr(b *testing.B) {
	e := newEvaluator(b, "UTC")
	for _, c := range []struct{ name, text, want string }{
		{"reference", "${a.b}", "x"},
		{"builtin", "${last_session_date}", "2026-01-30"},
		{"concatenation", "${a.b + '-' + session_uuid}", "x-414a8b9e-b365-4394-916a-f0ed9987bd2b"},
		{"moment", "${moment(session_time).add(1,'day').format('YYYY-MM-DD')}", "2026-02-01"},
		{"engine", "${a.b.toUpperCase()}", "X"},
		{"engine moment", "${moment(session_time).add({days: 1}).format('YYYY-MM-DD')}", "2026-02-01"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if got, err := e.String(c.text, benchScope); got != c.want || err != nil {
					b.Fatalf("%q, %v, want %q", got, err, c.want)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "evals/s")
		})
	}
}

func BenchmarkExprInZone(b *testing.B) {
	e := newEvaluator(b, "America/Los_Angeles")
	for b.Loop() {
		if _, err := e.String("${moment(session_time).startOf('week').add(1,'day').format('YYYY-MM-DD HH:mm Z')}", benchScope); err != nil {
			b.Fatal(err)
		}
	}
}

// A configuration costs what its expressions cost, whatever else is in it.
func BenchmarkConfig(b *testing.B) {
	e := newEvaluator(b, "UTC")
	for _, plain := range []int{0, 100_000} {
		scope := benchScope.Set("out", "/x/${last_session_date}")
		for i := range plain {
			scope = scope.Set(fmt.Sprint("key", i), "value")
		}
		local := params.Of("echo>", "${a.b} to ${out}", "n", 1, "again", "${n}")
		b.Run(fmt.Sprint(plain, " other keys"), func(b *testing.B) {
			for b.Loop() {
				if _, err := e.Config(scope, local); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newEvaluator(b, "UTC")
	}
}
