package flow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/flow"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

var now = time.Date(2026, 1, 30, 9, 0, 0, 0, time.UTC)

// task returns a task with the given parameters of its own.
func task(name string, kv ...any) *operator.Task {
	p := params.Of(kv...)
	return &operator.Task{Type: name, Params: p, Local: p, Now: func() time.Time { return now }, Output: &bytes.Buffer{}}
}

func run(t *testing.T, task *operator.Task) (operator.Result, error) {
	t.Helper()
	return runWith(t.Context(), t, dig.ReadConfig, task)
}

func runWith(ctx context.Context, t *testing.T, read flow.ReadFile, task *operator.Task) (operator.Result, error) {
	t.Helper()
	var r operator.Registry
	r.Register(flow.Specs(flow.Files{Read: read})...)
	spec, ok := r.Lookup(task.Type)
	if !ok {
		t.Fatalf("there is no operator %s", task.Type)
	}
	return spec.Operator.Run(ctx, task)
}

// wantTasks checks what a task generates.
func wantTasks(t *testing.T, task *operator.Task, want string) {
	t.Helper()
	r, err := run(t, task)
	if got := fmt.Sprint(r.Subtasks); got != want || err != nil {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

// wantInvalid checks that a task is refused.
func wantInvalid(t *testing.T, task *operator.Task, want string) {
	t.Helper()
	r, err := run(t, task)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v: got %.200v, %v, want an error with %q", task.Params, r, err, want)
	}
}

var do = params.Of("echo>", "x")

func TestNopDoesNothing(t *testing.T) {
	t.Parallel()
	wantTasks(t, task("nop", "x", 1), "{}")
}

func TestEchoPrintsItsCommand(t *testing.T) {
	t.Parallel()
	for in, want := range map[any]string{"hi": "hi\n", "": "\n", 1: "1\n", true: "true\n", 1.5: "1.5\n"} {
		task := task("echo", "_command", in)
		_, err := run(t, task)
		if got := task.Output.(*bytes.Buffer).String(); got != want || err != nil {
			t.Errorf("%v: got %q, %v, want %q", in, got, err, want)
		}
	}
	wantInvalid(t, task("echo"), "'_command' is required")
	wantInvalid(t, task("echo", "_command", params.Of("a", 1)), "Expected string type")
}

func TestFailFailsWithItsCommand(t *testing.T) {
	t.Parallel()
	for want, task := range map[string]*operator.Task{"no way": task("fail", "_command", "no way"), "": task("fail")} {
		_, err := run(t, task)
		var failure *operator.Error
		if !errors.As(err, &failure) || err.Error() != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestStoreStores(t *testing.T) {
	t.Parallel()
	r, err := run(t, task("store", "_command", params.Of("a", 1), "reset", []any{"b.c", 2}))
	if fmt.Sprint(r.Store, r.Reset) != `{"a":1} [b.c 2]` || err != nil {
		t.Errorf("got %v, %v", r, err)
	}
	r, err = run(t, task("store", "reset", `["a"]`))
	if fmt.Sprint(r.Store, r.Reset) != `{} [a]` || err != nil {
		t.Errorf("got %v, %v", r, err)
	}
	wantInvalid(t, task("store", "_command", "x"), "Expected object type")
	wantInvalid(t, task("store", "reset", []any{params.Of()}), "reset must list names, not {}")
}

func TestIfChooses(t *testing.T) {
	t.Parallel()
	other := params.Of("echo>", "other")
	for _, tt := range []struct {
		command any
		want    string
	}{
		{true, `{"echo>":"x"}`},
		{"true", `{"echo>":"x"}`},
		{1, `{"echo>":"x"}`},
		{false, `{"echo>":"other"}`},
		{"false", `{"echo>":"other"}`},
		{"", `{"echo>":"other"}`},
		{0, `{"echo>":"other"}`},
	} {
		wantTasks(t, task("if", "_command", tt.command, "_do", do, "_else_do", other), tt.want)
	}
	wantTasks(t, task("if", "_command", false, "_do", do), "{}")
	wantTasks(t, task("if", "_command", true, "_else_do", other), "{}")
	wantInvalid(t, task("if", "_command", true), "if> needs _do, _else_do or both")
	wantInvalid(t, task("if", "_command", true, "_do", params.Of()), "if> needs")
	wantInvalid(t, task("if", "_command", "1", "_do", do), "Expected 'true' or 'false'")
	wantInvalid(t, task("if", "_do", do), "'_command' is required")
	wantInvalid(t, task("if", "_command", true, "_do", "x"), "Expected object type for key '_do'")
}

func TestLoopCounts(t *testing.T) {
	t.Parallel()
	const two = `{"+loop-0":{"echo>":"x","_export":{"i":0}},"+loop-1":{"echo>":"x","_export":{"i":1}}`
	wantTasks(t, task("loop", "_command", 2, "_do", do), two+"}")
	wantTasks(t, task("loop", "_command", "2", "_do", do), two+"}")
	wantTasks(t, task("loop", "_command", 9, "count", 2, "_do", do, "_parallel", true), two+`,"_parallel":true}`)
	wantTasks(t, task("loop", "_command", 2, "_do", do, "_parallel", "true"), two+`,"_parallel":true}`)
	wantTasks(t, task("loop", "_command", 2, "_do", do, "_parallel", false), two+"}")
	wantTasks(t, task("loop", "_command", 2, "_do", do, "_parallel", params.Of("limit", "3")), two+`,"_parallel":{"limit":"3"}}`)
	wantTasks(t, task("loop", "_command", 0, "_do", do, "_parallel", true), "{}")
	wantTasks(t, task("loop", "_command", -3, "_do", do), "{}")
	wantTasks(t, task("loop", "_command", 1, "_do", params.Of("_export", params.Of("i", 7, "k", 8), "echo>", "x")),
		`{"+loop-0":{"_export":{"i":0,"k":8},"echo>":"x"}}`)
	wantInvalid(t, task("loop", "_command", "x", "_do", do), "Expected integer")
	wantInvalid(t, task("loop", "_command", "x", "count", 2, "_do", do), "Expected integer")
	wantInvalid(t, task("loop", "_command", 2), "'_do' is required")
	wantInvalid(t, task("loop", "_command", 2, "_do", do, "_parallel", "yes"), "Expected 'true' or 'false'")
	wantInvalid(t, task("loop", "_command", 2, "_do", do.Set("_export", "x")), "Expected object type for key '_export'")
}

func TestTaskLimit(t *testing.T) {
	t.Parallel()
	list := make([]any, 40)
	many := func() []*operator.Task {
		return []*operator.Task{
			task("loop", "_command", 1001, "_do", do),
			task("loop", "_command", math.MaxInt64, "_do", do),
			task("for_each", "_command", params.Of("a", list, "b", list), "_do", do),
			task("for_range", "_command", params.Of("from", 0, "to", 1001, "step", 1), "_do", do),
			task("for_range", "_command", params.Of("from", math.MinInt64, "to", math.MaxInt64, "step", 1), "_do", do),
			task("for_range", "_command", params.Of("from", 0, "to", 1_001_000, "slices", 1001), "_do", do),
		}
	}
	for _, task := range many() {
		wantInvalid(t, task, fmt.Sprintf("Too many %s subtasks. Limit: 1000", task.Type))
	}
	set := func(limit string, task *operator.Task) *operator.Task {
		task.Services.Settings = map[string]string{"executor.task_max_run": limit}
		return task
	}
	if r, err := run(t, set("2000", task("loop", "_command", 1001, "_do", do))); r.Subtasks.Len() != 1001 || err != nil {
		t.Errorf("got %d tasks, %v", r.Subtasks.Len(), err)
	}
	wantInvalid(t, set("1", task("loop", "_command", 2, "_do", do)), "Too many loop subtasks. Limit: 1")
	wantInvalid(t, set("x", task("loop", "_command", 2, "_do", do)), "setting executor.task_max_run must be a number of tasks")
	if r, err := run(t, task("loop", "_command", 1000, "_do", do)); r.Subtasks.Len() != 1000 || err != nil {
		t.Errorf("got %d tasks, %v", r.Subtasks.Len(), err)
	}
}

func TestForRangeCutsARange(t *testing.T) {
	t.Parallel()
	slice := func(from, to, index int) string {
		return fmt.Sprintf(`"+range-from=%d&to=%d":{"echo>":"x","_export":{"range":{"from":%d,"to":%d,"index":%d}}}`, from, to, from, to, index)
	}
	in := func(kv ...any) *operator.Task { return task("for_range", "_command", params.Of(kv...), "_do", do) }
	wantTasks(t, in("from", 10, "to", 50, "step", 20), "{"+slice(10, 30, 0)+","+slice(30, 50, 1)+"}")
	wantTasks(t, in("from", 10, "to", 51, "step", "20"), "{"+slice(10, 30, 0)+","+slice(30, 50, 1)+","+slice(50, 51, 2)+"}")
	wantTasks(t, in("from", 0, "to", 10, "slices", 3), "{"+slice(0, 4, 0)+","+slice(4, 8, 1)+","+slice(8, 10, 2)+"}")
	wantTasks(t, in("from", 0, "to", 2, "slices", 5), "{"+slice(0, 1, 0)+","+slice(1, 2, 1)+"}")
	wantTasks(t, in("from", -3, "to", 0, "step", 2), "{"+slice(-3, -1, 0)+","+slice(-1, 0, 1)+"}")
	wantTasks(t, in("from", 5, "to", 5, "step", 2), "{}")
	wantTasks(t, in("from", 5, "to", 1, "slices", 2), "{}")
	wantTasks(t, in("from", math.MinInt64, "to", math.MaxInt64, "slices", 1),
		"{"+slice(math.MinInt64, math.MaxInt64, 0)+"}")
	wantTasks(t, task("for_range", "_command", `{"from":0,"to":1,"step":1}`, "_do", do, "_parallel", true),
		"{"+slice(0, 1, 0)+`,"_parallel":true}`)
	wantInvalid(t, in("from", 0, "to", 1), "needs either step or slices")
	wantInvalid(t, in("from", 0, "to", 1, "step", 1, "slices", 1), "needs either step or slices")
	wantInvalid(t, in("from", 0, "to", 1, "step", 0), "step of for_range> must be at least 1, not 0")
	wantInvalid(t, in("from", 0, "to", 1, "slices", -1), "slices of for_range> must be at least 1, not -1")
	wantInvalid(t, in("to", 1, "step", 1), "'from' is required")
	wantInvalid(t, in("from", 0, "step", 1), "'to' is required")
	wantInvalid(t, task("for_range", "_command", params.Of("from", 0, "to", 1, "step", 1)), "'_do' is required")
	wantInvalid(t, task("for_range", "_do", do), "'_command' is required")
}

func TestCallReadsAFileOfTheProject(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ workdir, command, want string }{
		{"/p", "sub", "sub.dig"},
		{"/p", "sub.dig", "sub.dig"},
		{"/p", "a/b", "a/b.dig"},
		{"/p/a", "b", "a/b.dig"},
		{"/p/a", "../b", "b.dig"},
		{"/p", "./a/../b.dig", "b.dig"},
		{"/p", "/p/a", "a.dig"},
	} {
		var name string
		read := func(_ fs.FS, n string) (params.Map, error) {
			name = n
			return params.Of("+t", do), nil
		}
		task := task("call", "_command", tt.command)
		task.Project, task.Workdir = "/p", tt.workdir
		r, err := runWith(t.Context(), t, read, task)
		if name != tt.want || fmt.Sprint(r.Subtasks) != `{"+t":{"echo>":"x"}}` || err != nil {
			t.Errorf("%s in %s: read %s, got %v, %v, want %s", tt.command, tt.workdir, name, r, err, tt.want)
		}
	}
	for _, command := range []string{"../a", "/a", "a/../../b"} {
		task := task("call", "_command", command)
		task.Project, task.Workdir = "/p", "/p"
		wantInvalid(t, task, "must not be outside of project path")
	}
	missing := task("call", "_command", "missing")
	missing.Project, missing.Workdir = t.TempDir(), t.TempDir()
	missing.Workdir = missing.Project
	wantInvalid(t, missing, "missing.dig")
	wantInvalid(t, task("call"), "'_command' is required")
}

func TestErrorsOfTheDefinitionAreInvalid(t *testing.T) {
	t.Parallel()
	for _, task := range []*operator.Task{
		task("if", "_command", true),
		task("loop", "_command", 2000, "_do", do),
		task("for_range", "_command", params.Of("from", 0, "to", 1), "_do", do),
		task("store", "reset", []any{nil}),
		task("wait", "_command", "soon"),
	} {
		if _, err := run(t, task); model.CodeOf(err) != model.Invalid {
			t.Errorf("%s: %v", task.Type, err)
		}
	}
}
