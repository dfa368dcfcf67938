package flow_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/operators/flow"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

func TestMistakesShowBeforeARun(t *testing.T) {
	t.Parallel()
	body := params.Of("echo>", "${i}")
	for _, tt := range []struct {
		operator string
		config   params.Map
		want     []string
	}{
		{"nop", params.Map{}, nil},
		{"echo", params.Of("_command", "x"), nil},
		{"echo", params.Map{}, []string{"_command: Parameter '_command' is required but not set"}},
		{"echo", params.Of("_command", []any{"${x}"}), nil},
		{"echo", params.Of("_command", []any{1}), []string{"_command: Expected string type for key '_command' but got [1] (array)"}},
		{"fail", params.Of("_command", nil), nil},
		{"store", params.Of("_command", params.Of("a", 1), "reset", []any{"a"}), nil},
		{"store", params.Of("reset", []any{nil}), []string{"reset: reset must list names, not null"}},
		{"if", params.Of("_command", "${x}", "_do", body), nil},
		{"if", params.Of("_command", true, "_else_do", body), nil},
		{"if", params.Of("_command", true), []string{"_do: if> needs _do, _else_do or both"}},
		{"if", params.Of("_command", "perhaps", "_do", body),
			[]string{`_command: Expected 'true' or 'false' for key '_command' but got "perhaps" (string)`}},
		{"loop", params.Of("_command", 2, "_do", body), nil},
		{"loop", params.Of("_command", "${n}", "_do", body, "_parallel", "${p}"), nil},
		{"loop", params.Of("_command", 2), []string{"_do: Parameter '_do' is required but not set"}},
		{"loop", params.Of("_command", -1, "_do", body), []string{"_command? a loop that is to run -1 times runs nothing"}},
		{"loop", params.Of("_command", -1, "count", 2, "_do", body), nil},
		{"loop", params.Of("_command", 1, "count", "-2", "_do", body), []string{"count? a loop that is to run -2 times runs nothing"}},
		{"loop", params.Of("_command", "x", "_do", body),
			[]string{`_command: Expected integer (long) type for key '_command' but got "x" (string)`}},
		{"loop", params.Of("_command", 1, "_do", body, "_parallel", "x"),
			[]string{`_parallel: Expected 'true' or 'false' for key '_parallel' but got "x" (string)`}},
		{"for_each", params.Of("_command", params.Of("a", []any{1}, "b", "${list}", "c", "[1]"), "_do", body), nil},
		{"for_each", params.Of("_command", "${all}", "_do", body), nil},
		{"for_each", params.Of("_command", 3, "_do", body),
			[]string{"_command: Expected object type for key '_command' but got 3 (number)"}},
		{"for_each", params.Of("_command", params.Of("a", 1, "b", "${list}"), "_do", body),
			[]string{"_command: Expected array type for key 'a' but got 1 (number)"}},
		{"for_range", params.Of("_command", params.Of("from", 0, "to", "${n}", "step", 1), "_do", body), nil},
		{"for_range", params.Of("_command", params.Of("from", 0, "to", 3), "_do", body),
			[]string{"_command: for_range> needs either step or slices"}},
		{"wait", params.Of("_command", "1s"), nil},
		{"wait", params.Of("_command", 3), []string{`_command: invalid duration "3"`}},
		{"wait", params.Of("_command", "1s", "blocking", true, "poll_interval", "1s"),
			[]string{"_command: poll_interval can't be specified with blocking:true"}},
		{"call", params.Of("_command", "there"), []string{"calls sub/there.dig"}},
		{"call", params.Of("_command", "../main.dig"), []string{"calls main.dig"}},
		{"call", params.Of("_command", "${name}"), nil},
		{"call", params.Of("_command", "their"), []string{"_command: there is no file sub/their.dig"}},
		{"call", params.Of("_command", "../../x"), []string{"_command: file ../../x.dig must not be outside of project path"}},
		{"require", params.Of("_command", "main", "session_time", "${t}"), nil},
		{"require", params.Of("_command", "man"), []string{`_command: there is no workflow "man" in the project`}},
		{"require", params.Of("_command", "man", "project_name", "other"), nil},
		{"require", params.Of("_command", "main", "rerun_on", "fail"),
			[]string{`rerun_on: rerun_on must be none, failed or all, not "fail"`}},
		{"require", params.Of("_command", "main", "project_id", 1, "project_name", "x"),
			[]string{"project_id: Both project_id and project_name can't be set"}},
	} {
		t.Run(fmt.Sprint(tt.operator, tt.config), func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, found(tt.operator, "sub", tt.config)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got := found("call", "", params.Of("_command", "their")); got != nil {
		t.Errorf("in a folder that only the run knows: %v", got)
	}
}

// found tells what an operator finds in a task that works in a folder.
func found(name, workdir string, config params.Map) (list []string) {
	d := operator.Draft{
		Type: name, Local: config, Workdir: workdir, Workflows: []string{"main"},
		Project: fstest.MapFS{"sub/there.dig": {}, "main.dig": {}},
	}
	for _, s := range flow.Specs(flow.Files{}) {
		if s.Name == name && s.Check != nil {
			s.Check(&d)
		}
	}
	for _, p := range d.Problems {
		sign := ": "
		if p.Unsure {
			sign = "? "
		}
		list = append(list, p.Key+sign+p.Err.Error())
	}
	for _, file := range d.Calls {
		list = append(list, "calls "+file)
	}
	return list
}
