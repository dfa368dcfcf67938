package pipeline

import (
	"regexp"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

func position(n *document.Node) workflow.Pos { return workflow.Pos(n.Pos()) }

// mapping returns the entries of a mapping; null has none.
func (l *loader) mapping(n *document.Node, what string) []document.Entry {
	if n.Kind() != document.Mapping && !n.IsNull() {
		l.fail(n.Errorf("%s must be a mapping, not %s", what, n.What()))
	}
	return n.Entries()
}

func (l *loader) boolean(e document.Entry, otherwise bool) bool {
	switch v := e.Value.Value().(type) {
	case nil:
		return otherwise
	case bool:
		return v
	}
	l.fail(e.Value.Errorf("%s must be true or false, not %s", e.Key, e.Value.What()))
	return otherwise
}

// text reads a text. A number or boolean is its literal: users write names such
// as 1, and texts such as "1" are read as numbers.
func (l *loader) text(n *document.Node, what string) (string, bool) {
	text, ok := params.ToString(n.Value())
	switch {
	case !ok:
		l.fail(n.Errorf("%s must be a text, not %s", what, n.What()))
	case text == "":
		l.fail(n.Errorf("%s must not be empty", what))
	}
	return text, ok && text != ""
}

// texts reads a text, or a list of them.
func (l *loader) texts(n *document.Node, what string) []string {
	if n.Kind() != document.List {
		text, ok := l.text(n, what)
		if !ok {
			return nil
		}
		return []string{text}
	}
	var texts []string
	for _, item := range n.Items() {
		if text, ok := l.text(item, what); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// optionalCall reads a call, or null for none.
func (l *loader) optionalCall(e document.Entry) *Call {
	if e.Value.IsNull() {
		return nil
	}
	return l.call(e.Value, e.Key)
}

// call reads a dotted path, alone or with arguments.
func (l *loader) call(n *document.Node, what string) *Call {
	call := Call{Pos: position(n)}
	at := n
	if n.Kind() == document.Mapping {
		path, args := without(n.Entries(), "dotted_path")
		if path == nil {
			l.fail(n.Errorf("%s needs a %q", what, "dotted_path"))
			return nil
		}
		at = path.Value
		for _, arg := range args {
			call.Args = call.Args.Set(arg.Key, arg.Value.Value())
		}
	}
	text, ok := at.Text()
	if !ok || !isDotted(strings.Replace(text, "::", ".", 1)) {
		l.fail(at.Errorf("%s must be a dotted path such as %q, not %s", what, "module.function", at.What()))
		return nil
	}
	call.Path = text
	if !l.checkCallable(at, text) {
		return nil
	}
	return &call
}

// isDotted tells whether a text has at least two parts with a point in between.
func isDotted(text string) bool {
	if !strings.Contains(text, ".") || strings.ContainsAny(text, " /:") {
		return false
	}
	for part := range strings.SplitSeq(text, ".") {
		if part == "" {
			return false
		}
	}
	return true
}

// strictPath matches what a param must look like to be called.
var strictPath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w.]+::\w+`) })

// computed returns the call that a param or a value of a grid is, nil for those
// that are what they are.
func (l *loader) computed(n *document.Node) *Call {
	at := n
	if n.Kind() == document.Mapping {
		path, _ := without(n.Entries(), "dotted_path")
		if path == nil {
			return nil
		}
		at = path.Value
	}
	text, ok := at.Text()
	if !ok || !strings.Contains(text, "::") || !strictPath().MatchString(text) {
		return nil
	}
	if _, name, _ := strings.Cut(text, "::"); strings.ContainsAny(name, ".:") {
		return nil
	}
	return l.call(n, "it")
}

// result calls what a value is to be. It reports whether there is a result.
func (l *loader) result(n *document.Node, call *Call) (*document.Node, bool) {
	l.volatile = true
	if l.options.Caller == nil {
		l.fail(n.Errorf("%q must be called to know the value, which takes Python", call.Path))
		return nil, false
	}
	v, err := l.caller().Call(l.ctx, *call)
	if err != nil {
		l.take(n, err)
		return nil, false
	}
	if v == nil {
		l.fail(n.Errorf("%q returned None", call.Path).Hint("what computes a value must return one"))
		return nil, false
	}
	return n.With(v), true
}
