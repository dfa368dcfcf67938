package pipeline_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
)

// one loads a pipeline with some files beside it.
func one(t *testing.T, spec string, more ...string) *pipeline.Pipeline {
	t.Helper()
	return must(t, pipeline.Options{Dir: project(t, spec, more...)})
}

// project writes a pipeline with some files beside it: names and contents in
// turn. There are always a script and functions.
func project(t testing.TB, spec string, more ...string) string {
	t.Helper()
	files := map[string]string{
		"pipeline.yaml": spec,
		"a.sh":          "{{product}}\n",
		"q.sql":         "SELECT 1",
		"make.sql":      "CREATE TABLE {{product}}",
		"steps.py":      "def go(product, **kwargs): pass\ndef back(product, upstream): upstream['a']\ndef r(product): pass\ndef value(x=1): return x\n",
	}
	for i := 0; i < len(more); i += 2 {
		files[more[i]] = more[i+1]
	}
	return folder(t, files)
}

func TestClassFollowsFromSourceAndProduct(t *testing.T) {
	t.Parallel()
	for task, want := range map[string]pipeline.Class{
		"{source: a.sh, product: x}":                      pipeline.ShellScript,
		"{source: q.sql, product: x.csv}":                 pipeline.SQLDump,
		"{source: q.sql, product: x.parquet}":             pipeline.SQLDump,
		"{source: make.sql, product: [x, table]}":         pipeline.SQLScript,
		"{source: make.sql, product: {a: [x, table]}}":    pipeline.SQLScript,
		"{source: steps.go, product: x}":                  pipeline.PythonCallable,
		"{source: steps.r, product: x}":                   pipeline.PythonCallable, // a function called like a suffix
		"{source: q.sql, class: SQLDump, product: x.csv}": pipeline.SQLDump,
		"{source: q.sql, class: ~, product: x.csv}":       pipeline.SQLDump,
		"{source: d.csv, class: SQLUpload, name: u, product: [x, table], product_class: SQLiteRelation}": pipeline.SQLUpload,
		"{source: 'http://a/b', class: DownloadFromURL, name: d, product: x, product_class: File}":       pipeline.DownloadFromURL,
	} {
		p := one(t, "tasks:\n  - "+task+"\n")
		if got := p.Tasks[0].Class; got != want {
			t.Errorf("%s is a %s, want %s", task, got, want)
		}
	}
}

func TestNamesAreThoseOfSources(t *testing.T) {
	t.Parallel()
	for task, want := range map[string]string{
		"{source: a.sh, product: x}":              "a",
		"{source: dir/b.c.sh, product: x}":        "b.c",
		"{source: steps.go, product: x}":          "go",
		"{source: a.sh, name: other, product: x}": "other",
		"{source: a.sh, name: 12, product: x}":    "12",
		"{source: a.sh, name: ~, product: x}":     "a",
	} {
		p := one(t, "tasks:\n  - "+task+"\n", "dir/b.c.sh", "{{product}}")
		if got := p.Tasks[0].Name; got != want {
			t.Errorf("%s has the name %q, want %q", task, got, want)
		}
	}
}

func TestProductClassIsWrittenOrFollowsFromTheClass(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"tasks: [{source: a.sh, product: x}]":                                                                                                    "File",
		"tasks: [{source: a.sh, product: x, product_class: GenericProduct}]":                                                                     "GenericProduct",
		"tasks: [{source: make.sql, product: [x, table]}]":                                                                                       "SQLRelation",
		"{meta: {product_default_class: {SQLScript: SQLiteRelation}}, tasks: [{source: make.sql, product: [x, table]}]}":                         "SQLiteRelation",
		"{meta: {product_default_class: {SQLUpload: SQLiteRelation}}, tasks: [{source: a.csv, name: u, class: SQLUpload, product: [x, table]}]}": "SQLiteRelation",
	} {
		if got := one(t, spec).Tasks[0].Products[0].Class; got != want {
			t.Errorf("%s makes a %s, want %s", spec, got, want)
		}
	}
}

