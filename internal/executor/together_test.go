package executor_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/operators/flow"
	"github.com/pawlhq/pawl/internal/operators/notify"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// newWorkshop is a bench with the operators, the expressions and the compiler
// of the program.
func newWorkshop(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, append(flow.Specs(flow.Files{Read: dig.ReadConfig}), notify.Specs()...)...)
	b.Compilers["dig"] = executor.CompilerFunc(dig.CompileSubtasks)
	b.info.Evaluator = expr.New(expr.Env{Zone: b.info.Zone, Now: func() time.Time { return now }})
	return b
}

// node compiles one task.
func node(t *testing.T, kv ...any) *workflow.Node {
	t.Helper()
	n, err := dig.CompileSubtasks("^sub", params.Of(kv...))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLoopGeneratesTasksThatRun(t *testing.T) {
	t.Parallel()
	b := newWorkshop(t)
	try := b.try(params.Of("fruits", `["apple","orange"]`), params.Map{})
	try.Node = node(t, "for_each>", params.Of("fruit", "${fruits}"), "_do", params.Of("echo>", "${fruit} on ${session_date}"))
	c := try.Run(t.Context()).(engine.Command)
	if c.Kind != engine.Succeed || len(c.Result.Node.Children) != 2 {
		t.Fatalf("got %+v", c)
	}
	for i, child := range c.Result.Node.Children {
		echo := b.try(child.Export, params.Map{})
		echo.ID.Task, echo.Name, echo.Node = 12, "+main+a", child
		echo.ID.Try = int32(i + 1)
		if c := echo.Run(t.Context()).(engine.Command); c.Kind != engine.Succeed {
			t.Errorf("%s: %+v", child.Name, c.Failure)
		}
		last, _, err := b.logs.Last(echo.ID, echo.Name)
		if want := []string{"apple", "orange"}[i] + " on 2016-01-30"; last != want || err != nil {
			t.Errorf("%s printed %q, %v, want %q", child.Name, last, err, want)
		}
	}
}

func TestUndefinedNameFailsTheTask(t *testing.T) {
	t.Parallel()
	b := newWorkshop(t)
	try := b.try(params.Of("unrelated", "${nothing}"), params.Map{})
	try.Node = node(t, "echo>", "x")
	wantError(t, try.Run(t.Context()).(engine.Command),
		`{"message":"Failed to evaluate a variable ${nothing} (ReferenceError: nothing is not defined) (config)"}`)
}

// heard keeps notifications.
type heard struct{ said []operator.Notification }

func (h *heard) Notify(_ context.Context, n operator.Notification) error {
	h.said = append(h.said, n)
	return nil
}

func TestNotificationSaysWhereItComesFrom(t *testing.T) {
	t.Parallel()
	var h heard
	b := newWorkshop(t)
	b.info.Services.Notifier = &h
	try := b.try(params.Map{}, params.Map{})
	try.Node = node(t, "notify>", "it failed")
	if c := try.Run(t.Context()).(engine.Command); c.Kind != engine.Succeed {
		t.Fatalf("got %+v", c.Failure)
	}
	const want = `{"project_id":3,"session_id":5,"attempt_id":7,"task_name":"+main+a","timezone":"-08:00",` +
		`"session_uuid":"u-u","session_time":"2016-01-30T00:00:00-08:00"}`
	if got := fmt.Sprint(h.said[0].Params); got != want || h.said[0].Message != "it failed" {
		t.Errorf("got  %s: %s\nwant %s", h.said[0].Message, got, want)
	}
}
