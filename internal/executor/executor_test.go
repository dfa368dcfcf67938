package executor_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

var now = time.Date(2026, 1, 30, 9, 0, 0, 0, time.UTC)

// names replaces ${name} by the value of that parameter: enough of an
// evaluator to see what it is given.
type names struct{}

func (names) Config(scope, local params.Map) (params.Map, error) {
	all := scope.Merge(local)
	out := all
	for key, v := range all.TemplatedEntries() {
		text, ok := v.(string)
		if !ok || strings.HasPrefix(key, "_do") {
			continue
		}
		name, ok := strings.CutPrefix(strings.TrimSuffix(text, "}"), "${")
		if !ok {
			continue
		}
		found, ok := all.Get(name)
		if !ok {
			return params.Map{}, model.Errorf(model.Invalid, "Failed to evaluate a variable %s", text)
		}
		out = out.Set(key, params.Literal(found))
	}
	return out, nil
}

// bench runs tries of one attempt with operators of the test's own.
type bench struct {
	executor.Executor
	info executor.AttemptInfo
	logs *logs.Dir
}

func newBench(t testing.TB, specs ...operator.Spec) *bench {
	t.Helper()
	var r operator.Registry
	r.Register(specs...)
	dir := t.TempDir()
	b := &bench{logs: logs.At(dir)}
	b.Executor = executor.Executor{
		Operators: &r, Logs: b.logs, Env: []string{"HOME=/home"}, Now: func() time.Time { return now },
		Compilers: map[string]executor.Compiler{"dig": executor.CompilerFunc(compile)},
	}
	b.info = executor.AttemptInfo{
		ID: 7, Session: 5, SessionUUID: "u-u", SessionTime: time.Date(2016, 1, 30, 8, 0, 0, 0, time.UTC), Project: 3,
		Zone: time.FixedZone("-08:00", -8*3600), Dialect: "dig",
		ProjectDir: "/project", Workdir: "/project", Evaluator: names{},
		Secrets: secret.Map{"key": "s3cret", "other": "0ther"},
	}
	return b
}

func compile(name string, config params.Map) (*workflow.Node, error) {
	if config.Has("bad") {
		return nil, model.Errorf(model.Invalid, "task +x: bad")
	}
	return &workflow.Node{Name: name, Operator: "echo", Config: config}, nil
}

// try returns a try of a task that is configured by local.
func (b *bench) try(scope, local params.Map) *executor.Try {
	name, _ := local.Get("_type")
	operator, _ := name.(string)
	return b.Open(b.info).Job(&engine.Effect{
		Kind: engine.Dispatch, Task: 12, Try: 1, Name: "+main+a", Scope: scope,
		Node: &workflow.Node{Name: "+a", Operator: operator, Config: local},
	}).Work.(*executor.Try)
}

func (b *bench) run(t testing.TB, scope, local params.Map) engine.Command {
	t.Helper()
	return b.try(scope, local).Run(t.Context()).(engine.Command)
}

// printed returns what tries of the task printed.
func (b *bench) printed(t testing.TB) string {
	t.Helper()
	lines, err := b.logs.Tail(model.TryID{Attempt: 7, Task: 12, Try: 1}, "+main+a", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// wantError checks that a try failed with that `error` parameter.
func wantError(t *testing.T, c engine.Command, want string) {
	t.Helper()
	if c.Kind != engine.Fail {
		t.Fatalf("got outcome %d, want a failure", c.Kind)
	}
	if got := fmt.Sprint(c.Failure.Error); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// seen is an operator that keeps what it was given.
type seen struct{ operator.Task }

func (s *seen) Run(_ context.Context, t *operator.Task) (operator.Result, error) {
	s.Task = *t
	return operator.Result{}, nil
}

// returns is an operator that returns r and err.
func returns(name string, r operator.Result, err error) operator.Spec {
	return operator.Spec{Name: name, Operator: operator.Func(
		func(context.Context, *operator.Task) (operator.Result, error) { return r, err })}
}

func does(name string, f func(context.Context, *operator.Task) error) operator.Spec {
	return operator.Spec{Name: name, Operator: operator.Func(
		func(ctx context.Context, t *operator.Task) (operator.Result, error) {
			return operator.Result{}, f(ctx, t)
		})}
}