func TestProductsAreAbsolute(t *testing.T) {
	t.Parallel()
	p := one(t, `
- {source: a.sh, name: a, product: out/x.csv}
- {source: a.sh, name: b, product: ./out//../y.csv}
- {source: a.sh, name: c, product: /absolute/z.csv}
- {source: a.sh, name: d, product: GENERIC, product_class: GenericProduct}
- {source: make.sql, name: e, product: ['', t, table]}
- {source: make.sql, name: f, product: [s, v, view]}
- {source: a.sh, name: g, product: {one: 1.csv, two: 2.csv}}
`)
	var got []string
	for _, task := range p.Tasks {
		for _, product := range task.Products {
			got = append(got, strings.TrimSpace(product.Key+" "+product.String()))
		}
	}
	want := []string{
		p.Root + "/out/x.csv", p.Root + "/y.csv", "/absolute/z.csv", "GENERIC", "t", "s.v", "one " + p.Root + "/1.csv", "two " + p.Root + "/2.csv",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p.Tasks[0].Keyed || !p.Tasks[6].Keyed {
		t.Error("only a map of products is keyed")
	}
}

func TestWhatThePeerRefusesForNoReason(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]string{
		"plain executor":       "{executor: a.b, tasks: []}",
		"no serializer":        "tasks: [{source: steps.go, product: x, serializer: ~}]",
		"environment variable": "tasks: [{source: a.sh, product: '{{env.HOME}}/x'}]",
		"io_handler":           "tasks: [{source: q.sql, product: x.csv, io_handler: CSVIO}]",
		"download":             "tasks: [{source: 'https://a.b/c', name: d, class: DownloadFromURL, product: x, product_class: File}]",
		"variadic function":    "tasks: [{source: steps.go, product: x, params: {any: 1}}]",
	} {
		dir := project(t, spec)
		if _, err := load(t, pipeline.Options{Dir: dir, Lookup: func(string) (string, bool) { return "", false }}); err != nil && name != "environment variable" {
			t.Errorf("%s: %s", name, excerpt(err))
		}
		if _, err := load(t, pipeline.Options{Dir: dir, Lookup: variables("HOME", "/home/ann")}); err != nil {
			t.Errorf("%s: %s", name, excerpt(err))
		}
	}
}

// variables is an environment.
func variables(kv ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(kv); i += 2 {
			if kv[i] == name {
				return kv[i+1], true
			}
		}
		return "", false
	}
}

func TestTextsAreReadAsLiterals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]params.Value{
		`'1'`: int64(1), `'1.5'`: 1.5, `'-3'`: int64(-3), `'tRuE'`: true, `FALSE`: false, `'null'`: nil, `'NONE'`: nil,
		`'010'`: "010", `010`: int64(8), `'[1, "a"]'`: []any{int64(1), "a"}, `"(1, 2)"`: []any{int64(1), int64(2)},
		`'{"a": 1}'`: params.Of("a", 1), `"'x'"`: "x", `word`: "word", `'a b'`: "a b", `'1e3'`: 1000.0, `1e3`: 1000.0,
		`'__import__("os")'`: `__import__("os")`, `'yes'`: "yes", `yes`: true, `'1 + 1'`: "1 + 1", `2020-01-02`: "2020-01-02",
		`'2020-10-10'`: "2020-10-10", `1:30`: int64(90), `''`: "", `'[1'`: "[1", `'nan'`: "nan",
	} {
		p := one(t, "tasks: [{source: steps.go, product: x, params: {v: "+text+"}}]")
		if got, _ := p.Tasks[0].Params.Get("v"); !params.Equal(got, want) {
			t.Errorf("%s is %#v, want %#v", text, got, want)
		}
	}
}

