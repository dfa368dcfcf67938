package pipeline

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Dialect is the name of the front end in workflows that are made of pipelines.
const Dialect = "pipeline"

// operators are the names of what performs tasks, by class.
var operators = map[Class]string{
	PythonCallable:   "function",
	NotebookRunner:   "notebook",
	ScriptRunner:     "script",
	ShellScript:      "shell",
	SQLScript:        "sql_script",
	SQLDump:          "sql_dump",
	SQLTransfer:      "sql_transfer",
	SQLUpload:        "sql_upload",
	PostgresCopyFrom: "postgres_copy",
	DownloadFromURL:  "download",
	UploadToS3:       "upload_s3",
	Link:             "link",
	Input:            "input",
}

// Workflow returns the pipeline as a workflow that has one action for each task,
// called "+NAME", in an order in which each comes after what it needs. A failure
// keeps what comes after it from starting, and nothing else. Tasks that the
// function leaves out are not in it, and what comes after them does not wait; a
// nil function leaves out none.
//
// The configuration of an action is all that performing it takes:
//
//	class, source {kind, path, dotted, text}, code
//	product     as a task gets it: a path or {schema, name, kind}, or a map of
//	            these; product_class
//	products    a list of {key, path | schema, name, kind}; keyed. What code has
//	            made has the text of a path, too, as tasks get it
//	params      as in Task.Params; typed, a list of {path, type}
//	tracked     as in Task.Tracked, read by TrackedIn
//	upstream    a map of names to products as above, groups nested
//	needs       a list of {task, group, products, product_class, keyed, client}
//	language, imports, line, prepare_metadata   as in Task
//	client, product_client, clients, serializer, unserializer, on_render,
//	on_finish, on_failure   {path, args}, each only where there is one; clients
//	            are those of the pipeline that the task falls back to, by class
//	options     as in Task.Options
//	dir, root, file, name   of the pipeline, and name of the task as task
//	ignore_code true where changes of code and params count for nothing
func Workflow(p *Pipeline, in func(*Task) bool) (*workflow.Workflow, error) {
	tasks := make(map[string]*Task, len(p.Tasks))
	for _, t := range p.Tasks {
		tasks[t.Name] = t
	}
	ordered, err := order(p.Tasks, tasks)
	if err != nil {
		return nil, err
	}
	root := &workflow.Node{Name: "+" + p.Name}
	index := make(map[string]int, len(ordered))
	for _, t := range ordered {
		if in != nil && !in(t) {
			continue
		}
		n := node(p, t, tasks)
		for _, up := range t.Upstream {
			if from, ok := index[up.Task]; ok {
				n.After = append(n.After, workflow.Edge{From: from})
			}
		}
		index[t.Name] = len(root.Children)
		root.Children = append(root.Children, n)
	}
	w := &workflow.Workflow{Name: p.Name, Dialect: Dialect, Zone: p.Zone, Schedule: p.Schedule, Root: root}
	if err := w.Finish(); err != nil {
		return nil, model.Errorf(model.Invalid, "%w", err)
	}
	return w, nil
}

// order returns the tasks so that each comes after what it needs, and as they
// were defined as far as that allows.
func order(list []*Task, tasks map[string]*Task) ([]*Task, error) {
	const (
		open = iota
		entered
		done
	)
	state := make(map[*Task]uint8, len(list))
	ordered := make([]*Task, 0, len(list))
	type frame struct {
		task *Task
		next int
	}
	for _, first := range list {
		if state[first] != open {
			continue
		}
		stack := []frame{{first, 0}}
		state[first] = entered
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == len(top.task.Upstream) {
				state[top.task] = done
				ordered = append(ordered, top.task)
				stack = stack[:len(stack)-1]
				continue
			}
			up := tasks[top.task.Upstream[top.next].Task]
			top.next++
			switch {
			case up == nil:
				return nil, model.Errorf(model.Invalid, "task %q comes after a task that is not in the pipeline", top.task.Name)
			case state[up] == entered:
				return nil, model.Errorf(model.Invalid, "the tasks %q and %q come after each other", top.task.Name, up.Name)
			case state[up] == open:
				state[up] = entered
				stack = append(stack, frame{up, 0})
			}
		}
	}
	return ordered, nil
}

func node(p *Pipeline, t *Task, tasks map[string]*Task) *workflow.Node {
	n := &workflow.Node{Name: "+" + t.Name, Operator: operators[t.Class], Config: config(p, t, tasks), Pos: t.Pos}
	for _, product := range t.Products {
		n.Products = append(n.Products, workflow.Product{Type: product.Class, Config: fields(product)})
	}
	return n
}

// fields returns what a product is, with its key if it has one.
func fields(p Product) params.Map {
	v, ok := value(p).(params.Map)
	if !ok {
		v = params.Of("path", p.Path)
	}
	if p.Text != "" {
		v = v.Set("text", p.Text)
	}
	if p.Key != "" {
		v = v.Set("key", p.Key)
	}
	return v
}

// value returns a product as a task gets it.
func value(p Product) params.Value {
	if !isRelation(p.Class) {
		return p.String()
	}
	return params.Of("schema", p.Schema, "name", p.Name, "kind", p.Kind)
}

// productsOf returns the product, or the map of products, of a task.
func productsOf(t *Task) params.Value {
	if !t.Keyed && len(t.Products) == 1 {
		return value(t.Products[0])
	}
	kv := make([]any, 0, 2*len(t.Products))
	for _, p := range t.Products {
		kv = append(kv, p.Key, value(p))
	}
	return params.Of(kv...)
}

