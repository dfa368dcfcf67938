package serve

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/runners/container"
	"github.com/pawlhq/pawl/internal/runners/slurm"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// What is refused when a definition is read is what launchers do not know.
func TestDefinitionsAndLaunchersKnowTheSameOptions(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]any{"slurm": slurm.Options{}, "docker": container.Options{}, "podman": container.Options{}} {
		for _, key := range runner.OptionNames(of) {
			if err := workflow.CheckRunnerOption(name, key, "x"); err != nil {
				t.Error(err)
			}
		}
		all := strings.Join(runner.OptionNames(of), " ")
		if err := workflow.CheckRunnerOption(name, "zzzzzz", "x"); err == nil || len(strings.Fields(all)) != strings.Count(model.HintsOf(err), ",")+1 {
			t.Errorf("%s: %s, and %s", name, all, model.HintsOf(err))
		}
	}
}

func TestTasksSetWhatTheyMay(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for name, c := range map[string]struct {
		launches launches
		given    params.Map
		want     string
		code     model.Code
		says     string
	}{
		"nothing":     {launches{kind: "docker"}, params.Map{}, "", 0, ""},
		"others":      {launches{kind: "docker"}, params.Of("slurm", params.Of("account", "a")), "", 0, ""},
		"all":         {launches{kind: "slurm", allowed: []string{"*"}}, params.Of("slurm", params.Of("account", "a")), `{"account":"a"}`, 0, ""},
		"one":         {launches{kind: "docker", allowed: []string{"network"}}, params.Of("docker", params.Of("network", "a")), `{"network":"a"}`, 0, ""},
		"not this":    {launches{kind: "docker", allowed: []string{"network"}}, params.Of("docker", params.Of("volumes", "/:/a")), "", model.Forbidden, "runner.task-options = volumes"},
		"a misspelt":  {launches{kind: "slurm"}, params.Of("slrum", params.Of("account", "a")), "", model.Invalid, `did you mean "slurm"?`},
		"like it":     {launches{kind: "moon"}, params.Of("moom", params.Map{}), "", model.Invalid, `did you mean "moon"?`},
		"another one": {launches{kind: "podman"}, params.Of("docker", params.Of("network", "a")), "", 0, ""},
	} {
		options, err := workflow.RunnerOptions(c.given)
		if err != nil {
			t.Fatal(name, err)
		}
		var got json.RawMessage
		got, err = c.launches.optionsOf(&runner.Job{Options: options})
		if string(got) != c.want || err != nil && model.CodeOf(err) != c.code || (err == nil) != (c.code == 0) || err != nil && !strings.Contains(model.HintsOf(err), c.says) {
			t.Errorf("%s: %s, code %v, error %v, hint %q", name, got, model.CodeOf(err), err, model.HintsOf(err))
		}
	}
}
