package build_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/internal/prop"
)

// choices are what files of a project may contain, by their paths below a folder
// in which the project is p; "" for none. What comes first makes a pipeline.
var choices = map[string][]string{
	"p/pipeline.yaml": {`
meta: {import_tasks_from: more.yaml, source_loader: {path: templates}}
config: {track_imports: true}
tasks:
- {source: steps.one, product: out/one.txt, params: {n: '{{number}}', resources_: {data: data/table.csv}}}
- {source: pkg.steps.two, product: out/two.txt}
- {source: script.sh, product: out/three.txt}
`, `
tasks:
- {source: steps.one, product: out/one.txt, params: {n: '{{number}}'}}
- {source: scripts/four.sh, product: 'out/four-[[k]].txt', name: 'four-[[k]]', grid: {k: [1, 2]}}
- {source: scripts/five.sh, product: {a: out/five-a.txt, b: out/five-b.txt}}
- {source: scripts/six.sh, product: out/six.txt, params: {n: 1.0, list: [true, null, '1']}}
- {source: scripts/seven.sh, product: out/seven.txt, params: {day: 2020-01-02}}
`, "tasks: []"},
	"p/more.yaml":     {"- {source: nb.py, name: nb, product: {nb: out/nb.ipynb}, kernelspec_name: python3}", "[]"},
	"p/env.yaml":      {"number: 1", "number: 2", "", "number: '{{user}}'", "number: '{{cwd}}'"},
	"p/env.prod.yaml": {"", "number: 3"},
	"p/steps.py": {
		"import helper\n\n\ndef one(product, n, resources_=None):\n    pass\n", "def one(product, n, resources_=None):\n    print(n)\n", "from pkg.steps import one\n", "",
		"import helper\n\n\ndef other():\n    pass\n\n\ndef one(product, n, resources_=None):\n    pass  # the same\n",
		"def won(product, n, resources_=None):\n    pass\n", "def one(product, n, m, resources_=None):\n    pass\n", "def one(product, n, resources_=None):\n    upstream['four-1']\n",
		"import helper, pkg.steps\n\n\ndef one(product, n, resources_=None):\n    pass\n",
	},
	"p/steps/__init__.py":  {"", "def one(product, n, resources_=None):\n    pass\n"},
	"p/helper.py":          {"x = 1\n", "x = 2\n", ""},
	"p/helper/__init__.py": {"", "x = 3\n"},
	"p/pkg/__init__.py":    {"", "y = 1\n"},
	"p/pkg/steps.py": {
		"def two(product, upstream):\n    upstream['one']\n\n\ndef one(product, n, resources_=None):\n    print(2)\n",
		"def two(product, upstream):\n    upstream['one']\n    print(2)\n\n\ndef one(product, n, resources_=None):\n    pass\n",
		"def two(product, upstream):\n    upstream['o*']\n", "def two(product, upstream):\n    upstream['three']\n", "def two(product",
		"def two(product, upstream):\n    upstream['one']\n\n\ndef one(product, n, resources_=None):\n    pass\n", "def two(product):\n    pass\n",
	},
	"p/src/pkg/steps.py":    {"", "def two(product):\n    print(1)\n"},
	"p/src/helper.py":       {"", "x = 4\n"},
	"p/src/a/pipeline.yaml": {"", "tasks: []"},
	"p/templates/script.sh": {
		"{% import 'macros.sh' as m %}\n{{m.go()}} {{upstream['one']}} > {{product}}\n", "touch {{product}}\n",
		"{% import 'macros.sh' as m %}\n{{m.go()}} {{upstream['one']}} {{upstream['one']}} > {{product}}\n", "{% import 'macros.sh' as m %}\n{{m.go()}} {{upstream['two']}} > {{product}}\n",
		"{% include 'more.sh' %} {{upstream['one']}} > {{product}}\n", "{{get_key('data/keys.yaml', 'k')}} {{upstream['one']}} > {{product}}\n", "{{upstream['one']}} {{n}} > {{product}}\n", "{% if %}",
		"{% if false %}{{upstream['one']}}{% endif %} > {{product}}\n",
	},
	"p/templates/more.sh":   {"head", "{% import 'macros.sh' as m %}{{m.go()}}", ""},
	"p/data/keys.yaml":      {"k: cat\n", "k: tail\n"},
	"p/templates/macros.sh": {"{% macro go() %}cat{% endmacro %}", "{% macro go() %}head{% endmacro %}"},
	"p/scripts/four.sh":     {"touch {{product}} # {{k}}\n", "touch {{product}} {{k}}\n", "touch {{product}} {{k}} {{upstream['five']['a']}}\n"},
	"p/scripts/five.sh":     {"cat {{upstream['four-*']}} > {{product['a']}} {{product['b']}}\n", "cat {{upstream['four-*']}} > {{product.a}}\n", "cat {{upstream['four-1']}} {{upstream['four-2']}} > {{product['a']}} {{product['b']}}\n"},
	"p/scripts/six.sh":      {"cp {{upstream['five']['a']}} {{product}} {{n}} {{list}}\n", "cp {{upstream['five']['b']}} {{product}} {{list}} {{n}}\n", "cp {{product}} {{n}}\n"},
	"p/scripts/seven.sh":    {"touch {{product}} {{day}}\n", "touch {{day}} {{product}}\n"},
	"p/nbs/a.py":            {notebookOf("None", "{'nb': 'out/a.ipynb'}", "1"), notebookOf("None", "{'nb': 'out/a.ipynb'}", "2"), notebookOf("None", "{'nb': 'out/b.ipynb'}", "1"), notebookOf("None", "{'notebook': 'out/a.ipynb'}", "1"), "1\n"},
	"p/nbs/c.py":            {notebookOf("['a']", "{'nb': 'out/c.ipynb'}", "1"), notebookOf("['a']", "{'nb': 'out/c.ipynb'}", "2"), notebookOf("None", "{'nb': 'out/c.ipynb'}", "1"), ""},
	"p/templates/nb.py": {
		"# %% tags=[\"parameters\"]\nupstream = ['two']\nproduct = None\n# %%\nimport helper\n1\n",
		"# %% tags=[\"parameters\"]\nupstream = ['one']\nproduct = None\n# %%\nimport helper\n", "# %% tags=[\"parameters\"]\nupstream = ['two']\nproduct = None\n",
		"# ---\n# jupyter:\n#   kernelspec:\n#     name: ir\n# ---\n# %% tags=[\"parameters\"]\nupstream = ['two']\nproduct = None\n# %%\nimport helper\n",
		"# %% tags=[\"parameters\"]\nupstream = ['two']\nproduct = None\n# %%\nimport helper\n", "# %% tags=[\"parameters\"]\nupstream = None\nproduct = None\n# %%\n1\n",
	},
	"p/other.py":              {"", "# %% tags=[\"parameters\"]\nupstream = None\nproduct = {'nb': 'out/other.ipynb'}\n# %%\n1\n"},
	"p/data/table.csv":        {"1,2\n", "3,4\n"},
	"p/data2/table.csv":       {"5,6\n", "7,8\n"},
	"p/setup.py":              {"", "1"},
	"p/setup.cfg":             {"", "[ploomber]\nentry-point = pipeline.prod.yaml\n"},
	"p/pipeline.prod.yaml":    {"tasks:\n- {source: scripts/four.sh, product: out/prod.txt, params: {k: '{{number}}'}}\n", ""},
	"p/README":                {"", "it has nothing to do with it"},
	"pipeline.yaml":           {"", "tasks: []"},
	"setup.py":                {"", "1"},
	"lib/helper.py":           {"", "x = 5\n"},
	"lib/pkg/steps.py":        {"", "def two(product):\n    print(2)\n"},
	"p/out/.one.txt.metadata": {""},
}

