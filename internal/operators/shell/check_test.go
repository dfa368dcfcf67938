package shell_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/operators/shell"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

func TestMistakesShowBeforeARun(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		config params.Map
		want   []string
	}{
		{params.Of("_command", "echo x"), nil},
		{params.Of("_command", "sub/run.sh x"), nil},
		{params.Of("_command", "bash sub/run.sh"), nil},
		{params.Of("_command", "bash -c true"), nil},
		{params.Of("_command", "/bin/nothing"), nil},
		{params.Of("_command", "cd x; ./run.sh"), nil},
		{params.Of("_command", "./$name.sh"), nil},
		{params.Of("_command", "./run.sh x"), []string{"_command: there is no file run.sh (unsure)"}},
		{params.Of("_command", "python3 run.py"), []string{"_command: there is no file run.py (unsure)"}},
		{params.Of("_command", "echo ${secret:a} ${b} ${c ? {d:1} : e}"), nil},
		{params.Of("_command", "echo ${b} ${file:x}"), []string{"_command: Invalid parametrization: '${file:x}' (config)"}},
		{params.Map{}, []string{"_command: Parameter '_command' is required but not set"}},
		{params.Of("_command", "x", "shell", "bash"), []string{`shell: Expected array type for key 'shell' but got "bash" (string)`}},
		{params.Of("_command", "x", "_env", params.Of("a-b", "x")), []string{"_env: Invalid _env key name: a-b (config)"}},
		{params.Of("_command", "x", "_env", params.Of("a", []any{1}, "b", "${c}")),
			[]string{"_env: Expected string type for key 'a' but got [1] (array)"}},
		{params.Of("_command", "x", "_env", "y"), []string{`_env: Expected object type for key '_env' but got "y" (string)`}},
		{params.Of("_command", "x", "_env", "${y}"), nil},
	} {
		t.Run(fmt.Sprint(tt.config), func(t *testing.T) {
			t.Parallel()
			d := operator.Draft{Type: "sh", Local: tt.config, Workdir: ".", Project: fstest.MapFS{"sub/run.sh": {}}}
			shell.Spec().Check(&d)
			var got []string
			for _, p := range d.Problems {
				text := p.Key + ": " + p.Err.Error()
				if p.Unsure {
					text += " (unsure)"
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
