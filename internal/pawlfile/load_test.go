package pawlfile_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/workflow"
)

func folder(files ...string) fstest.MapFS {
	project := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		project[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return project
}

func load(t *testing.T, text string) *workflow.Workflow {
	t.Helper()
	d, err := pawlfile.Load(folder("p.pawl.yaml", text), "p.pawl.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return d.Workflow
}

// shown writes tasks with what each comes after, such as "b<a".
func shown(n *workflow.Node) string {
	var list []string
	for _, child := range n.Children {
		text := strings.TrimPrefix(child.Name, "+")
		for i, e := range child.After {
			text += []string{"<", ","}[min(i, 1)] + strings.TrimPrefix(n.Children[e.From].Name, "+")
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

func TestTasksRunInTheOrderThatIsSaid(t *testing.T) {
	t.Parallel()
	four := "tasks: {first: {nop: }, second: {nop: }, third: {nop: }, fourth: {nop: }}\n"
	for _, tt := range []struct{ name, text, want string }{
		{"nothing is said", four, "first second<first third<second fourth<third"},
		{"an ordering, level by level", four + "ordering: {second: [first], third: [second]}", "first fourth second<first third<second"},
		{"in a level, as they are mentioned", four + "ordering: {fourth: [third], second: [first]}", "third first fourth<third second<first"},
		{"a parent without a list", four + "ordering: {second: first}", "first third fourth second<first"},
		{"an empty ordering", four + "ordering: {}", "first second third fourth"},
		{"several parents", four + "ordering: {first: [fourth, second]}", "fourth second third first<fourth,second"},
		{"parents of tasks", "tasks: {first: {nop: }, second: {nop: , parents: [first]}, third: {nop: , parents: [second]}, fourth: {nop: }}", "first fourth second<first third<second"},
		{"parents that are written later", "tasks: {a: {nop: , parents: [b]}, b: {nop: }}", "b a<b"},
		{"no parents", "tasks: {a: {nop: }, b: {nop: , parents: []}}", "b a"},
		{"both, of different tasks", "tasks: {a: {nop: }, b: {nop: , parents: [a]}, c: {nop: }}\nordering: {c: [b]}", "a b<a c<b"},
	} {
		if got := shown(load(t, tt.text).Root); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestAllOfATaskIsInTheModel(t *testing.T) {
	t.Parallel()
	w := load(t, `
name: p
title: All
timezone: Europe/Berlin
schedule: {daily>: "02:00:00"}
params: {shop: x}
failure_policy: cancel_pipeline
tasks:
  a:
    title: A
    sh: ./a.sh ${shop}
    with: {queue: q}
    color: red
    env: {B: 1}
    workdir: sub
    secrets: {db: other.db}
    queue: gpu
    priority: -3
    resources: {cpu: 500m, memory: 2Gi, gpu: 1}
    image: ubuntu:24.04
    pool: {db: 2}
    timeout: {after: 1h30m, then: skip}
    retry: {limit: 2, interval: 90s, max_interval: 1d, interval_type: exponential}
    products: [a.txt]
    outdated_by: a.cfg
    check: {sh: test -s a.txt}
    failure_policy: isolate
    on_success: {echo: made}
    on_failure: [{echo: one}, {echo: two}]
  b:
    http: https://example.com
    method: POST
    retry: 3
    timeout: 10
    products: b.txt
on_success: {notify: done}
on_failure: {notify: failed}
`)
	root := w.Root
	if got, want := shown(root), "a b<a a^on_success<a ^on_success<b"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	at := func(line, column int) workflow.Pos {
		return workflow.Pos{File: "p.pawl.yaml", Line: line, Column: column}
	}
	echo := func(name, text string, pos workflow.Pos) *workflow.Node {
		return &workflow.Node{Name: name, Operator: "echo", Config: params.Of("_type", "echo", "_command", text), Pos: pos}
	}
	second := echo("+2", "two", at(29, 5))
	second.After = []workflow.Edge{{From: 0}}
	want := &workflow.Node{
		Name: "+a", Operator: "sh", Pos: at(9, 3),
		Config: params.Of("_type", "sh", "_command", "./a.sh ${shop}", "queue", "q", "color", "red", "_env", params.Of("B", 1),
			"_secrets", params.Of("db", "other.db"), "_workdir", "sub", "_product", []any{"a.txt"}, "_resources", "a.cfg", "_upstream", params.Map{}),
		Resources: &workflow.Resources{Queue: "gpu", Priority: -3, CPU: 500, Memory: 2 << 30, GPU: 1, Image: "ubuntu:24.04"},
		Slots:     []workflow.Slots{{Pool: "db", N: 2}},
		Limit:     workflow.Limit{After: 90 * time.Minute, Then: workflow.LimitSkips},
		Retry:     workflow.Retry{Limit: 2, Interval: 90 * time.Second, Max: 24 * time.Hour, Exponential: true},
		Products:  []workflow.Product{{Type: "file", Config: params.Of("path", "a.txt")}},
		Failure:   workflow.Failure{Effect: workflow.Isolate},
		OnFailure: []*workflow.Node{{Name: "^on_failure", Pos: at(29, 5), Children: []*workflow.Node{echo("+1", "one", at(29, 5)), second}}},
		Check:     &workflow.Node{Name: "^check", Operator: "sh", Config: params.Of("_type", "sh", "_command", "test -s a.txt"), Pos: at(26, 5)},
	}
	if diff := cmp.Diff(want, root.Children[0], cmpopts.IgnoreUnexported(workflow.Node{})); diff != "" {
		t.Error(diff)
	}
	b := root.Children[1]
	whole := workflow.Failure{Scope: workflow.WholeGroup, Effect: workflow.CancelOthers}
	if b.Failure != whole || b.Retry.Limit != 3 || b.Limit.After != 10*time.Second || b.Config.Has("retry") || b.Resources != nil {
		t.Errorf("b is %+v", b)
	}
	if got := string(params.AppendJSON(nil, b.Config)); !strings.Contains(got, `"_upstream":{"+a":["a.txt"]}`) {
		t.Errorf("what b is made of: %s", got)
	}
	if w.Zone != "Europe/Berlin" || w.Dialect != pawlfile.Dialect || !root.Export.Equal(params.Of("shop", "x")) || w.Schedule.Len() != 1 ||
		len(root.OnFailure) != 2 || root.Children[3].Failure.Effect != workflow.Isolate {
		t.Errorf("the pipeline is %+v", w)
	}
}

func TestOptionsThatHaveNamesOfOperatorsAreOptions(t *testing.T) {
	t.Parallel()
	n := load(t, "tasks: {a: {wait: true, start: other, params: {x: 1}}}").Root.Children[0]
	if n.Operator != "start" || !n.Config.Equal(params.Of("_type", "start", "_command", "other", "wait", true, "params", params.Of("x", 1))) {
		t.Errorf("%s %v", n.Operator, n.Config)
	}
	n = load(t, "tasks: {a: {call: other, params: {x: 1}}}").Root.Children[0]
	if !n.Export.Equal(params.Of("x", 1)) || n.Config.Len() != 2 {
		t.Errorf("%v %v", n.Export, n.Config)
	}
	n = load(t, "tasks: {a: {mine>: x, _export: {y: 1}, retires: 2}}").Root.Children[0]
	if n.Operator != "mine" || n.Config.Len() != 4 {
		t.Errorf("%s %v", n.Operator, n.Config)
	}
}

func TestCollections(t *testing.T) {
	t.Parallel()
	each := func(text string) *workflow.Each {
		return load(t, "tasks: {a: {sh: x, iterate: "+text+"}}").Root.Children[0].Each
	}
	for text, want := range map[string]workflow.Each{
		"[1, b]":     {Config: params.Of("list", []any{1, "b"})},
		`"${shops}"`: {Config: params.Of("list", "${shops}")},
		"{file: x.csv, as: shop, window: 5, on_failure: isolate}": {Config: params.Of("file", "x.csv"), Key: "shop", Window: 5, OnFailure: workflow.IsolateItems},
		"{file: x, format: csv, id: name}":                        {Config: params.Of("file", "x", "format", "csv", "id", "name")},
		"{query: select 1, database: main, on_failure: cancel_pipeline}": {
			Config: params.Of("query", "select 1", "database", "main"), OnFailure: workflow.CancelAll},
		"{list: [], on_failure: cancel_children}": {Config: params.Of("list", []any{})},
	} {
		want.Source = workflow.ItemsOperator
		if want.Key == "" {
			want.Key = "item"
		}
		if diff := cmp.Diff(&want, each(text)); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	w := load(t, "iterate: {list: [1], on_failure: isolate}\ntasks: {a: {sh: x}, b: {sh: y, iterate: [2], retry: 1}}\non_success: {echo: all}")
	items := w.Root.Children[0]
	if items.Name != "+items" || items.Each.OnFailure != workflow.IsolateItems || items.Children[0].Name != "+item" ||
		shown(items.Children[0]) != "a b<a" || shown(w.Root) != "items ^on_success<items" {
		t.Errorf("%s; %s", shown(w.Root), shown(items.Children[0]))
	}
	if b := items.Children[0].Children[1]; b.Each == nil || b.Retry.Limit != 0 || b.Children[0].Retry.Limit != 1 || b.Children[0].Name != "+item" {
		t.Errorf("b is %+v", b)
	}
}

func TestDefinitionsSurviveTheCodec(t *testing.T) {
	t.Parallel()
	w := load(t, "inputs: {since: date, n: {type: integer, default: 3}}\niterate: [1]\n"+
		"tasks: {a: {sh: x, queue: q, products: a, timeout: 1}, b: {py: m.f, iterate: {file: f.csv}, parents: [a]}}\non_failure: {echo: x}")
	again, err := workflow.Decode(w.AppendBinary(nil))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, again, cmpopts.IgnoreUnexported(workflow.Node{}), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestEveryMistakeIsToldWithItsPlace(t *testing.T) {
	t.Parallel()
	const one = "tasks: {a: {sh: x}}\n"
	for _, tt := range []struct{ name, text, want string }{
		{"no mapping", "[1]", "1:1: a pipeline must be a mapping, not a list"},
		{"no tasks", "title: x", "1:1: a pipeline needs tasks"},
		{"no task", "tasks: {}", "1:1: a pipeline needs a task"},
		{"an unknown key", one + "titel: x", `2:1: a pipeline does not have the key "titel" did you mean "title"?`},
		{"another name", "name: q\n" + one, "1:7: the name is that of the file, p, not q leave it out, or rename the file to q.pawl.yaml"},
		{"an unknown parent", "tasks: {pull: {sh: x}, b: {sh: y, parents: [pul]}}", `1:45: there is no task "pul" did you mean "pull"?`},
		{"an unknown task in the ordering", one + "ordering: {b: [a]}", `2:12: there is no task "b" there are a`},
		{"an unknown parent in the ordering", one + "ordering: {a: [zzz]}", `2:16: there is no task "zzz" there are a`},
		{"itself", "tasks:\n  a: {sh: x, parents: [a]}", "2:24: a can't come after itself"},
		{"a parent twice", "tasks: {a: {sh: x}, b: {sh: x, parents: [a, a]}}", "1:45: a is named twice"},
		{"a circle", "tasks:\n  a: {sh: x, parents: [c]}\n  b: {sh: x, parents: [a]}\n  c: {sh: x, parents: [b]}\n  d: {sh: x, parents: [c]}",
			"2:24: tasks come after each other in a circle: a comes after c comes after b comes after a leave out one of the parents"},
		{"an order that is said twice", "tasks: {a: {sh: x}, b: {sh: x, parents: [a]}}\nordering: {b: [a]}",
			"1:32: what b comes after is said in the ordering, too, in line 2 say it in one place"},
		{"no operator", "tasks: {a: {retry: 1}}", "1:9: a needs an operator such as sh: ./run.sh; there are call, echo"},
		{"an unknown operator", "tasks: {a: {shh: x}}", `1:13: there is no operator, and no key of a task, "shh" did you mean "sh"?`},
		{"two operators", "tasks: {a: {sh: x, py: y}}", `1:20: a task can't have more than one operator: "sh" and "py"`},
		{"a task without a mapping", "tasks: {a: x}", `1:9: a task must be a mapping, not the text "x"`},
		{"a bad name", "tasks: {a b: {sh: x}}", `1:9: the name of a task can't contain ' ': "+a b"`},
		{"a generated name", "tasks: {a^b: {sh: x}}", `1:9: the name of a task in a file can't contain '^': "+a^b"`},
		{"a typing error beside arguments", "tasks: {a: {py: x, retyr: 2}}", `1:20: a task does not have the key "retyr" did you mean "retry"?`},
		{"an unknown option", "tasks: {a: {http: x, metod: GET}}", `1:22: http does not have the option "metod" did you mean "method"?`},
		{"an unknown option in with", "tasks: {a: {http: x, with: {metod: GET}}}", `1:29: http does not have the option "metod"`},
		{"an option twice", "tasks: {a: {sh: x, b: 1, with: {b: 2}}}", `1:33: the option "b" is there twice`},
		{"a directive", "tasks: {a: {sh: x, _retry: 2}}", `1:20: "_retry" is a directive of .dig files did you mean "retry"?`},
		{"a queue", "tasks: {a: {sh: x, queue: A B}}", `1:27: "A B" is no name of a queue`},
		{"a computed queue", "tasks: {a: {sh: x, queue: \"${q}\"}}", `1:27: queue is read before expressions are evaluated, so it can't be "${q}"`},
		{"a pool", "tasks: {a: {sh: x, pool: a b}}", `1:26: "a b" can't be the name of a pool`},
		{"a priority", "tasks: {a: {sh: x, priority: high}}", `1:30: priority must be a whole number, not the text "high"`},
		{"a resource", "tasks: {a: {sh: x, resources: {ram: 1}}}", `1:32: resources does not have the key "ram" there are cpu, memory, gpu`},
		{"an amount", "tasks: {a: {sh: x, resources: {cpu: much}}}", `1:37: "much" is not an amount of processors`},
		{"devices", "tasks: {a: {sh: x, resources: {gpu: -1}}}", "1:37: gpu must be at least 0, not -1"},
		{"a timeout", "tasks: {a: {sh: x, timeout: soon}}", `1:29: timeout must be a duration, not the text "soon" write a number of seconds`},
		{"no time", "tasks: {a: {sh: x, timeout: 0}}", "1:29: a task can't be done in no time"},
		{"a timeout without after", "tasks: {a: {sh: x, timeout: {then: skip}}}", "1:20: timeout needs to say after how long"},
		{"an end", "tasks: {a: {sh: x, timeout: {after: 1, then: skp}}}", `1:46: then must be one of fail, skip, not the text "skp" did you mean "skip"?`},
		{"a retry", "tasks: {a: {sh: x, retry: often}}", `1:27: retry must be a whole number, not the text "often"`},
		{"a retry without limit", "tasks: {a: {sh: x, retry: {interval: 1}}}", "1:20: retry needs a limit"},
		{"no file", "tasks: {a: {sh: x, products: []}}", "1:20: products names no file"},
		{"a file that is none", "tasks: {a: {sh: x, products: [1]}}", "1:31: products needs texts, not the number 1"},
		{"files without products", "tasks: {a: {sh: x, outdated_by: f}}", "1:20: outdated_by has a meaning only beside products"},
		{"one file of two tasks", "tasks: {a: {sh: x, products: f}, b: {sh: x, products: ./f}}", "1:45: ./f is made by +a already"},
		{"a policy", one + "failure_policy: cancel", `2:17: failure_policy must be one of cancel_children, cancel_pipeline, isolate`},
		{"a hook", one + "on_failure: {ehco: x}", `2:14: there is no operator, and no key of a task, "ehco" did you mean "echo"?`},
		{"a hook with a key of tasks", one + "on_failure: {http: x, parents: [a]}", `2:23: http does not have the option "parents"`},
		{"a collection", "tasks: {a: {sh: x, iterate: b}}", `1:29: iterate must be a list or a mapping, not the text "b"`},
		{"what comes before", "tasks: {a: {sh: x}, b: {sh: x, after: [a]}}", `1:32: a task does not have the key "after" what it comes after is said by parents`},
		{"a task before", "tasks: {a: {sh: x}, b: {py: m.f, depends_on: a}}", `1:34: a task does not have the key "depends_on" what it comes after is said by parents`},
		{"what comes before an operator that reads no such option", "tasks: {b: {echo: x, needs: [z]}}", `1:22: a task does not have the key "needs" what it comes after is said by parents`},
		{"an id of items", "tasks: {a: {sh: x, iterate: {list: [], id: 3}}}", "1:44: id must be a text, not the number 3"},
		{"no source", "tasks: {a: {sh: x, iterate: {as: b}}}", "1:20: iterate needs to say where the items come from with one of list, file, query"},
		{"two sources", "tasks: {a: {sh: x, iterate: {list: [], file: f}}}", "1:40: items can't come from a list and a file"},
		{"a window", "tasks: {a: {sh: x, iterate: {list: [], window: 0}}}", "1:48: window must be at least 1, not 0"},
		{"too wide a window", "tasks: {a: {sh: x, iterate: {list: [], window: 1001}}}", "1:48: window must be at most 1000, not 1001"},
		{"a name of pawl", "tasks: {a: {sh: x, iterate: {list: [], as: session_time}}}", `1:44: "session_time" is the name of a parameter that pawl sets itself`},
		{"no name", "tasks: {a: {sh: x, iterate: {list: [], as: my item}}}", `1:44: "my item" is no name that an expression can have: letters, digits and _ are`},
		{"a format of a list", "tasks: {a: {sh: x, iterate: {list: [], format: csv}}}", "1:40: format has a meaning only beside file"},
		{"a policy of items", "tasks: {a: {sh: x, iterate: {list: [], on_failure: isolat}}}", `did you mean "isolate"?`},
		{"a type", one + "inputs: {n: intger}", `2:13: n must be a type, not the text "intger" did you mean "integer"?`},
		{"a rule", one + "inputs: {n: {type: integer, min: 1}}", `2:29: an input does not have the key "min"`},
		{"a default that does not fit", one + "inputs: {n: {type: integer, default: x}}", `2:13: default is "x", and is to be a whole number`},
		{"a default that is required", one + "inputs: {n: {type: integer, default: 1, required: true}}", "2:41: an input with a default is not required"},
		{"strict without inputs", one + "strict_input: true", "2:1: strict_input needs inputs"},
		{"a schedule without inputs", one + "inputs: {n: integer}\nschedule: {daily>: \"00:00:00\"}", `3:1: what the schedule starts does not have the inputs: parameter "n" is missing`},
		{"syntax", "tasks: {a", "1:"},
	} {
		_, err := pawlfile.Load(folder("p.pawl.yaml", tt.text), "p.pawl.yaml")
		var errs document.Errors
		if err == nil || !errs.Take(err) {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if !slices.ContainsFunc(errs, func(e *document.Error) bool {
			return strings.Contains(e.Error()+" "+strings.Join(e.Hints, " "), tt.want) && e.File == "p.pawl.yaml" && (e.Line == 0 || e.Source != "")
		}) {
			t.Errorf("%s: got\n%s\nwant %s", tt.name, errs.Excerpt(), tt.want)
		}
	}
}

func TestMistakesAreToldAllAtOnce(t *testing.T) {
	t.Parallel()
	_, err := pawlfile.Load(folder("p.pawl.yaml", "titel: x\ntasks:\n  a: {shh: x}\n  b: {sh: x, timeout: soon, parents: [c]}\n"), "p.pawl.yaml")
	var errs document.Errors
	if !errs.Take(err) || len(errs) != 4 {
		t.Errorf("%v", err)
	}
}

func TestFilesOfAProject(t *testing.T) {
	t.Parallel()
	const text = "tasks: {a: {echo: hi}}"
	project := folder("b.pawl.yaml", text, "a.pawl.yaml", text, "ignored.pawl.yaml", text, ".digdagignore", "ignored.*", "sub/c.pawl.yaml", text, "pipeline.yaml", "tasks: []")
	list, err := pawlfile.LoadAll(project)
	if err != nil || len(list) != 2 || list[0].Workflow.Name != "a" || list[1].Workflow.Name != "b" {
		t.Errorf("%v, %v", list, err)
	}
	project["1.pawl.yaml"], project["c.pawl.yaml"] = project["a.pawl.yaml"], &fstest.MapFile{Data: []byte("x: 1")}
	list, err = pawlfile.LoadAll(project)
	if err == nil || len(list) != 2 || !strings.Contains(err.Error(), `can't start with a digit: "1"`) || !strings.Contains(err.Error(), "c.pawl.yaml:1:1") {
		t.Errorf("%v, %v", list, err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, text := range []string{
		"tasks: {a: {sh: x}}", "iterate: [1]\ntasks: {a: {sh: x, parents: [b], iterate: {list: []}}, b: {py: y, products: [f]}}",
		"inputs: {a: {type: list, items: date}, b: [text]}\nordering: {a: [a]}\ntasks: {a: {http: x, retry: {limit: 1}, on_failure: [{echo: 1}]}}",
		"tasks: {a: {start: b, wait: true, resources: {cpu: 1}, timeout: 1e308, retry: -1}}\nschedule: {daily>: x}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := pawlfile.Load(folder("p.pawl.yaml", text), "p.pawl.yaml")
		if err != nil {
			return
		}
		if _, err := workflow.Decode(d.Workflow.AppendBinary(nil)); err != nil {
			t.Error(err)
		}
		config, err := pawlfile.ReadConfig(folder("p.pawl.yaml", text), "p.pawl.yaml")
		if err == nil {
			if _, err = pawlfile.CompileSubtasks("^sub", config); err != nil {
				t.Errorf("what was loaded is no definition of a task: %v", err)
			}
		}
	})
}

func TestAllIndependentFaultsOfAFileAreTold(t *testing.T) {
	t.Parallel()
	d, err := pawlfile.Load(folder("p.pawl.yaml", "tasks:\n  a:\n    sh: x: y\n  b: {ech: x}\n  c: {py: m.f, retries: 3}\n  d:\n    sh: x\n    parents: [a]\n    memo: {fil: x}\nname: x: y\n"), "p.pawl.yaml")
	const want = `p.pawl.yaml:3:10: mapping values are not allowed in this context
p.pawl.yaml:4:7: there is no operator, and no key of a task, "ech"
p.pawl.yaml:5:16: a task does not have the key "retries"
p.pawl.yaml:9:12: memo: fil: there is no such key
p.pawl.yaml:10:8: mapping values are not allowed in this context`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if d == nil || len(d.Workflow.Root.Children) != 4 {
		t.Errorf("what is left is %+v", d)
	}
}

func TestFilesWithNearlyTheEndingAreFound(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{".digdagignore": {Data: []byte("old.pawl.yml")}, "sub/d.pawl.yml": {}}
	for _, name := range []string{"a.pawl.yml", "b.PAWL.YAML", "c.pawl.yaml", "pawl.yml", ".pawl.yml", "old.pawl.yml", "x.yml"} {
		files[name] = &fstest.MapFile{}
	}
	found, err := pawlfile.Misnamed(files)
	if diff := cmp.Diff([]string{"a.pawl.yml", "b.PAWL.YAML"}, found); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if got := pawlfile.NameOf("b.PAWL.YAML"); got != "b" {
		t.Errorf("the name is %q", got)
	}
}