func notebookOf(upstream, product, code string) string {
	return fmt.Sprintf("# %%%% tags=[\"parameters\"]\nupstream = %s\nproduct = %s\n# %%%%\n%s\n", upstream, product, code)
}

// sources are those of tasks, and what these read.
var sources = []string{
	"p/steps.py", "p/helper.py", "p/pkg/steps.py", "p/templates/script.sh", "p/templates/macros.sh", "p/templates/more.sh", "p/templates/nb.py",
	"p/scripts/four.sh", "p/scripts/five.sh", "p/scripts/six.sh", "p/scripts/seven.sh", "p/nbs/a.py", "p/nbs/c.py", "p/data/table.csv", "p/data/keys.yaml",
}

// settings are what variables of the environment may be.
var settings = map[string][]string{
	"ENTRY_POINT": {"", "pipeline.prod.yaml", "nothing.yaml"}, "PYTHONPATH": {"", "../lib", "lib"},
	"PLOOMBER_ENV_FILENAME": {"", "env.prod.yaml"}, "LOGNAME": {"", "ann", "bob"}, "HOME": {"", "/nowhere"}, "EDITOR": {"", "vi"},
}

// entries are entry points that may be asked for.
var entries = []string{"", "", "", "pipeline.yaml", "pipeline.prod.yaml", "nbs", "nbs/*.py", "../p/pipeline.yaml"}

