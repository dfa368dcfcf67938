package script_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/script"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

func TestMistakesShowBeforeARun(t *testing.T) {
	t.Parallel()
	project := fstest.MapFS{
		"etl/tasks.py":    {Data: []byte("class Load:\n  def run(self): pass\n\nasync def count(): pass\n")},
		"etl/any.py":      {Data: []byte("from tasks import *\n")},
		"etl/pkg/mod.py":  {Data: []byte("def f(): pass\n")},
		"etl/pkg/init.py": {},
		"etl/tasks.rb":    {},
	}
	python := script.NewPython()
	defer func() { _ = python.Close() }()
	for _, tt := range []struct {
		spec   operator.Spec
		config params.Map
		want   []string
	}{
		{python.Spec(), params.Of("_command", "tasks.Load"), nil},
		{python.Spec(), params.Of("_command", "tasks.Load.run"), nil},
		{python.Spec(), params.Of("_command", "any.thing"), nil},
		{python.Spec(), params.Of("_command", "pkg.mod.f"), nil},
		{python.Spec(), params.Of("_command", "pkg.other"), nil},
		{python.Spec(), params.Of("_command", "${module}.f"), nil},
		{python.Spec(), params.Of("script", "print()"), nil},
		{python.Spec(), params.Map{}, []string{"_command? py> needs a value or a script; "}},
		{python.Spec(), params.Of("_command", "tasks.cuont"), []string{`_command? there is no cuont in etl/tasks.py; did you mean "count"?`}},
		{python.Spec(), params.Of("_command", "pkg.mod.g"), []string{`_command? there is no g in etl/pkg/mod.py; `}},
		{python.Spec(), params.Of("_command", "task.count"), []string{`_command? there is no module etl/task in the project; did you mean "tasks"?`}},
		{python.Spec(), params.Of("_command", "elsewhere.f"), []string{"_command? there is no module etl/elsewhere in the project; it must be installed, then"}},
		{python.Spec(), params.Of("_command", "count"), []string{`_command: py> needs MODULE.FUNCTION or MODULE.CLASS.METHOD, not "count"; `}},
		{python.Spec(), params.Of("_command", "tasks.Load", "python_mode", "hot"), []string{`python_mode: python_mode must be "cold" or "forked", not "hot"; `}},
		{python.Spec(), params.Of("_command", "tasks.Load", "python", []any{}), []string{"python: python: the list names no program; "}},
		{script.Ruby(), params.Of("_command", "run", "require", "tasks"), nil},
		{script.Ruby(), params.Of("_command", "run", "require", "task"), []string{`require? there is no file etl/task in the project; did you mean "tasks"?`}},
		{script.Ruby(), params.Of("_command", "run", "require", []any{1}), []string{"require: Expected string type for key 'require' but got [1] (array); "}},
	} {
		t.Run(fmt.Sprint(tt.spec.Name, tt.config), func(t *testing.T) {
			d := operator.Draft{Type: tt.spec.Name, Local: tt.config, Workdir: "etl", Project: project}
			tt.spec.Check(&d)
			var got []string
			for _, p := range d.Problems {
				sign := ": "
				if p.Unsure {
					sign = "? "
				}
				got = append(got, p.Key+sign+p.Err.Error()+"; "+model.HintsOf(p.Err))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
