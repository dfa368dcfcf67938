package pipeline

import (
	"github.com/pawlhq/pawl/internal/params"
)

// Describe returns a pipeline in the form in which a Caller describes one, so
// that code can change it, and have it loaded again.
func Describe(p *Pipeline) params.Map {
	tasks := make([]params.Value, len(p.Tasks))
	for i, t := range p.Tasks {
		tasks[i] = t.described(p.sourceFolders)
	}
	m := params.Of("name", p.Name, "dir", p.Dir, "root", p.Root, "tasks", tasks)
	config := params.Of("outdated_by_code", p.Config.OutdatedByCode, "hot_reload", p.Config.HotReload,
		"cache_rendered_status", p.Config.CacheRenderedStatus, "track_imports", p.Config.TrackImports)
	m = m.Set("config", config)
	switch {
	case p.Executor == nil:
	case p.Executor.Path == "parallel":
		m = m.Set("executor", p.Executor.Path)
	default:
		m = m.Set("executor", p.Executor.described())
	}
	var clients params.Map
	for class, call := range p.Clients {
		clients = clients.Set(class, call.described())
	}
	if clients.Len() > 0 {
		m = m.Set("clients", clients)
	}
	return withCalls(m, []named{{"on_render", p.OnRender}, {"on_finish", p.OnFinish}, {"on_failure", p.OnFailure}})
}

// named is a call that may be missing.
type named struct {
	key  string
	call *Call
}

func withCalls(m params.Map, list []named) params.Map {
	for _, n := range list {
		if n.call != nil {
			m = m.Set(n.key, n.call.described())
		}
	}
	return m
}

func (c *Call) described() params.Value {
	return c.Args.Set("dotted_path", c.Path)
}

func (t *Task) described(folders []string) params.Map {
	upstream := make([]params.Value, len(t.Upstream))
	for i, u := range t.Upstream {
		one := params.Of("task", u.Task)
		if u.Group != "" {
			one = one.Set("group", u.Group)
		}
		upstream[i] = one
	}
	m := params.Of("name", t.Name, "class", string(t.Class), "source", t.Source.written(), "upstream", upstream,
		"product", t.writtenProducts(), "product_class", productClassOf(t), "params", t.Params, "options", t.Options)
	given := []any{"typed", listOf(t.Typed, typedFields)}
	switch t.Source.Kind {
	case Text:
		given = append(given, "text", true, "suffix", t.Source.Suffix)
	case Function: // for whoever looks at the task: it is read again
		given = append(given, "code", t.Code, "file", t.Source.Path, "line", int64(t.Line))
	case File:
		given = append(given, "folders", values(folders))
	}
	return withCalls(m.Set(givenKey, params.Of(given...)), []named{
		{"client", t.Client}, {"product_client", t.ProductClient}, {"serializer", t.Serializer}, {"unserializer", t.Unserializer},
		{"on_render", t.OnRender}, {"on_finish", t.OnFinish}, {"on_failure", t.OnFailure},
	})
}

func values(texts []string) []params.Value {
	list := make([]params.Value, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// written is a source as a file would have it.
func (s Source) written() string {
	switch s.Kind {
	case Function:
		return s.Dotted
	case Text:
		return s.Text
	}
	return s.Path
}

// writtenProducts are the products as a file would have them.
func (t *Task) writtenProducts() params.Value {
	one := func(p Product) params.Value {
		if isRelation(p.Class) {
			return []params.Value{p.Schema, p.Name, p.Kind}
		}
		return p.String()
	}
	if !t.Keyed && len(t.Products) == 1 {
		return one(t.Products[0])
	}
	kv := make([]any, 0, 2*len(t.Products))
	for _, p := range t.Products {
		kv = append(kv, p.Key, one(p))
	}
	return params.Of(kv...)
}