// world is a folder with a project, and the environment of a command there.
type world struct {
	t     *rapid.T
	dir   string
	entry string
	env   map[string]string
	clock time.Time // of the last change, which no other change has
}

func TestAnOutlineIsTrustedOnlyAsLongAsLoadingGivesTheSame(t *testing.T) {
	t.Parallel()
	trusted, foretold := 0, [4]int{}
	prop.Check(t, func(rt *rapid.T) {
		w := newWorld(t, rt)
		before, used, err := w.load()
		if err != nil {
			return
		}
		o, ok := build.OutlineOf(before)
		if !ok {
			return
		}
		from := build.Origin{Options: []string{w.entry}, Inputs: before.Inputs, Paths: before.Paths, Variables: used, Began: later()}
		seal, ok := from.Seal()
		if !ok {
			rt.Fatal("there is no seal")
		}
		w.make(before)
		whileBuilding, after := rapid.IntRange(0, 1).Draw(rt, "edits while it is built"), rapid.IntRange(1, 3).Draw(rt, "edits after that")
		for range whileBuilding {
			w.edit()
		}
		if err := o.Write(w.file("outline"), seal); err != nil {
			rt.Fatal(err)
		}
		if current, ok := w.outlined(); whileBuilding == 0 && (!ok || !current) {
			rt.Fatalf("after it was written: trusted %v, up to date %v", ok, current)
		}
		for range after {
			if rapid.Bool().Draw(rt, "a source") {
				w.editSource()
			} else {
				w.edit()
			}
			if runs, ok := w.foretold(); ok {
				foretold[min(runs, 3)]++
			}
		}
		if current, ok := w.outlined(); ok && current {
			trusted++
			w.compare(o)
		}
	})
	if trusted < 20 || foretold[1]+foretold[2]+foretold[3] < 8 {
		t.Errorf("only %d outlines were trusted after an edit; by how many tasks were to run, they foretold %v", trusted, foretold)
	}
}

func newWorld(t *testing.T, rt *rapid.T) *world {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		rt.Fatal(err)
	}
	w := &world{t: rt, dir: dir, env: map[string]string{}, clock: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, path := range slices.Sorted(maps.Keys(choices)) {
		w.write(path, choices[path][0])
	}
	w.write("p/pipeline.yaml", rapid.SampledFrom(choices["p/pipeline.yaml"][:2]).Draw(rt, "pipeline"))
	if source := rapid.SampledFrom(sources).Draw(rt, "source"); rapid.Bool().Draw(rt, "other content") {
		w.write(source, rapid.SampledFrom(choices[source]).Draw(rt, "content"))
	}
	for range rapid.IntRange(0, 2).Draw(rt, "changes before") {
		w.edit()
	}
	w.entry = rapid.SampledFrom(entries).Draw(rt, "entry")
	return w
}

func (w *world) file(name string) string { return filepath.Join(w.dir, name) }

// lookup reads the environment.
func (w *world) lookup(name string) (string, bool) {
	v, ok := w.env[name]
	return v, ok
}

// load loads the pipeline and notes which variables that looked at.
func (w *world) load() (*pipeline.Pipeline, map[string]*string, error) {
	used := map[string]*string{}
	p, err := pipeline.Load(context.Background(), w.options(func(name string) (string, bool) {
		v, ok := w.lookup(name)
		if used[name] = nil; ok {
			used[name] = &v
		}
		return v, ok
	}))
	return p, used, err
}

