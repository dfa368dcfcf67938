package python

import "github.com/pawlhq/pawl/internal/params"

// Call names a function of user code and what it is called with besides.
type Call struct {
	// Path is a dotted path, a.b.c, or a.b::c.
	Path string
	// Args are keyword arguments.
	Args params.Map
}

// value returns c as Python reads it, or nil for none.
func (c *Call) value() params.Value {
	if c == nil {
		return nil
	}
	return params.Of("path", c.Path, "args", c.Args)
}

// Product is one product of a task.
type Product struct {
	// Key is its name where a task has a map of products.
	Key string
	// Class is the name of its class, such as "File" or "SQLiteRelation".
	Class string
	// Path is that of a File.
	Path string
	// Text is the path as code sees it, where that is another.
	Text string
	// Schema, Name and Kind are those of a relation; a GenericProduct has a Name.
	Schema, Name, Kind string
}

// FileClass is the class of products that are files or folders.
const FileClass = "File"

// IsFile reports whether the product is a file or a folder.
func (p Product) IsFile() bool { return p.Class == FileClass }

func (p Product) value() params.Map {
	if p.Text != "" {
		p.Path = p.Text
	}
	m := params.Of("class", p.Class)
	for _, e := range [][2]string{{"key", p.Key}, {"path", p.Path}, {"schema", p.Schema}, {"name", p.Name}, {"kind", p.Kind}} {
		if e[1] != "" {
			m = m.Set(e[0], e[1])
		}
	}
	return m
}

// Shape is how several products are given to code.
type Shape string

// The shapes of products.
const (
	One  Shape = "one"
	List Shape = "list"
	Keys Shape = "map"
)

// Products are those of a task, one or several.
type Products struct {
	// Shape is One if empty.
	Shape Shape
	Items []Product
}

func (p Products) value() params.Map {
	items := make([]params.Value, len(p.Items))
	for i, item := range p.Items {
		items[i] = item.value()
	}
	shape := p.Shape
	if shape == "" {
		shape = One
	}
	return params.Of("shape", string(shape), "items", items)
}

// Upstream is a task that another comes after.
type Upstream struct {
	Task string
	// Group is the name, with its wildcard, under which the code finds the task
	// among others. Empty for none.
	Group   string
	Product Products
}

// Debug is how people look into a failure.
type Debug string

const (
	// DebugNever is for those who don't.
	DebugNever Debug = ""
	// DebugNow starts a debugger at the terminal of the host, on which the task
	// also prints.
	DebugNow Debug = "now"
	// DebugLater writes the file NAME.dump in the working directory.
	DebugLater Debug = "later"
)

// Task is one task of a pipeline, as its code sees it.
type Task struct {
	// Family is that of its class: the module of _pawl.families that runs it.
	// Empty stands for "function".
	Family string
	// Class is that of its objects in hooks. Empty stands for "PythonCallable".
	Class string
	Name  string
	// Dotted is the path of a function.
	Dotted string
	// Code is the source as it is stored with products. Empty for a function
	// lets Python look it up when a hook asks for it.
	Code string
	// File and Line tell where the source is, for hooks. They may be empty.
	File string
	Line int

	Product  Products
	Upstream []Upstream
	Params   params.Map

	Client, ProductClient    *Call
	Serializer, Unserializer *Call
	OnFinish, OnFailure      *Call
	// Options are what else its family wants to know.
	Options params.Map
	// Status is its state for hooks of the whole pipeline, such as "executed".
	Status string

	// Facts is the path of the file to which it tells facts; see operator.Facts. Empty
	// is for nobody who listens.
	Facts string
	// LogLevel is the least level of messages that are kept of what it logs. Empty
	// leaves logging as the code has it.
	LogLevel string

	// Debug says what becomes of a failure besides that it is told.
	Debug Debug

	// Cwd is the working directory. Empty stands for that of the host.
	Cwd string
	// Mode says how it gets its process. Empty stands for that of the host.
	Mode Mode
}

func (t *Task) value() params.Map {
	upstream := make([]params.Value, len(t.Upstream))
	for i, u := range t.Upstream {
		upstream[i] = params.Of("task", u.Task, "product", u.Product.value())
		if u.Group != "" {
			upstream[i] = upstream[i].(params.Map).Set("group", u.Group)
		}
	}
	m := params.Of("family", t.family(), "name", t.Name, "product", t.Product.value(), "upstream", upstream, "params", t.Params)
	for _, e := range []struct {
		key   string
		value string
	}{{"class", t.Class}, {"dotted", t.Dotted}, {"code", t.Code}, {"file", t.File}, {"status", t.Status}, {"debug", string(t.Debug)}, {"log", t.LogLevel}, {"facts", t.Facts}} {
		if e.value != "" {
			m = m.Set(e.key, e.value)
		}
	}
	for _, e := range []struct {
		key  string
		call *Call
	}{
		{"client", t.Client}, {"product_client", t.ProductClient}, {"serializer", t.Serializer},
		{"unserializer", t.Unserializer}, {"on_finish", t.OnFinish}, {"on_failure", t.OnFailure},
	} {
		if e.call != nil {
			m = m.Set(e.key, e.call.value())
		}
	}
	if t.Line > 0 {
		m = m.Set("line", int64(t.Line))
	}
	if t.Options.Len() > 0 {
		m = m.Set("options", t.Options)
	}
	return m
}

func (t *Task) family() string {
	if t.Family == "" {
		return "function"
	}
	return t.Family
}

// Result is what came of a task that was done.
type Result struct {
	// Metadata is what the product's prepare_metadata made of the source and
	// the parameters, if HasMetadata says that there is one. It is to be stored
	// with the time.
	Metadata    params.Map
	HasMetadata bool
}
