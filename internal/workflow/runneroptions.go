package workflow

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// RunnerKey is the parameter that says something to runners of one kind.
const RunnerKey = "_runner"

// runnerOptions returns the names of options that tasks have for pawl's own runners,
// and whether it is one of them. What others take, they say when they launch a task.
func runnerOptions(of string) ([]string, bool) {
	switch of {
	case "local", "eager", "queue", "process":
		return nil, true
	case "slurm":
		return []string{"account", "options", "partition"}, true
	case "docker", "podman":
		return []string{"network", "options", "volumes"}, true
	case "kubernetes":
		return []string{"template"}, true
	}
	return nil, false
}

// RunnerOptions reads the value of RunnerKey as it is written: a mapping of options
// for each runner that is spoken to. What is none, an option that a runner of pawl's
// own does not have, or an expression is Invalid.
func RunnerOptions(v params.Value) (map[string]json.RawMessage, error) {
	m, ok := v.(params.Map)
	if !ok {
		return nil, model.Errorf(model.Invalid, "%s must be a mapping such as {slurm: {account: data}}, not %s", RunnerKey, params.AppendJSON(nil, v))
	}
	all := make(map[string]json.RawMessage, m.Len())
	for name, v := range m.All() {
		if err := CheckRunner(name, v); err != nil {
			return nil, err
		}
		for key, v := range v.(params.Map).All() {
			if err := CheckRunnerOption(name, key, v); err != nil {
				return nil, err
			}
		}
		all[name] = params.AppendJSON(nil, v)
	}
	return all, nil
}

// CheckRunner says what is wrong with the options for a runner, but for those
// themselves.
func CheckRunner(name string, v params.Value) error {
	if m, ok := v.(params.Map); !ok {
		return model.Errorf(model.Invalid, "%s: %s must be a mapping of options, not %s", RunnerKey, name, params.AppendJSON(nil, v)).
			WithHint("write the name of a runner before its options, such as {slurm: {account: data}}")
	} else if known, own := runnerOptions(name); own && len(known) == 0 && m.Len() > 0 {
		return model.Errorf(model.Invalid, "%s: tasks have no options for the runner %s", RunnerKey, name)
	}
	return nil
}

// CheckRunnerOption says what is wrong with an option for a runner.
func CheckRunnerOption(name, key string, v params.Value) error {
	known, own := runnerOptions(name)
	if own && !slices.Contains(known, key) {
		hint := document.DidYouMean(key, known)
		if hint == "" {
			hint = "there are: " + strings.Join(known, ", ")
		}
		return model.Errorf(model.Invalid, "%s: the runner %s has no option %q for tasks", RunnerKey, name, key).WithHint("%s", hint)
	}
	if params.TemplatedValue(v) {
		return model.Errorf(model.Invalid, "%s: %s: %s is read before expressions are evaluated", RunnerKey, key, params.AppendJSON(nil, v))
	}
	return nil
}