func (w *world) options(lookup func(string) (string, bool)) pipeline.Options {
	return pipeline.Options{Dir: w.file("p"), Entry: w.entry, Now: later(), Lookup: lookup}
}

// make makes all products, and their records.
func (w *world) make(p *pipeline.Pipeline) {
	at := 0.0
	var made func(t *pipeline.Task)
	done, named := map[string]bool{}, map[string]*pipeline.Task{}
	for _, t := range p.Tasks {
		named[t.Name] = t
	}
	made = func(t *pipeline.Task) {
		if done[t.Name] {
			return
		}
		done[t.Name] = true
		for _, u := range t.Upstream {
			made(p.Tasks[slices.IndexFunc(p.Tasks, func(t *pipeline.Task) bool { return t.Name == u.Task })])
		}
		at++
		record := product.NewRecord(at, t.Code, t.Tracked())
		record.Imports = t.ImportsDigest
		if at > 1 { // as if the first task had been built by Ploomber
			madeOf := p.MadeOf(t, named)
			record.MadeOf = &madeOf
		}
		for _, one := range t.Products {
			w.put(one.Path, "made")
			w.put(files.MetadataPath(one.Path), string(product.AppendRecord(nil, record)))
		}
	}
	for _, t := range p.Tasks {
		made(t)
	}
}

// outlined returns what the outline says, and whether it is trusted.
func (w *world) outlined() (current, ok bool) {
	o, ok := build.ReadOutline(w.file("outline"), []string{w.entry}, w.lookup)
	if !ok {
		return false, false
	}
	return o.UpToDate(w.file("memo"), later()), true
}

// foretold compares what the outline says of each task, where it says something,
// with a plan of the pipeline as it is now. It returns how many tasks are to run.
func (w *world) foretold() (runs int, ok bool) {
	o, ok := build.ReadOutline(w.file("outline"), []string{w.entry}, w.lookup)
	if !ok {
		return 0, false
	}
	options := build.Options{Memo: w.file("memo"), Now: later()}
	builds := rapid.Bool().Draw(w.t, "builds")
	how := o.Plan
	if builds {
		how = o.Build
	}
	got, ok := how(context.Background(), w.options(w.lookup), options)
	if !ok {
		return 0, false
	}
	p, _, err := w.load()
	if err != nil {
		w.t.Fatalf("it is foretold, but loading fails: %v", err)
	}
	if len(p.Warnings) > 0 || p.Volatile {
		w.t.Fatalf("it is foretold, but volatile: %v, warnings: %v", p.Volatile, p.Warnings)
	}
	want, err := build.New(context.Background(), p, build.Options{Now: later()})
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range want.Tasks {
		if got.Tasks[i].Name != want.Tasks[i].Name || got.Asked(i) != want.Asked(i) {
			w.t.Fatalf("it foretells of %s, not %s", got.Tasks[i].Name, want.Tasks[i].Name)
		}
		if got.Runs(i) {
			runs++
		}
	}
	if diff := cmp.Diff(want.Verdicts, got.Verdicts); diff != "" {
		w.t.Fatalf("a plan says something else (-plan +foretold):\n%s", diff)
	}
	if builds {
		w.compareWorkflows(want, got)
	}
	if rapid.Bool().Draw(w.t, "renews") {
		w.renew(o, p)
	}
	return runs, true
}

// compare fails unless loading gives the same as an outline that says that all is
// up to date.
func (w *world) compare(o *build.Outline) {
	p, _, err := w.load()
	if err != nil {
		w.t.Fatalf("it is trusted, but loading fails: %v", err)
	}
	again, ok := build.OutlineOf(p)
	if !ok {
		w.t.Fatal("it is trusted, but there is no outline")
	}
	plan, err := build.New(context.Background(), p, build.Options{Now: later()})
	if err != nil {
		w.t.Fatal(err)
	}
	if slices.ContainsFunc(plan.Verdicts, func(v product.Verdict) bool { return v.Action != product.Skip }) {
		w.t.Fatalf("it says that all is up to date, but a plan says %+v", plan.Verdicts)
	}
	if !build.SameTasks(o, again) {
		w.t.Fatal("it is trusted, but the tasks are others")
	}
}

