package pipeline

import (
	"slices"
	"strconv"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/template"
)

// Typed says that a param is not what its JSON value says.
type Typed struct {
	// Path leads to it: keys of maps, and numbers of items of lists from 0.
	Path []string
	// Type is "date" or "datetime", and the value is a text as their isoformat(),
	// or "float", and it is "inf", "-inf" or "nan". A list may be a "tuple", and the
	// last key of a path be a number, a boolean or null ("key"). What code has made
	// knows two more, both of whole params, which tasks get as that has them:
	// "object" for one that JSON has no value for, and "live" for one that has
	// another type in JSON.
	Type string
}

func typedFields(t Typed) params.Map { return params.Of("path", t.Path, "type", t.Type) }

// typedIn reads what is in the configuration of a task.
func typedIn(config params.Map) []Typed {
	list, _ := config.ListOr("typed", nil)
	typed := make([]Typed, len(list))
	for i, v := range list {
		m, _ := v.(params.Map)
		typed[i].Path = pathIn(m)
		typed[i].Type, _ = m.StringOr("type", "")
	}
	return typed
}

// pathIn reads the path of one of them, or of anything else that has one.
func pathIn(m params.Map) (path []string) {
	list, _ := m.ListOr("path", nil)
	for _, key := range list {
		text, _ := key.(string)
		path = append(path, text)
	}
	return path
}

// TrackedIn returns Task.Tracked of a task, from its configuration.
func TrackedIn(config params.Map) (params.Map, error) {
	tracked, err := config.MapOr("tracked", params.Map{})
	return withFloats(tracked, typedIn(config)), err
}

// withFloats returns params in which floats that are not finite, which JSON can't
// hold, are no texts any more.
func withFloats(p params.Map, typed []Typed) params.Map {
	for _, t := range typed {
		if t.Type == "float" {
			p, _ = replaced(p, t.Path, asFloat).(params.Map)
		}
	}
	return p
}

func asFloat(v params.Value) params.Value {
	text, _ := v.(string)
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	return v
}

// inTemplate returns a value as templates see it: with tuples, and with keys of
// maps that are no texts.
func inTemplate(v params.Value, typed []Typed) any {
	if len(typed) == 0 {
		return v
	}
	switch v := v.(type) {
	case []params.Value:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = inTemplate(item, below(typed, strconv.Itoa(i)))
		}
		if slices.ContainsFunc(typed, func(t Typed) bool { return len(t.Path) == 0 && t.Type == "tuple" }) {
			return template.Tuple(items)
		}
		return items
	case params.Map:
		var pairs template.Pairs
		for key, e := range v.All() {
			pair := struct{ Key, Value any }{key, inTemplate(e, below(typed, key))}
			if slices.ContainsFunc(typed, func(t Typed) bool { return t.Type == "key" && slices.Equal(t.Path, []string{key}) }) {
				pair.Key, _ = params.ParseJSON([]byte(key)) // else it would be a text
			}
			pairs = append(pairs, pair)
		}
		return pairs
	}
	return v
}

// below returns what is typed in the part of a value that a key leads to.
func below(typed []Typed, key string) (inside []Typed) {
	for _, t := range typed {
		if len(t.Path) > 0 && t.Path[0] == key && (len(t.Path) > 1 || t.Type != "key") {
			inside = append(inside, Typed{Path: t.Path[1:], Type: t.Type})
		}
	}
	return inside
}

// variables are the params as templates see them.
func (t *Task) variables() template.Map {
	vars := make(template.Map, t.Params.Len())
	for name, v := range t.Params.All() {
		vars[name] = inTemplate(v, below(t.Typed, name))
	}
	return vars
}

// replaced returns v with something else in the place that a path leads to, if
// there is one.
func replaced(v params.Value, path []string, by func(params.Value) params.Value) params.Value {
	if len(path) == 0 {
		return by(v)
	}
	switch v := v.(type) {
	case params.Map:
		if e, ok := v.Get(path[0]); ok {
			return v.Set(path[0], replaced(e, path[1:], by))
		}
	case []params.Value:
		if i, err := strconv.Atoi(path[0]); err == nil && i >= 0 && i < len(v) {
			list := slices.Clone(v)
			list[i] = replaced(v[i], path[1:], by)
			return list
		}
	}
	return v
}

// literal is a value that was written as a literal of Python, with what in it is
// no JSON value.
type literal struct {
	value params.Value
	typed []Typed
}

// read reads a text as cast does, and remembers what the value of the node does
// not say.
func (l *loader) read(at *document.Node, text string) (params.Value, bool) {
	v, marks, ok := cast(text)
	if !ok || len(marks) == 0 {
		return v, ok
	}
	made := literal{value: v, typed: make([]Typed, len(marks))}
	for i, m := range marks {
		made.typed[i] = Typed{Path: m.Path, Type: "tuple"}
		if m.Key {
			made.typed[i].Type = "key"
		}
	}
	if l.literals == nil {
		l.literals = make(map[document.Pos]literal)
	}
	l.literals[at.Pos()] = made
	return v, true
}

// typedValue returns the value of a node, and what in it is no JSON value: what is
// within something else comes before that.
func (l *loader) typedValue(n *document.Node, path []string) (params.Value, []Typed) {
	if kind, text := document.PythonType(n); kind != "" {
		return text, []Typed{{Path: path, Type: kind}}
	}
	if n.Kind() == document.Scalar {
		return n.Value(), nil
	}
	if made, ok := l.literals[n.Pos()]; ok {
		v := n.Value()
		return v, made.typedIn(v, path)
	}
	var typed []Typed
	if n.Kind() == document.List {
		items := n.Items()
		list := make([]params.Value, len(items))
		for i, item := range items {
			v, more := l.typedValue(item, append(slices.Clone(path), strconv.Itoa(i)))
			list[i], typed = v, append(typed, more...)
		}
		return list, typed
	}
	var kv []any
	for _, e := range n.Entries() {
		at := append(slices.Clone(path), e.Key)
		v, more := l.typedValue(e.Value, at)
		kv, typed = append(kv, e.Key, v), append(typed, more...)
		if e.Literal {
			typed = append(typed, Typed{Path: at, Type: "key"})
		}
	}
	return params.Of(kv...), typed
}

// typedIn returns what is typed in a value that is the literal, or an item of it
// as grids have them. The paths begin with that of the value.
func (m literal) typedIn(v params.Value, path []string) (typed []Typed) {
	item := ""
	if list, ok := m.value.([]params.Value); ok && !params.Equal(v, m.value) {
		item = strconv.Itoa(slices.IndexFunc(list, func(one params.Value) bool { return params.Equal(v, one) }))
	}
	for _, t := range m.typed {
		switch {
		case item == "":
			typed = append(typed, Typed{Path: slices.Concat(path, t.Path), Type: t.Type})
		case len(t.Path) > 0 && t.Path[0] == item:
			typed = append(typed, Typed{Path: slices.Concat(path, t.Path[1:]), Type: t.Type})
		}
	}
	return typed
}