func TestDatesAreTextsThatAreNotTracked(t *testing.T) {
	t.Parallel()
	task := one(t, `
- source: steps.go
  product: x
  params: {since: 2020-01-02, deep: {at: [1, 2020-01-02 10:00:00]}, far: .inf, n: 1, text: '2020-01-02'}
`).Tasks[0]
	if diff := cmp.Diff([]pipeline.Typed{
		{Path: []string{"since"}, Type: "date"}, {Path: []string{"deep", "at", "1"}, Type: "datetime"}, {Path: []string{"far"}, Type: "float"},
	}, task.Typed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if want := params.Of("far", "inf", "n", 1, "text", "2020-01-02").Set("far", math.Inf(1)); !task.Tracked().Equal(want) {
		t.Errorf("tracked are %v, want %v", task.Tracked(), want)
	}
}

func TestGridsComeAfterTasksThatTheirParamsName(t *testing.T) {
	t.Parallel()
	root := project(t, `
meta: {extract_upstream: false, import_tasks_from: [one.yaml, two.yaml]}
tasks:
- {source: steps.go, name: "load-[[x]]", product: a, grid: {x: [1, 2]}}
- {source: steps.go, name: "fit-[[x]]", product: b, grid: {x: [1, 2]}, upstream: ["load-[[x]]", other]}
`)
	write(t, filepath.Join(root, "one.yaml"), "- {source: steps.go, name: other, product: c}")
	write(t, filepath.Join(root, "two.yaml"), "- {source: steps.go, name: another, product: d}")
	p := must(t, pipeline.Options{Dir: root})
	after := map[string][]pipeline.Upstream{}
	for _, task := range p.Tasks {
		after[task.Name] = task.Upstream
	}
	want := map[string][]pipeline.Upstream{
		"load-1": nil, "load-2": nil, "other": nil, "another": nil,
		"fit-1": {{Task: "load-1"}, {Task: "other"}}, "fit-2": {{Task: "load-2"}, {Task: "other"}},
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResourcesCountByTheirContent(t *testing.T) {
	t.Parallel()
	p := one(t, "tasks: [{source: steps.go, product: x, params: {n: 1, resources_: {conf: data/c.json}}}]", "data/c.json", "hello")
	task := p.Tasks[0]
	path := filepath.Join(p.Root, "data/c.json")
	if want := params.Of("n", 1, "resources_", params.Of("conf", path)); !task.Params.Equal(want) {
		t.Errorf("params are %v", task.Params)
	}
	if want := params.Of("n", 1, "resources_", params.Of("conf", "5d41402abc4b2a76b9719d911017c592")); !task.Tracked().Equal(want) {
		t.Errorf("tracked are %v", task.Tracked())
	}
}

func TestUpstreamIsWrittenWhereItIsNotExtracted(t *testing.T) {
	t.Parallel()
	p := one(t, `
meta: {extract_upstream: false}
tasks:
  - {source: a.sh, product: x}
  - {source: steps.back, name: one, product: y, upstream: a}
  - {source: steps.back, name: two, product: z, upstream: ['o*', a, a]}
`)
	want := []pipeline.Upstream{{Task: "one", Group: "o*"}, {Task: "a"}}
	if diff := cmp.Diff(want, p.Tasks[2].Upstream); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPatternsFindTasks(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"*":        "fit-0 fit-1 fit-10 other sub/x",
		"fit-*":    "fit-0 fit-1 fit-10",
		"fit-?*":   "fit-0 fit-1 fit-10",
		"*-[0]":    "fit-0",
		"*-[!0]":   "fit-1",
		"*[1-3]":   "fit-1",
		"sub*":     "sub/x",
		"nothing*": "",
		"*x":       "sub/x",
		"f*t-*0":   "fit-0 fit-10",
		"*[":       "",
	} {
		var spec strings.Builder
		spec.WriteString("meta: {extract_upstream: false}\ntasks:\n")
		for _, name := range []string{"fit-0", "fit-1", "fit-10", "other", "sub/x"} {
			spec.WriteString("  - {source: a.sh, name: '" + name + "', product: '" + name + "'}\n")
		}
		spec.WriteString("  - {source: steps.go, product: last, name: '[last]', upstream: '" + pattern + "'}\n")
		dir := project(t, spec.String(), "steps.py", "def go(product, upstream=None): pass\n")
		if pattern == "*" {
			refused(t, pipeline.Options{Dir: dir}, "tasks come after each other: [last] > [last]")
			continue
		}
		p := must(t, pipeline.Options{Dir: dir})
		var found []string
		for _, up := range p.Tasks[5].Upstream {
			found = append(found, up.Task)
		}
		if got := strings.Join(found, " "); got != want {
			t.Errorf("%s finds %q, want %q", pattern, got, want)
		}
	}
}

func TestCallsAreKeptAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	p := one(t, `
on_finish: steps.go
executor: {dotted_path: ploomber.executors.Parallel, processes: 2}
clients: {SQLScript: {dotted_path: db.connect, uri: 'sqlite://'}, File: ~}
serializer: steps.save
tasks:
  - {source: steps.plain, product: x, on_render: steps.go}
  - {source: steps.go, name: own, product: y, serializer: ~, product_client: 'db.files'}
`, "steps.py", "def go(product): pass\ndef plain(): pass\ndef save(): pass\n")
	if p.OnFinish.Path != "steps.go" || p.Executor.Path != "ploomber.executors.Parallel" || !p.Executor.Args.Equal(params.Of("processes", 2)) {
		t.Errorf("%+v, %+v", p.OnFinish, p.Executor)
	}
	if c := p.Clients["SQLScript"]; len(p.Clients) != 1 || c.Path != "db.connect" || !c.Args.Equal(params.Of("uri", "sqlite://")) {
		t.Errorf("clients are %+v", p.Clients)
	}
	if p.Tasks[0].Serializer != p.Serializer || p.Tasks[0].OnRender.Pos.Line != 7 {
		t.Errorf("%+v", p.Tasks[0])
	}
	if p.Tasks[1].Serializer != nil || p.Tasks[1].ProductClient.Path != "db.files" {
		t.Errorf("%+v", p.Tasks[1])
	}
}

func TestSpecKeysReachThePipeline(t *testing.T) {
	t.Parallel()
	p := one(t, `
config: {outdated_by_code: no, cache_rendered_status: true, hot_reload: true, logging_factory: steps.go, track_imports: true}
meta: {jupyter_hot_reload: false, jupyter_functions_as_notebooks: true}
executor: parallel
tasks: []
`)
	want := pipeline.Config{
		CacheRenderedStatus: true, HotReload: true, TrackImports: true, JupyterFunctionsAsNotebooks: true,
		LoggingFactory: p.Config.LoggingFactory,
	}
	if diff := cmp.Diff(want, p.Config); diff != "" || p.Config.LoggingFactory.Path != "steps.go" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p.Executor.Path != "parallel" {
		t.Errorf("the executor is %+v", p.Executor)
	}
	if c := one(t, "[]").Config; !c.OutdatedByCode || !c.JupyterHotReload || c.HotReload {
		t.Errorf("defaults are %+v", c)
	}
}

func TestFunctionsAreFoundAsPythonFindsThem(t *testing.T) {
	t.Parallel()
	const function = "def f(product): pass\n"
	for name, c := range map[string]struct {
		files  []string
		source string
		want   string
	}{
		"module beside the pipeline": {[]string{"m.py", function}, "m.f", "m.py"},
		"package beats module":       {[]string{"m.py", function, "m/__init__.py", function}, "m.f", "m/__init__.py"},
		"below a folder":             {[]string{"a/b/c.py", function}, "a.b.c.f", "a/b/c.py"},
		"in src":                     {[]string{"src/m.py", function}, "m.f", "src/m.py"},
		"PYTHONPATH before src":      {[]string{"src/m.py", function, "more/m.py", function}, "m.f", "more/m.py"},
		"imported":                   {[]string{"m.py", "from n import f\n", "n.py", function}, "m.f", "n.py"},
		"imported by a package":      {[]string{"m/__init__.py", "from .n import f\n", "m/n.py", function}, "m.f", "m/n.py"},
		"imported from the parent":   {[]string{"m/x/y.py", "from ..n import f\n", "m/n.py", function}, "m.x.y.f", "m/n.py"},
		"the last definition":        {[]string{"m.py", "def f(): pass\n" + function}, "m.f", "m.py"},
	} {
		files := append([]string{}, c.files...)
		dir := project(t, "tasks: [{source: "+c.source+", product: x}]", files...)
		p, err := load(t, pipeline.Options{Dir: dir, Lookup: variables("PYTHONPATH", "more:")})
		if err != nil {
			t.Errorf("%s: %s", name, excerpt(err))
			continue
		}
		task := p.Tasks[0]
		if got, _ := filepath.Rel(dir, task.Source.Path); got != c.want || task.Code != function {
			t.Errorf("%s: found %q in %s, want %s", name, task.Code, got, c.want)
		}
	}
}

func TestTracksWhatIsImported(t *testing.T) {
	t.Parallel()
	dir := project(t, "{config: {track_imports: true}, tasks: [{source: m.f, product: x}, {source: alone.g, product: y}]}",
		"m.py", "import os, lib.a\nfrom lib import b as other\ndef f(product):\n    import late\n",
		"alone.py", "def g(product): pass\n",
		"lib/__init__.py", "", "lib/a.py", "from . import c\nimport m\n", "lib/b.py", "", "lib/c.py", "", "lib/unused.py", "", "late.py", "")
	p := must(t, pipeline.Options{Dir: dir})
	var got []string
	for _, file := range p.Tasks[0].Imports {
		name, _ := filepath.Rel(dir, file)
		got = append(got, name)
	}
	if want := []string{"late.py", "lib/__init__.py", "lib/a.py", "lib/b.py", "lib/c.py"}; !cmp.Equal(got, want) {
		t.Errorf("imports are %v, want %v", got, want)
	}
	if task := p.Tasks[1]; task.Imports != nil || task.ImportsDigest != "" {
		t.Errorf("a function that imports nothing has %v", task.Imports)
	}
	write(t, filepath.Join(dir, "lib/c.py"), "changed = 1")
	if again := must(t, pipeline.Options{Dir: dir}); again.Tasks[0].ImportsDigest == p.Tasks[0].ImportsDigest {
		t.Error("a change of an import does not change the digest")
	}
}

func TestScriptsThatCreateOtherRelationsAreWarnedOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"CREATE TABLE {{product}} AS SELECT 1":                     "",
		"create table if not exists S.T (a int)":                   "",
		"{{product}}":                                              "seems to create no table or view",
		"CREATE VIEW {{product}} AS SELECT 1":                      "seems not to create its table s.t, but s.t",
		"CREATE TABLE other AS SELECT '{{product}}'":               "seems not to create its table s.t, but other",
		"CREATE TABLE {{product}} (a int); CREATE TABLE b (a int)": "seems to create 2 relations, but has 1 products",
	} {
		if !strings.Contains(text, "{{") {
			text += " -- {{product}}"
		}
		p := one(t, "[{source: x.sql, product: [s, t, table]}]", "x.sql", text)
		if got := p.Warnings.Error(); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestUpstreamThatIsNotUsedIsWarnedOf(t *testing.T) {
	t.Parallel()
	p := one(t, "[{source: a.sh, product: x}, {source: b.sh, product: y}]", "b.sh", "{% if false %}{{upstream.a}}{% endif %}{{product}}")
	if got := p.Warnings.Error(); !strings.Contains(got, `b.sh: task "b" comes after "a", but does not use its product`) {
		t.Errorf("warnings are %q", got)
	}
}
