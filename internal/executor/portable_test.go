package executor_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// A try that was carried to another process gives its operator the same.
func TestATryCanBeCarried(t *testing.T) {
	t.Parallel()
	var here, there seen
	scope := params.Of("word", "x", "deep", params.Of("a", []any{int64(1), nil, 1.5}))
	local := params.Of("_type", "see", "_command", "${word}", "flag", true)
	one := newBench(t, operator.Spec{Name: "see", Operator: &here}).try(scope, local)
	one.State, one.Retries = params.Of("n", 1), 2
	one.Message = &engine.Message{Topic: "t", Source: "s", Body: "b"}
	bytes, err := one.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	dialect, e, err := executor.DecodeTry(bytes)
	if err != nil || dialect != "dig" {
		t.Fatalf("dialect %q, %v", dialect, err)
	}
	b := newBench(t, operator.Spec{Name: "see", Operator: &there})
	another := b.Open(b.info).Job(&e)
	if another.ID != one.ID || another.Task != one.Name {
		t.Errorf("the job is %+v", another)
	}
	if diff := cmp.Diff(one.Run(t.Context()), another.Work.Run(t.Context())); diff != "" {
		t.Error(diff)
	}
	for _, s := range []*seen{&here, &there} {
		s.Output, s.Secrets, s.Now, s.Zone, s.Services = nil, nil, nil, nil, operator.Services{}
	}
	here.Task.Facts, there.Task.Facts = nil, nil // each try has its own
	if diff := cmp.Diff(here.Task, there.Task, cmp.Comparer(func(a, b params.Map) bool { return params.Equal(a, b) })); diff != "" {
		t.Error(diff)
	}
}

func TestDamagedTriesAreErrors(t *testing.T) {
	t.Parallel()
	whole, err := newBench(t).try(params.Of("a", 1), params.Of("_type", "see")).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, _, err := executor.DecodeTry(whole[:n]); model.CodeOf(err) != model.Internal || err == nil {
			t.Errorf("%d of %d bytes: error %v", n, len(whole), err)
		}
	}
}

func TestQueues(t *testing.T) {
	t.Parallel()
	done := operator.Spec{Name: "done", Operator: operator.Func(func(context.Context, *operator.Task) (operator.Result, error) {
		return operator.Result{}, nil
	})}
	for name, c := range map[string]struct {
		scope, local params.Map
		queue, fails string
		own          *workflow.Resources
		priority     int
		needs        runner.Resources
	}{
		"needs":          {local: params.Of("_needs", params.Of("cpu", 2, "priority", 4)), priority: 4, needs: runner.Resources{CPU: 2000}},
		"needs of above": {scope: params.Of("_needs", params.Of("image", "r:4")), needs: runner.Resources{Image: "r:4"}},
		"own needs":      {local: params.Of("_needs", params.Of("cpu", 1)), scope: params.Of("_needs", params.Of("gpu", 2)), needs: runner.Resources{CPU: 1000}},
		"of the model": {
			local: params.Of("_needs", params.Of("cpu", 2), "_queue", "cpu"), own: &workflow.Resources{Memory: 5, Queue: "gpu", Priority: 1},
			queue: "gpu", priority: 1, needs: runner.Resources{Memory: 5},
		},
		"time":            {local: params.Of("_needs", params.Of("time", "90s")), needs: runner.Resources{Time: 90}},
		"a container":     {scope: params.Of("docker", params.Of("image", "r:4")), needs: runner.Resources{Image: "r:4"}},
		"both images":     {scope: params.Of("docker", params.Of("image", "r:4")), local: params.Of("_needs", params.Of("image", "r:5")), needs: runner.Resources{Image: "r:5"}},
		"computed image":  {scope: params.Of("docker", params.Of("image", "${r}"))},
		"a runner":        {local: params.Of("_runner", params.Of("slurm", params.Of("account", "a")))},
		"a runner's typo": {local: params.Of("_runner", params.Of("slurm", params.Of("acount", "a"))), fails: `_runner: the runner slurm has no option "acount" for tasks`},
		"bad needs":       {local: params.Of("_needs", params.Of("cpu", "x")), fails: `_needs: cpu: "x" is not an amount of processors`},
		"none":            {},
		"own":             {local: params.Of("_queue", "gpu"), queue: "gpu"},
		"exported":        {scope: params.Of("_queue", "gpu"), queue: "gpu"},
		"overridden":      {scope: params.Of("_queue", "gpu"), local: params.Of("_queue", "cpu"), queue: "cpu"},
		"bad name":        {local: params.Of("_queue", "A b"), fails: `_queue: "A b" is no name of a queue`},
		"no name":         {local: params.Of("_queue", 7), fails: `_queue must be a text, not 7`},
		"expression":      {local: params.Of("_queue", "${a}"), fails: `_queue is read before expressions are evaluated, so it can't be "${a}"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, done)
			try := b.try(c.scope, c.local.Set("_type", "done"))
			try.Node.Resources = c.own
			job := b.Open(b.info).Job(&engine.Effect{Node: try.Node, Scope: c.scope})
			if job.Queue != c.queue || job.Priority != c.priority || job.Resources != c.needs {
				t.Errorf("queue %q, priority %d, needs %+v", job.Queue, job.Priority, job.Resources)
			}
			got := try.Run(t.Context()).(engine.Command)
			message := ""
			if got.Failure != nil {
				v, _ := got.Failure.Error.Get("message")
				message, _ = v.(string)
			}
			if want := c.fails; message != want && message != want+" (config)" {
				t.Errorf("failed with %q, want %q", message, want)
			}
		})
	}
}
