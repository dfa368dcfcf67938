package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

func TestNeedsOfATask(t *testing.T) {
	t.Parallel()
	got, err := workflow.Needs(params.Of("cpu", "1500m", "memory", "2Gi", "gpu", "1", "image", "ghcr.io/a/b:1", "priority", -3, "time", "2h"))
	want := workflow.Resources{CPU: 1500, Memory: 2 << 30, GPU: 1, Image: "ghcr.io/a/b:1", Priority: -3, Time: 2 * time.Hour}
	if err != nil || got != want {
		t.Errorf("%+v, want %+v, error %v", got, want, err)
	}
	for _, c := range []struct {
		value params.Value
		says  string
	}{
		{"2 cpus", `_needs must be a mapping such as {cpu: 2, memory: 4G}, not "2 cpus"`},
		{params.Of("cpus", 2), `did you mean "cpu"?`},
		{params.Of("disk", 2), "the keys are cpu, memory, gpu, image, priority, time"},
		{params.Of("cpu", "${n}"), `_needs: cpu: "${n}" is read before expressions are evaluated`},
		{params.Of("cpu", 0), "is not an amount of processors"},
		{params.Of("memory", "lots"), "write bytes"},
		{params.Of("gpu", -1), "no whole number from 0"},
		{params.Of("image", "--privileged"), "is no name of an image"},
		{params.Of("image", "a b"), "is no name of an image"},
		{params.Of("image", ""), "is no name of an image"},
		{params.Of("time", "soon"), "_needs: time: \"soon\" is no time of a second or more"},
		{params.Of("time", 0), "write seconds"},
	} {
		got, err := workflow.Needs(c.value)
		if err == nil || model.CodeOf(err) != model.Invalid || got != (workflow.Resources{}) ||
			!strings.Contains(err.Error()+"\n"+model.HintsOf(err), c.says) {
			t.Errorf("%v: %+v, error %v, hint %q", c.value, got, err, model.HintsOf(err))
		}
	}
}

func TestWhatATaskSaysToARunner(t *testing.T) {
	t.Parallel()
	got, err := workflow.RunnerOptions(params.Of("slurm", params.Of("account", "data", "options", []any{"--exclusive"}), "moon", params.Of("phase", "full")))
	if err != nil || len(got) != 2 || string(got["slurm"]) != `{"account":"data","options":["--exclusive"]}` || string(got["moon"]) != `{"phase":"full"}` {
		t.Errorf("%s, error %v", got, err)
	}
	for _, c := range []struct {
		value params.Value
		says  string
	}{
		{"slurm", "_runner must be a mapping"},
		{params.Of("partition", "gpu"), "write the name of a runner before its options"},
		{params.Of("slurm", params.Of("acount", "data")), `did you mean "account"?`},
		{params.Of("docker", params.Of("zone", "a")), "there are: network, options, volumes"},
		{params.Of("process", params.Of("nice", 3)), "tasks have no options for the runner process"},
		{params.Of("moon", params.Of("phase", "${p}")), "is read before expressions are evaluated"},
	} {
		if _, err := workflow.RunnerOptions(c.value); model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error()+model.HintsOf(err), c.says) {
			t.Errorf("%v: error %v, hint %q", c.value, err, model.HintsOf(err))
		}
	}
}
