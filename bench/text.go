package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/params"
)

// milliseconds times f.
func milliseconds(f func() error) (float64, error) {
	began := time.Now()
	err := f()
	return float64(time.Since(began).Microseconds()) / 1000, err
}

// planLoad reads a definition of 10,000 tasks, cold and from the cache, beside
// a bare parse of the same file and of its content as JSON.
func planLoad(h *harness) error {
	var b strings.Builder
	content := make(map[string]any)
	for i := range 10_000 {
		fmt.Fprintf(&b, "+task_number_%d:\n  sh>: echo \"this is task %d of session ${session_date}\"\n  timeout: 30\n  label: task-%d\n", i, i, i)
		content[fmt.Sprintf("+task_number_%d", i)] = map[string]any{
			"sh>": fmt.Sprintf("echo \"this is task %d of session ${session_date}\"", i), "timeout": 30, "label": fmt.Sprintf("task-%d", i),
		}
	}
	dir, err := h.project(map[string]string{"bench.dig": b.String()})
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(content)
	if err != nil {
		return err
	}
	check := func(p *dig.Project, err error) error {
		if err == nil && len(p.Workflows[0].Root.Children) != 10_000 {
			err = fmt.Errorf("%d tasks", len(p.Workflows[0].Root.Children))
		}
		return err
	}
	cache := filepath.Join(h.dir, "cache")
	return h.measure(
		testCase{"plan-load-cold", "ms", func() (float64, error) {
			return milliseconds(func() error { return check(dig.LoadProject(os.DirFS(dir), dir)) })
		}},
		testCase{"plan-load-cached", "ms", func() (float64, error) {
			return milliseconds(func() error { return check(dig.LoadProjectCached(dir, dir, cache)) })
		}},
		testCase{"yaml-nodes", "ms", func() (float64, error) {
			return milliseconds(func() error { var n yaml.Node; return yaml.Unmarshal([]byte(b.String()), &n) })
		}},
		testCase{"json-map", "ms", func() (float64, error) {
			return milliseconds(func() error { var v any; return json.Unmarshal(encoded, &v) })
		}},
	)
}

// expressions evaluates the four shapes that workflows are made of.
func expressions(h *harness) error {
	scope := params.Of(
		"a", map[string]any{"b": "value"}, "x", "y", "session_time", "2026-01-30T00:00:00+00:00", "last_session_date", "2026-01-29",
	)
	var cases []testCase
	for _, c := range []struct{ name, text, want string }{
		{"path", "${a.b}", "value"},
		{"concat", "${a.b + '-' + x}", "value-y"},
		{"moment", "${moment(session_time).add(1,'day').format('YYYY-MM-DD')}", "2026-01-31"},
		{"name", "${last_session_date}", "2026-01-29"},
	} {
		cases = append(cases, testCase{"expr-" + c.name, "evals/s", func() (float64, error) {
			n := h.size(200_000, 1_000)
			e := expr.New(expr.Env{Zone: time.UTC, Now: time.Now})
			began := time.Now()
			for range n {
				if got, err := e.String(c.text, scope); err != nil || got != c.want {
					return 0, fmt.Errorf("%s: got %q, %w", c.text, got, err)
				}
			}
			return float64(n) / time.Since(began).Seconds(), nil
		}})
	}
	return h.measure(cases...)
}
