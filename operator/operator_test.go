package operator_test

import (
	"errors"
	"path"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

func TestUnreadKeys(t *testing.T) {
	t.Parallel()
	local := params.Of("_type", "x", "_retry", 1, "a", 1, "_retyr", 2, "b", 3)
	for _, tt := range []struct {
		name string
		keys []string
		want []string
	}{
		{"of one that reads a", []string{"a"}, []string{"_retyr", "b"}},
		{"of one that reads none", []string{}, []string{"a", "_retyr", "b"}},
		{"of one that may read any", nil, nil},
	} {
		if diff := cmp.Diff(tt.want, operator.Spec{Keys: tt.keys}.Unread(local)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestKnownKeysAreNamedOnce(t *testing.T) {
	t.Parallel()
	count := make(map[string]int)
	for _, key := range (operator.Spec{Keys: []string{"_parallel", "count"}}).Known() {
		count[key]++
	}
	for _, key := range []string{"_parallel", "count", "_retry"} {
		if count[key] != 1 {
			t.Errorf("%s is named %d times", key, count[key])
		}
	}
}

func TestUnknownOperators(t *testing.T) {
	t.Parallel()
	var r operator.Registry
	r.Register(operator.Spec{Name: "py", Operator: operator.Func(nil)})
	r.Expect("pg", "py")
	for name, want := range map[string][2]string{
		"pg": {`pawl does not have the operator "pg" yet`, ""},
		"pz": {`unknown operator "pz"`, `did you mean "py"?`},
		"zz": {`unknown operator "zz"`, ""},
	} {
		err := r.Unknown(name)
		if got := [2]string{err.Error(), model.HintsOf(err)}; got != want || model.CodeOf(err) != model.Invalid {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestDraftsKnowOnlyWhatIsWritten(t *testing.T) {
	t.Parallel()
	d := operator.Draft{
		Local:   params.Of("plain", "x", "number", 7, "null", nil, "open", "${x}", "list", []any{"a"}),
		Project: fstest.MapFS{"sub/there": {}, "top": {}},
		Workdir: "sub",
	}
	for key, want := range map[string]string{"plain": "x", "number": "7", "null": "-", "open": "-", "list": "-", "none": "-"} {
		got := "-"
		if text, ok := d.Text(key); ok {
			got = text
		}
		if got != want {
			t.Errorf("the text of %s is %s, want %s", key, got, want)
		}
	}
	for name, want := range map[string]bool{"there": false, "not": true, "../top": false, "../not": true, "../../x": false, "/not": false} {
		if got := d.Missing(name); got != want {
			t.Errorf("%s is missing: %v", name, got)
		}
	}
	d.Made = []string{path.Join(d.Workdir, "not")}
	if d.Missing("not") {
		t.Error("a file is missing that a task makes")
	}
	d.Workdir, d.Made = "", nil
	if d.Missing("not") {
		t.Error("a file is missing though the folder is not known")
	}
}

func TestDraftsReadNoExpressions(t *testing.T) {
	t.Parallel()
	d := operator.Draft{Local: params.Of("open", "${x}", "plain", "x")}
	failing := func(operator.Map) error { return errors.New("wrong") }
	d.Read(failing, "plain", "open")
	d.Read(failing, "plain", "none")
	d.Warn("open", errors.New("odd"))
	var got []string
	for _, p := range d.Problems {
		got = append(got, p.Key+" "+p.Err.Error())
	}
	if diff := cmp.Diff([]string{"plain wrong", "open odd"}, got); diff != "" || d.Problems[0].Unsure || !d.Problems[1].Unsure {
		t.Errorf("got %v (-want +got):\n%s", d.Problems, diff)
	}
}