// edit changes something.
func (w *world) edit() {
	path := rapid.SampledFrom(slices.Sorted(maps.Keys(choices))).Draw(w.t, "path")
	switch rapid.IntRange(0, 10).Draw(w.t, "edit") {
	default:
		w.write(path, rapid.SampledFrom(choices[path]).Draw(w.t, "content"))
	case 6:
		name := rapid.SampledFrom(slices.Sorted(maps.Keys(settings))).Draw(w.t, "variable")
		if w.env[name] = rapid.SampledFrom(settings[name]).Draw(w.t, "value"); w.env[name] == "" {
			delete(w.env, name)
		}
	case 1:
		w.move(path, "moved")
	case 2:
		w.move(filepath.Dir(path), "folder")
	case 3:
		w.relink()
	case 4:
		w.write(rapid.SampledFrom([]string{"p/a.py", "p/nbs/b.py", "p/nbs/.c.py", "p/nbs/b.sql", "p/src/b/pipeline.yaml"}).Draw(w.t, "new"),
			"# %% tags=[\"parameters\"]\nupstream = None\nproduct = {'nb': 'out/new.ipynb'}\n# %%\n1\n")
	case 5:
		w.spoil()
	}
}

// editSource changes the source of a task, or something that it reads, or only
// the time of its last change.
func (w *world) editSource() {
	path := rapid.SampledFrom(sources).Draw(w.t, "source")
	switch rapid.IntRange(0, 9).Draw(w.t, "how") {
	case 0:
		w.write(path, "")
		w.write(path+"/file", "now it is a folder")
	case 1, 2:
		at := w.tick()
		_ = os.Chtimes(w.file(path), at, at) // it may be gone
	default:
		w.write(path, rapid.SampledFrom(choices[path]).Draw(w.t, "content"))
	}
}

// move gives a file or folder another name, and leaves a link in its place.
func (w *world) move(path, to string) {
	if path == "." || path == "p" {
		return
	}
	to = w.file(to + fmt.Sprint(w.tick().Unix()))
	if err := os.Rename(w.file(path), to); err != nil {
		return // it is not there
	}
	if err := os.Symlink(to, w.file(path)); err != nil {
		w.t.Fatal(err)
	}
}

// relink has the data of a resource be that of another folder.
func (w *world) relink() {
	if err := os.RemoveAll(w.file("p/data")); err != nil {
		w.t.Fatal(err)
	}
	to := rapid.SampledFrom([]string{"data2", "nowhere"}).Draw(w.t, "to")
	if err := os.Symlink(to, w.file("p/data")); err != nil {
		w.t.Fatal(err)
	}
}

// spoil does something to a product or its record.
func (w *world) spoil() {
	found, _ := filepath.Glob(w.file("p/out/*")) // the pattern is valid
	hidden, _ := filepath.Glob(w.file("p/out/.*.metadata"))
	if found = append(found, hidden...); len(found) == 0 {
		return
	}
	path := rapid.SampledFrom(found).Draw(w.t, "made")
	rel, err := filepath.Rel(w.dir, path)
	if err != nil {
		w.t.Fatal(err)
	}
	switch rapid.IntRange(0, 3).Draw(w.t, "what") {
	case 0:
		w.write(rel, "")
	case 1:
		w.write(rel, `{"timestamp": 1.5, "stored_source_code": "x", "params": {}}`)
	case 2:
		w.move(rel, "product")
	case 3:
		w.move(filepath.Dir(rel), "products")
	}
}

// write gives a file a content; "" removes it, whatever it is.
func (w *world) write(path, content string) {
	path = w.file(path)
	if content == "" {
		if err := os.RemoveAll(path); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	w.put(path, content)
}

func (w *world) put(path, content string) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return // a file is where the folder would be
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		return
	}
	at := w.tick()
	if err := os.Chtimes(path, at, at); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tick() time.Time {
	w.clock = w.clock.Add(time.Second)
	return w.clock
}

// later is when no file has just changed.
func later() time.Time { return time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) }
