package pawlfile

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
)

// Sources is how the files are read by who looks for places in them.
func Sources() dig.Other {
	return dig.Other{Extension: Extension, Read: func(project fs.FS, name string) (*document.Node, error) {
		doc, err := Read(project, name)
		if doc == nil {
			return nil, err
		}
		return Outline(doc), err
	}}
}

// Outline returns what a file says in the form of a .dig file: tasks begin with '+',
// operators end in '>', and what both languages have goes by the names that .dig files
// have for it. It is for showing and for finding places, not for compiling: what a
// file says is right, or Load has told.
func Outline(doc *document.Node) *document.Node {
	var out []document.Entry
	var items document.Entry
	for _, e := range doc.Entries() {
		switch e.Key {
		case "params":
			out = append(out, e.Named("_export"))
		case "inputs", "strict_input", "tags", "run_queue":
			out = append(out, e.Named("_"+e.Key))
		case "on_failure":
			out = append(out, e.Named("_error").With(hooks(e.Value)))
		case "on_success":
			out = append(out, e.Named(successHook).With(hooks(e.Value)))
		case "iterate":
			items = e
		case "tasks", "ordering": // which follow
		default:
			out = append(out, e)
		}
	}
	tasks, _ := find(doc.Entries(), "tasks")
	if !tasks.IsSet() {
		return doc.Mapping(out)
	}
	ordering, _ := find(doc.Entries(), "ordering")
	var inner []document.Entry
	for _, t := range tasks.Value.Entries() {
		task := outlined(t.Value)
		if ordering.IsSet() {
			if after, ok := find(ordering.Value.Entries(), t.Key); ok {
				task = task.Mapping(append(slices.Clone(task.Entries()), after.Named("_after")))
			}
		}
		inner = append(inner, t.Named("+"+t.Key).With(task))
		if e, ok := find(t.Value.Entries(), "on_success"); ok {
			inner = append(inner, e.Named("+"+t.Key+successHook).With(hooks(e.Value)))
		}
	}
	if items.IsSet() {
		group := tasks.Named(itemTask).With(tasks.Value.Mapping(inner))
		inner = []document.Entry{items.Named(itemsTask).With(items.Value.Mapping([]document.Entry{items, group}))}
	}
	return doc.Mapping(append(out, inner...))
}

// directives are the keys of tasks that .dig files have under other names.
var directives = map[string]string{
	"env": "_env", "workdir": "_workdir", "secrets": "_secrets", "retry": "_retry", "products": "_product", "outdated_by": "_resources",
	"queue": "_queue", "log_level": "_log_level", "memo": "_memo", "parents": "_after", "pool": "_pool", "runner": "_runner",
}

// outlined is a task. One that iterates has what runs for each item as its only task.
func outlined(task *document.Node) *document.Node {
	var out, around, rest []document.Entry
	var items document.Entry
	for _, e := range task.Entries() {
		switch name := directives[e.Key]; {
		case e.Key == "iterate":
			items = e
		case e.Key == "on_failure":
			around = append(around, e.Named("_error").With(hooks(e.Value)))
		case e.Key == "on_success":
			around = append(around, e.Named(successHook).With(hooks(e.Value)))
		case e.Key == "check":
			out = append(out, e.Named("_check").With(outlined(e.Value)))
		case e.Key == "with":
			out = append(out, e.Value.Entries()...)
		case name != "":
			out = append(out, e.Named(name))
		case has(taskKeys(), e.Key):
			out = append(out, e)
		default:
			rest = append(rest, e)
		}
	}
	if i := operatorOf(rest); i >= 0 {
		rest[i] = rest[i].Named(strings.TrimSuffix(rest[i].Key, ">") + ">")
	}
	out = append(rest, out...)
	if items.IsSet() {
		body := items.Named(itemTask).With(task.Mapping(out))
		return task.Mapping(append(around, items, body))
	}
	return task.Mapping(append(out, around...))
}

// hooks are tasks that run after something.
func hooks(value *document.Node) *document.Node {
	if value.Kind() != document.List {
		return outlined(value)
	}
	var out []document.Entry
	for i, item := range value.Items() {
		if first := item.Entries(); len(first) > 0 {
			out = append(out, first[0].Named("+"+strconv.Itoa(i+1)).With(outlined(item)))
		}
	}
	return value.Mapping(out)
}
