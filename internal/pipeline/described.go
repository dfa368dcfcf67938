package pipeline

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/template"
)

// What code has made is described as a file would have it, with what no file
// can say under this key of a task.
const givenKey = "given"

// given is that.
type given struct {
	// function is what is known of the function of a task.
	function *FunctionInfo
	// text tells that the source is no path but the code, and suffix what kind of
	// file it would be in.
	text   bool
	suffix string
	// folders are where a template looks for others.
	folders []string
	// typed tells which params are not what their JSON values say.
	typed []Typed
	// prepare is what is called to make the metadata of products; "" for nothing.
	prepare string
}

// factory loads what a factory describes: its tasks, or a file or what could
// stand in one, with values for its env.
func (l *loader) factory(at *document.Node, call Call) {
	l.volatile = true
	if l.options.Caller == nil {
		l.fail(at.Errorf("%q must be called to know the pipeline, which takes Python", call.Path))
		return
	}
	description, err := l.caller().Describe(l.ctx, call)
	if err != nil {
		l.take(at, err)
		return
	}
	if file, _ := description.StringOr("file", ""); file != "" {
		l.options.Env, _ = description.MapOr("env", params.Map{})
		l.options.Set = settingsIn(description)
		l.file(l.files.resolve(file))
		return
	}
	if spec, _ := description.StringOr("spec", ""); spec != "" {
		l.written(at, spec, description)
		return
	}
	l.env = l.newEnv("", l.pipeline.Dir)
	l.described = true
	tasks, rest := without(at.With(description).Entries(), "tasks")
	if tasks == nil {
		l.fail(at.Errorf("%q made a pipeline without tasks", call.Path))
		return
	}
	l.spec(at, l.placed(rest), tasks.Value)
}

// settingsIn reads what replaces single values of an env: a list of {path, value}.
func settingsIn(description params.Map) []Setting {
	list, _ := description.ListOr("set", nil)
	settings := make([]Setting, len(list))
	for i, v := range list {
		m, _ := v.(params.Map)
		settings[i].Path = pathIn(m)
		settings[i].Value, _ = m.StringOr("value", "")
	}
	return settings
}

// written loads what code has written down as a file would have it.
func (l *loader) written(at *document.Node, text string, m params.Map) {
	spec, err := document.Format{Scalars: document.Python}.Parse("", []byte(text))
	if err != nil {
		l.take(at, err)
		return
	}
	dir, _ := m.StringOr("dir", l.pipeline.Dir)
	l.settle(dir, dir)
	l.env = l.newEnv("", dir)
	env, _ := m.MapOr("env", params.Map{})
	l.expandEnv(l.env, spec.With(env).Entries())
	spec = l.expand(spec)
	if location, rest := without(spec.Entries(), "location"); location != nil {
		l.location(*location, rest)
		return
	}
	l.fileSpec(spec)
}

// placed takes out of a description what it says of the name and the place of
// the pipeline.
func (l *loader) placed(entries []document.Entry) []document.Entry {
	name, rest := without(entries, "name")
	dir, rest := without(rest, "dir")
	root, rest := without(rest, "root")
	if dir != nil && root != nil {
		at, _ := dir.Value.Text()
		above, _ := root.Value.Text()
		l.settle(at, above)
	}
	if name != nil {
		l.pipeline.Name, _ = name.Value.Text()
	}
	return rest
}

// takeGiven takes what is given of a task out of its entries.
func (d *draft) takeGiven(entries []document.Entry) []document.Entry {
	e, rest := without(entries, givenKey)
	d.given = new(given)
	if e == nil {
		return rest
	}
	m := e.Value.Map()
	d.given.text, _ = m.BoolOr("text", false)
	d.given.suffix, _ = m.StringOr("suffix", "")
	d.given.prepare, _ = m.StringOr("prepare_metadata", "")
	folders, _ := m.ListOr("folders", nil)
	for _, folder := range folders {
		text, _ := folder.(string)
		d.given.folders = append(d.given.folders, text)
	}
	d.given.typed = typedIn(m)
	if f, _ := m.MapOr("function", params.Map{}); f.Len() > 0 {
		d.given.function = functionIn(f)
	}
	return rest
}

func functionIn(m params.Map) *FunctionInfo {
	f := new(FunctionInfo)
	f.File, _ = m.StringOr("file", "")
	f.Code, _ = m.StringOr("source", "")
	f.Doc, _ = m.StringOr("doc", "")
	line, _ := m.IntOr("line", 0)
	f.Line = int(line)
	list, _ := m.ListOr("parameters", nil)
	for _, v := range list {
		one, _ := v.(params.Map)
		name, _ := one.StringOr("name", "")
		kind, _ := one.StringOr("kind", "")
		required, _ := one.BoolOr("required", false)
		f.Params = append(f.Params, FunctionParam{Name: name, HasDefault: !required, Variadic: strings.HasPrefix(kind, "var_")})
	}
	return f
}

// ordered returns the names of what a task comes after, as a description or an
// upstream has them: texts, or maps of a task and the group in which it is
// reached.
func (l *loader) ordered(n *document.Node) []wanted {
	var list []wanted
	for _, item := range itemsOrSelf(n) {
		if l.described && item.Kind() == document.Mapping {
			m := item.Map()
			name, _ := m.StringOr("task", "")
			group, _ := m.Get("group")
			w := wanted{name: name, exact: true, at: item.Errorf}
			w.group, _ = group.(string)
			list = append(list, w)
		} else if text, ok := l.text(item, "upstream"); ok {
			list = append(list, wanted{name: text, at: item.Errorf})
		}
	}
	return list
}

// filledIn returns a product's path or name with the params of its task in it.
func (l *loader) filledIn(n *document.Node, t *Task, text string) (string, bool) {
	if !l.described || !strings.Contains(text, "{{") && !strings.Contains(text, "{%") {
		return text, true
	}
	made, err := template.Parse("", text, template.Options{Strict: true})
	if err != nil {
		l.fail(n.Errorf("the product of task %q: %v", t.Name, err))
		return "", false
	}
	if slices.Contains(made.Variables(), "upstream") {
		l.fail(n.Errorf("the product of task %q can't depend on the products of other tasks", t.Name).
			Hint("give it a path of its own, or a param"))
		return "", false
	}
	filled, err := made.Render(t.variables())
	if err != nil {
		l.fail(n.Errorf("the product of task %q: %v", t.Name, err))
		return "", false
	}
	return filled, true
}
