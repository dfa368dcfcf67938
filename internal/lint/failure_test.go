package lint_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/lint"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// evaluate returns why a text can't be evaluated.
func evaluate(t *testing.T, text string) error {
	t.Helper()
	e := expr.New(expr.Env{Now: func() time.Time { return time.Unix(0, 0) }})
	_, err := e.String(text, params.Of("session_date", "x", "map", params.Map{}))
	if err == nil {
		t.Fatalf("%s can be evaluated", text)
	}
	return err
}

func TestFailuresAreExplainedWhereTheyStand(t *testing.T) {
	t.Parallel()
	x := lint.Explainer{Root: "root", Workflows: []string{"w", "w+x"}, Project: fstest.MapFS{
		"w.dig": {Data: []byte("_export: {e: \"${map.b.c}\"}\n" +
			"+a:\n  sh>: |\n    true\n    echo ${sesion_date}\n  _error:\n    echo>: ${nn}\n" +
			"+b:\n  loop>: 2\n  _do:\n    +c:\n      echo>: x ${nn}\n    +d:\n      call>: sub/c\n" +
			"+s:\n  sh>:\n  map: 1\n  store: {t: \"a ${stored}\"}\n")},
		"sub/c.dig":      {Data: []byte("+e:\n  call>: deeper.dig\n")},
		"sub/deeper.dig": {Data: []byte("+f:\n  echo>: ${called}\n+g:\n  call>: ../w.dig\n")},
		"w+x.dig":        {Data: []byte("+a:\n  echo>: ${nn}\n")},
	}}
	hinted := model.Errorf(model.Invalid, "odd").WithHint("even\nthen")
	_, kind := params.Of("map", 1).MapAt("map")
	for _, tt := range []struct {
		name, task string
		err        error
		want       string
	}{
		{"a script", "+w+a", evaluate(t, "true\necho ${sesion_date}\n"), "root/w.dig:5:10: sesion_date is not defined; did you mean session_date?"},
		{"an export around it", "+w+a", evaluate(t, "${map.b.c}"), "root/w.dig:1:15: ${map.b.c} failed: TypeError: Cannot read property 'c' of undefined"},
		{"a hook", "+w+a^error", evaluate(t, "${nn}"), "root/w.dig:7:12: nn is not defined"},
		{"a task that was made", "+w+b^sub+loop-0+c", evaluate(t, "x ${nn}"), "root/w.dig:12:16: nn is not defined"},
		{"a task that was called", "+w+b^sub+loop-0+d^sub+e^sub+f", evaluate(t, "${called}"), "root/sub/deeper.dig:2:10: called is not defined"},
		{"a text that another task stored", "+w+b", evaluate(t, "a ${stored}"), "root/w.dig:18:17: stored is not defined"},
		{"a text that is in no file", "+w+b", evaluate(t, "b ${nn}"), "root/w.dig:9:3: nn is not defined"},
		{"a workflow whose name begins as another's", "+w+x+a", evaluate(t, "${nn}"), "root/w+x.dig:2:10: nn is not defined"},
		{"a command that is missing", "+w+s", fmt.Errorf("run: %w", &params.MissingError{Key: "_command"}), "root/w.dig:16:3: sh> needs a command"},
		{"a key of the wrong kind", "+w+s", kind, "root/w.dig:17:8: map must be a mapping, not 1"},
		{"another mistake", "+w+s", hinted, "root/w.dig:16:3: odd; even; then"},
		{"a failure by intent", "+w+s", &operator.Error{Message: "no"}, ""},
		{"a failure with a hint", "+w+s", &operator.Error{Message: "no secret", Props: params.Of("hint", "set it")}, "root/w.dig:16:3: no secret; set it"},
		{"a failure of the machine with a hint", "+w+s", model.Errorf(model.Unavailable, "no python").WithHint("get it"), "root/w.dig:16:3: no python; get it"},
		{"a failure of the machine", "+w+s", errors.New("disk full"), ""},
		{"a task that nobody wrote", "+none+s", hinted, "odd; even; then"},
	} {
		if got := x.Explain(tt.task, "sh", tt.err); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestFailuresOfDryRunsTellWhatIsMissing(t *testing.T) {
	t.Parallel()
	x := lint.Explainer{DryRun: true, Workflows: []string{"w"}, Project: fstest.MapFS{"w.dig": {Data: []byte("+a:\n  echo>: ${nn}\n")}}}
	const want = "w.dig:2:10: nn is not defined (nothing is stored in a dry run, so what earlier tasks store is not there)"
	if got := x.Explain("+w+a", "echo", evaluate(t, "${nn}")); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
