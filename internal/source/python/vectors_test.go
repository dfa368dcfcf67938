package python_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python/pythontest"
	"github.com/pawlhq/pawl/internal/source/python"
)

// rows reads vectors, which testdata/vectors.py makes with the peer.
func rows[T any](t testing.TB, name string, atLeast int) []T {
	t.Helper()
	return rowsIn[T](t, "testdata", name, atLeast)
}

func rowsIn[T any](t testing.TB, folder, name string, atLeast int) []T {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if len(out) < atLeast {
		t.Fatalf("%s has %d rows, want %d", name, len(out), atLeast)
	}
	return out
}

// Python's own library is looked at where it is.
func TestPythonsLibraryIsReadAsPythonDoes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	out, err := exec.CommandContext(t.Context(), pythontest.Path(t), filepath.Join("testdata", "vectors.py"), folder).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkFunctions(t, rowsIn[functionsRow](t, folder, "functions.json", 50), 200)
	checkUpstream(t, rowsIn[upstreamRow](t, folder, "upstream.json", 80))
}

type functionsRow struct {
	Text      string
	Functions []functionRow
}

type functionRow struct {
	Name, Source, Doc string
	Line              int
	Params            [][]any
}

func TestFunctionsAreThoseThatPythonSees(t *testing.T) {
	t.Parallel()
	checkFunctions(t, rows[functionsRow](t, "functions.json", 15), 20)
}

func checkFunctions(t *testing.T, list []functionsRow, atLeast int) {
	t.Helper()
	seen := 0
	for _, r := range list {
		var got []functionRow
		for _, f := range python.Functions(r.Text) {
			g := functionRow{Name: f.Name, Source: f.Source(r.Text), Doc: f.Doc, Line: f.Line, Params: [][]any{}}
			for _, p := range f.Params {
				g.Params = append(g.Params, []any{p.Name, float64(p.Kind), p.HasDefault})
			}
			got = append(got, g)
		}
		seen += len(got)
		if diff := cmp.Diff(r.Functions, got); diff != "" && len(r.Functions)+len(got) > 0 {
			t.Errorf("%.300s\n(-Python +pawl)\n%s", r.Text, diff)
		}
	}
	if seen < atLeast {
		t.Errorf("only %d functions", seen)
	}
}

type upstreamRow struct {
	Text     string
	Upstream []string
}

func TestUpstreamIsWhatThePeerExtracts(t *testing.T) {
	t.Parallel()
	checkUpstream(t, rows[upstreamRow](t, "upstream.json", 15))
}

func checkUpstream(t *testing.T, list []upstreamRow) {
	t.Helper()
	for _, r := range list {
		got := map[string]bool{}
		for _, key := range python.Upstream(r.Text) {
			got[key] = true
		}
		want := map[string]bool{}
		for _, key := range r.Upstream {
			want[key] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n(-peer +pawl)\n%s", r.Text, diff)
		}
	}
}

func TestLiteralsMeanWhatPythonSays(t *testing.T) {
	t.Parallel()
	type row struct {
		Text, JSON string
		OK         bool
	}
	for _, r := range rows[row](t, "literals.json", 150) {
		got, ok := python.Literal(r.Text)
		if ok != r.OK {
			t.Errorf("%q: %v, %v, Python says %v %s", r.Text, got, ok, r.OK, r.JSON)
			continue
		}
		if !ok {
			continue
		}
		want, err := params.ParseJSON([]byte(r.JSON))
		if err != nil {
			t.Fatal(err)
		}
		if string(params.AppendJSON(nil, got)) != string(params.AppendJSON(nil, want)) {
			t.Errorf("%q: %s, Python says %s", r.Text, params.AppendJSON(nil, got), r.JSON)
		}
	}
}

func TestReprIsWhatIsInjected(t *testing.T) {
	t.Parallel()
	type row struct{ JSON, Python string }
	for _, r := range rows[row](t, "reprs.json", 30) {
		v, err := params.ParseJSON([]byte(r.JSON))
		if err != nil {
			t.Fatal(err)
		}
		if got := python.Repr(v); got != r.Python {
			t.Errorf("%s: %s, want %s", r.JSON, got, r.Python)
		}
	}
}

func TestSameIsWhatThePeerSays(t *testing.T) {
	t.Parallel()
	type row struct {
		A, B string
		Same bool
	}
	wrong := 0
	for _, r := range rows[row](t, "same.json", 500) {
		if python.Same(r.A, r.B) != r.Same {
			if wrong++; wrong < 30 {
				t.Errorf("the peer says %v (-first +second)\n%s", r.Same, cmp.Diff(strings.Split(r.A, "\n"), strings.Split(r.B, "\n")))
			}
		}
	}
	t.Logf("%d wrong", wrong)
}

// What the peer computes (calls, comprehensions, f-strings) is an error here.
func TestVariableIsWhatThePeerEvaluates(t *testing.T) {
	t.Parallel()
	type row struct {
		Text     string
		OK       bool
		Upstream []string
	}
	computed := map[string]bool{"upstream = [f'x']": true}
	more := map[string]bool{ // the peer stops with an error
		"%matplotlib inline\nupstream = ['a']": true,
		"upstream = \\\n  ['a']":               true,
	}
	for _, r := range rows[row](t, "variables.json", 40) {
		v, found, err := python.Variable(r.Text, "upstream")
		var got []string
		list, isList := v.([]params.Value)
		for _, e := range list {
			name, _ := e.(string)
			got = append(got, name)
		}
		m, isMap := v.(params.Map)
		for k := range m.All() {
			got = append(got, k)
		}
		ok := found && err == nil && (v == nil || isList || isMap)
		if ok != r.OK && !computed[r.Text] && !more[r.Text] {
			t.Errorf("%q: %v %v %v, the peer says %v %q", r.Text, v, found, err, r.OK, r.Upstream)
		}
		if ok && r.OK && !cmp.Equal(got, r.Upstream, cmpopts.EquateEmpty()) {
			t.Errorf("%q: %q, the peer says %q", r.Text, got, r.Upstream)
		}
	}
}