func upstreamOf(t *Task, tasks map[string]*Task) params.Map {
	var m params.Map
	for _, up := range t.Upstream {
		path := []string{up.Task}
		if up.Group != "" {
			path = []string{up.Group, up.Task}
		}
		m = m.SetAt(productsOf(tasks[up.Task]), path...)
	}
	return m
}

// MadeOf returns what the products of a task are made of, as records keep it: the
// products of the tasks that it comes after, in the form in which it gets them,
// with paths in the project relative to its root. The map has the tasks of the
// pipeline by their names.
func (p *Pipeline) MadeOf(t *Task, tasks map[string]*Task) params.Map {
	return rooted(upstreamOf(t, tasks), p.Root)
}

// MadeOfIn is MadeOf for the configuration of a task.
func MadeOfIn(config params.Map) (params.Map, error) {
	upstream, err := config.MapOr("upstream", params.Map{})
	if err != nil {
		return params.Map{}, err
	}
	root, err := config.StringOr("root", "")
	return rooted(upstream, root), err
}

func rooted(upstream params.Map, root string) params.Map {
	if upstream.Len() == 0 {
		return upstream
	}
	return rewrite(upstream, func(s string) string { //nolint:forcetypeassert // a map stays one
		if rel, ok := strings.CutPrefix(s, root); ok && rel != "" && os.IsPathSeparator(rel[0]) {
			return filepath.ToSlash(rel[1:])
		}
		return s
	}).(params.Map)
}

func config(p *Pipeline, t *Task, tasks map[string]*Task) params.Map {
	kv := []any{
		"task", t.Name, "class", string(t.Class), "source", t.Source.fields(), "code", t.Code,
		"product", productsOf(t), "product_class", productClassOf(t), "products", listOf(t.Products, fields), "keyed", t.Keyed,
		"params", t.Params, "tracked", t.tracked(), "upstream", upstreamOf(t, tasks), "options", t.Options,
		"needs", listOf(t.Upstream, func(up Upstream) params.Map { return need(p, up, tasks[up.Task]) }),
		"language", t.Language, "imports", t.ImportsDigest, "line", int64(t.Line),
		"name", p.Name, "file", p.File, "dir", p.Dir, "root", p.Root,
	}
	if !p.Config.OutdatedByCode {
		kv = append(kv, "ignore_code", true)
	}
	if t.Prepare != "" {
		kv = append(kv, "prepare_metadata", t.Prepare)
	}
	if len(t.Typed) > 0 {
		kv = append(kv, "typed", listOf(t.Typed, typedFields))
	}
	for _, named := range []struct {
		key  string
		call *Call
	}{
		{"client", t.Client}, {"product_client", t.ProductClient},
		{"serializer", t.Serializer}, {"unserializer", t.Unserializer},
		{"on_render", t.OnRender}, {"on_finish", t.OnFinish}, {"on_failure", t.OnFailure},
	} {
		if named.call != nil {
			kv = append(kv, named.key, named.call.fields())
		}
	}
	if clients := clientsOf(p, t); clients.Len() > 0 {
		kv = append(kv, "clients", clients)
	}
	return params.Of(kv...)
}

// need describes a task that another one comes after.
func need(p *Pipeline, up Upstream, t *Task) params.Map {
	m := params.Of(
		"task", up.Task, "group", up.Group,
		"products", listOf(t.Products, fields), "product_class", productClassOf(t), "keyed", t.Keyed,
	)
	if c := p.ProductClient(t); c != nil {
		m = m.Set("client", c.fields())
	}
	return m
}

// Client returns what a task works with, such as a database; nil where it works
// without, or with what its class does by itself.
func (p *Pipeline) Client(t *Task) *Call {
	if t.Client != nil {
		return t.Client
	}
	return p.Clients[string(t.Class)]
}

// ProductClient returns what leads to the products of a task; nil where nothing
// does.
func (p *Pipeline) ProductClient(t *Task) *Call {
	if t.ProductClient != nil {
		return t.ProductClient
	}
	return p.Clients[productClassOf(t)]
}

// clientsOf returns the clients of the pipeline that a task may need.
func clientsOf(p *Pipeline, t *Task) params.Map {
	var m params.Map
	for _, class := range []string{string(t.Class), productClassOf(t)} {
		if call := p.Clients[class]; call != nil {
			m = m.Set(class, call.fields())
		}
	}
	return m
}

func productClassOf(t *Task) string {
	if len(t.Products) == 0 {
		return ""
	}
	return t.Products[0].Class
}

func listOf[T any](list []T, one func(T) params.Map) []params.Map {
	out := make([]params.Map, len(list))
	for i, v := range list {
		out[i] = one(v)
	}
	return out
}

func (c *Call) fields() params.Map {
	return params.Of("path", strings.Replace(c.Path, "::", ".", 1), "args", c.Args)
}

// String returns what a task runs as it reads in a sentence.
func (s Source) String() string {
	switch s.Kind {
	case Function:
		if strings.HasPrefix(s.Dotted, "_pawl.") { // which nobody has written
			return "in " + s.Path
		}
		return s.Dotted
	case Text:
		return s.Text
	}
	return s.Path
}

// FileName is the path of a source, or a name in its place that tells what kind
// of file a text would be.
func (s Source) FileName() string {
	if s.Path != "" || s.Kind != Text {
		return s.Path
	}
	return "source" + s.Suffix
}

func (s Source) fields() params.Map {
	switch s.Kind {
	case Function:
		return params.Of("kind", "function", "dotted", s.Dotted, "path", s.Path)
	case Text:
		return params.Of("kind", "text", "text", s.Text, "suffix", s.Suffix)
	}
	return params.Of("kind", "file", "path", s.Path)
}
