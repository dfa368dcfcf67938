package pipeline

import (
	"strconv"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
)

// TaskOf reads a task as its configuration has it (see pipeline.Workflow).
func TaskOf(config params.Map) (python.Task, error) {
	r := reading{config: config}
	source := r.mapping("source")
	t := python.Task{
		Name: r.text("task"), Class: r.text("class"), Code: r.text("code"),
		Dotted: r.of(source).text("dotted"), File: r.of(source).text("path"), Line: int(r.number("line")),
		Params: r.mapping("params"), Options: r.mapping("options"),
		Client: r.client("client", r.text("class")), ProductClient: r.client("product_client", r.text("product_class")),
		Serializer: r.call("serializer"), Unserializer: r.call("unserializer"),
		OnFinish: r.call("on_finish"), OnFailure: r.call("on_failure"),
		Debug: python.Debug(r.text("debug")),
	}
	if typed, ok := config.Get("typed"); ok {
		t.Options = t.Options.Set("typed", typed)
	}
	if prepare := r.text("prepare_metadata"); prepare != "" {
		t.Options = t.Options.Set("prepare_metadata", prepare)
	}
	t.Product = r.products(config)
	needs, err := NeedsOf(config)
	r.take(err)
	for _, n := range needs {
		t.Upstream = append(t.Upstream, n.Upstream)
	}
	return t, r.err
}

// Need is a task that another one comes after, and who leads to its products.
type Need struct {
	python.Upstream
	Client *python.Call
}

// NeedsOf reads what a task comes after.
func NeedsOf(config params.Map) ([]Need, error) {
	r := reading{config: config}
	var needs []Need
	for _, v := range r.list("needs") {
		m, _ := v.(params.Map)
		in := r.of(m)
		needs = append(needs, Need{
			python.Upstream{Task: in.text("task"), Group: in.text("group"), Product: in.products(m)},
			in.call("client"),
		})
		r.take(in.err)
	}
	return needs, r.err
}

// reading reads a configuration and keeps the first error.
type reading struct {
	config params.Map
	err    error
}

func (r *reading) of(m params.Map) *reading { return &reading{config: m} }

func (r *reading) take(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reading) text(key string) string {
	s, err := r.config.StringOr(key, "")
	r.take(err)
	return s
}

func (r *reading) number(key string) int64 {
	n, err := r.config.IntOr(key, 0)
	r.take(err)
	return n
}

func (r *reading) mapping(key string) params.Map {
	m, err := r.config.MapOr(key, params.Map{})
	r.take(err)
	return m
}

func (r *reading) list(key string) []params.Value {
	list, err := r.config.ListOr(key, nil)
	r.take(err)
	return list
}

// call reads a call; nil where there is none.
func (r *reading) call(key string) *python.Call {
	m := r.mapping(key)
	if m.Len() == 0 {
		return nil
	}
	in := r.of(m)
	c := &python.Call{Path: in.text("path"), Args: in.mapping("args")}
	r.take(in.err)
	return c
}

// client reads a client of the task's own, or else the one for a class.
func (r *reading) client(key, class string) *python.Call {
	if c := r.call(key); c != nil {
		return c
	}
	in := r.of(r.mapping("clients"))
	return in.call(class)
}

// products reads what a task makes.
func (r *reading) products(m params.Map) python.Products {
	in := r.of(m)
	class := in.text("product_class")
	var p python.Products
	numbered := true
	for i, v := range in.list("products") {
		item, _ := v.(params.Map)
		f := in.of(item)
		one := python.Product{
			Class: class, Key: f.text("key"), Path: f.text("path"), Text: f.text("text"),
			Schema: f.text("schema"), Name: f.text("name"), Kind: f.text("kind"),
		}
		if one.Name == "" && class != "File" {
			one.Name, one.Path = one.Path, ""
		}
		numbered = numbered && one.Key == strconv.Itoa(i)
		p.Items = append(p.Items, one)
		in.take(f.err)
	}
	keyed, err := m.BoolOr("keyed", false)
	in.take(err)
	switch {
	case !keyed && len(p.Items) == 1:
		p.Shape = python.One
	case numbered:
		p.Shape = python.List
	default:
		p.Shape = python.Keys
	}
	r.take(in.err)
	return p
}
