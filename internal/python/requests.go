package python

import (
	"context"
	"fmt"

	"github.com/pawlhq/pawl/internal/params"
)

// Call calls a function where the pipeline is, and returns what it returns in
// terms of JSON: tuples become lists, keys texts, and numbers of numpy plain
// ones. What JSON lacks, such as a date, is a *Failure, as is what it raises.
func (h *Host) Call(ctx context.Context, c Call) (params.Value, error) {
	return h.ask(ctx, "call", h.config.Dir, params.Of("call", c.value()))
}

// Function is what is known of a function without calling it.
type Function struct {
	// Source is its text with decorators, as it stands in the File from Line on.
	Source string
	File   string
	Line   int
	// Doc is its docstring without indentation.
	Doc        string
	Parameters []Parameter
}

// Parameter is one of a function.
type Parameter struct {
	Name string
	// Kind is Python's in lower case, such as "positional_or_keyword".
	Kind     string
	Required bool
}

// Inspect returns what a dotted path names, which must be a function.
func (h *Host) Inspect(ctx context.Context, path string) (Function, error) {
	v, err := h.ask(ctx, "inspect", h.config.Dir, params.Of("call", (&Call{Path: path}).value()))
	if err != nil {
		return Function{}, err
	}
	r := reader{v}
	f := Function{Source: r.text("source"), File: r.text("file"), Line: int(r.number("line")), Doc: r.text("doc")}
	for _, p := range r.list("parameters") {
		r := reader{p}
		f.Parameters = append(f.Parameters, Parameter{r.text("name"), r.text("kind"), r.truth("required")})
	}
	return f, nil
}

// Check asks whether a function can be called with what it will be given.
type Check struct {
	Call Call
	// Hook says that it may take any of what is given; a task's function must
	// take exactly that. A hook is given its own Args besides.
	Hook  bool
	Given []string
}

// Check returns for each check why the function can't be called, or nothing.
func (h *Host) Check(ctx context.Context, checks []Check) ([]string, error) {
	list := make([]params.Value, len(checks))
	for i, c := range checks {
		given := make([]params.Value, len(c.Given))
		for j, name := range c.Given {
			given[j] = name
		}
		list[i] = params.Of("call", c.Call.value(), "hook", c.Hook, "given", given)
	}
	v, err := h.ask(ctx, "check", h.config.Dir, params.Of("checks", list))
	if err != nil {
		return nil, err
	}
	answers, _ := v.([]params.Value)
	if len(answers) != len(checks) {
		return nil, fmt.Errorf("Python answered %d checks of %d", len(answers), len(checks)) //nolint:staticcheck // a name
	}
	told := make([]string, len(checks))
	for i, a := range answers {
		told[i], _ = a.(string)
	}
	return told, nil
}

// TaskHook calls a hook of a task that does not run, such as one on render.
// Those on finish and on failure are called by Run.
func (h *Host) TaskHook(ctx context.Context, c Call, t Task) error {
	_, err := h.ask(ctx, "task_hook", h.config.Cwd, params.Of("call", c.value(), "task", t.value()))
	return err
}

// DAG is a pipeline as its hooks see it.
type DAG struct {
	Name    string
	Tasks   []Task
	Clients map[string]Call
}

// Row is what is told of a task in the report of a build.
type Row struct {
	Name       string
	Ran        bool
	Seconds    float64
	Percentage float64
}

// Outcome is what a hook of a pipeline is told of a build.
type Outcome struct {
	// Report is for hooks on finish. Nil stands for none.
	Report []Row
	// Traceback is for hooks on failure: by the stage, "build", what failed.
	Traceback map[string]string
}

// DAGHook calls a hook of a pipeline.
func (h *Host) DAGHook(ctx context.Context, c Call, d DAG, o Outcome) error {
	request, err := dagHook(c, d, o)
	if err != nil {
		return err
	}
	_, err = h.ask(ctx, "dag_hook", h.config.Cwd, request)
	return err
}

func dagHook(c Call, d DAG, o Outcome) (params.Map, error) {
	tasks := make([]params.Value, len(d.Tasks))
	for i := range d.Tasks {
		tasks[i] = d.Tasks[i].value()
	}
	clients := params.Map{}
	for name, call := range d.Clients {
		clients = clients.Set(name, call.value())
	}
	request := params.Of("call", c.value(), "dag", params.Of("name", d.Name, "tasks", tasks, "clients", clients))
	if o.Report != nil {
		rows := make([]params.Value, len(o.Report))
		for i, r := range o.Report {
			rows[i] = params.Of("name", r.Name, "Ran?", r.Ran, "Elapsed (s)", r.Seconds, "Percentage", r.Percentage)
		}
		request = request.Set("report", rows)
	}
	if o.Traceback != nil {
		v, err := params.From(o.Traceback)
		if err != nil {
			return params.Map{}, err
		}
		request = request.Set("traceback", v)
	}
	return request, nil
}

// Client is what is known of a client.
type Client struct {
	// Class and Module are those of its class, such as "S3Client" and
	// "ploomber.clients.storage".
	Class, Module string
	// Configuration is what clients of the library tell of themselves; those
	// where products are backed up say all that is needed to copy them. It may
	// hold secrets. Others have none.
	Configuration params.Map
}

// Describe makes the client that a function returns, or takes the one that it
// has returned before, and tells what it is.
func (h *Host) Describe(ctx context.Context, c Call) (Client, error) {
	v, err := h.ask(ctx, "describe", h.config.Dir, params.Of("call", c.value()))
	if err != nil {
		return Client{}, err
	}
	r := reader{v}
	m, _ := r.get("configuration").(params.Map)
	return Client{Class: r.text("class"), Module: r.text("module"), Configuration: m}, nil
}

// reader reads what the library has answered, in which nothing is missing.
type reader struct{ v params.Value }

func (r reader) get(key string) params.Value {
	m, _ := r.v.(params.Map)
	v, _ := m.Get(key)
	return v
}

func (r reader) text(key string) string { s, _ := r.get(key).(string); return s }

func (r reader) number(key string) int64 { n, _ := r.get(key).(int64); return n }

func (r reader) truth(key string) bool { b, _ := r.get(key).(bool); return b }

func (r reader) list(key string) []params.Value { l, _ := r.get(key).([]params.Value); return l }
