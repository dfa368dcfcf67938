package template

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/template/syntax"
	"github.com/pawlhq/pawl/internal/template/value"
)

type (
	// macro is what {% macro %} defines, and what a {% call %} passes.
	macro struct {
		name string // empty for a caller
		syntax.Signature
		body  []syntax.Node
		state *state
		frame *frame // where it is defined
	}

	// module is an imported template.
	module struct {
		name, text string
		names      map[string]any
	}

	// loop is the variable of that name.
	loop struct {
		items   []any
		at      int
		depth   int
		changed []any // what changed() was called with
		called  bool
		recurse func(over any) (string, error) // or nil
	}

	cycler struct {
		items []any
		at    int
	}

	joiner struct {
		text string
		used bool
	}
)

// Kind implements value.Object.
func (m *macro) Kind() string { return "Macro" }

// Write implements value.Object.
func (m *macro) Write(_ *value.Work, b *strings.Builder) error {
	shown := "anonymous"
	if m.name != "" {
		shown = value.Repr(m.name)
	}
	b.WriteString("<Macro " + shown + ">")
	return nil
}

// Call implements value.Callable: it runs the macro with its arguments.
func (m *macro) Call(_ *value.Work, a *value.Arguments) (any, error) {
	s := m.state
	if err := s.enterCall(); err != nil {
		return nil, err
	}
	defer s.leaveCall()
	var out strings.Builder
	f := m.frame.within(&out)
	if err := s.bind(f, m, a); err != nil {
		return nil, err
	}
	if err := s.run(f, m.body); err != nil {
		return nil, err
	}
	return out.String(), nil
}

// bind gives the parameters of a macro their values.
func (s *state) bind(f *frame, m *macro, a *value.Arguments) error {
	first := len(m.Params) - len(m.Defaults)
	var missing []int
	foundCaller := false
	for i, name := range m.Params {
		v, ok := a.PositionalAt(i)
		if !ok {
			v, ok = a.TakeNamed(name)
			foundCaller = foundCaller || name == "caller"
		}
		if !ok {
			missing = append(missing, i)
			continue
		}
		f.scope.set(name, v)
	}
	for _, i := range missing {
		var v any = s.Undefined(fmt.Sprintf("parameter %s was not provided", value.Repr(m.Params[i])), m.Params[i])
		if i >= first {
			var err error
			if v, err = s.eval(f, m.Defaults[i-first]); err != nil {
				return err
			}
		}
		f.scope.set(m.Params[i], v)
	}
	return s.bindSpecial(f, m, a, foundCaller)
}

// bindSpecial binds caller, kwargs and varargs, and refuses what is too much.
func (s *state) bindSpecial(f *frame, m *macro, a *value.Arguments, foundCaller bool) error {
	if m.Callable && !foundCaller {
		v, ok := a.TakeNamed("caller")
		if !ok || v == nil {
			v = s.Undefined("No caller defined", "caller")
		}
		f.scope.set("caller", v)
	}
	switch {
	case m.Kwargs:
		d := new(value.Dict)
		for _, n := range a.Named {
			d.Set(n.Name, n.Name, n.Value)
		}
		f.scope.set("kwargs", d)
	case len(a.Named) > 0:
		for _, n := range a.Named {
			if n.Name == "caller" {
				return value.Saidf("macro %s was invoked with two values for the special caller argument. This is most likely a bug.", macroName(m))
			}
		}
		return fmt.Errorf("macro %s takes no keyword argument %s", macroName(m), value.Repr(a.Named[0].Name))
	}
	extra := a.Positional[min(len(m.Params), len(a.Positional)):]
	if m.Varargs {
		f.scope.set("varargs", value.Tuple(extra))
	} else if len(extra) > 0 {
		return fmt.Errorf("macro %s takes not more than %d argument(s)", macroName(m), len(m.Params))
	}
	return nil
}

func macroName(m *macro) string {
	if m.name == "" {
		return "None"
	}
	return value.Repr(m.name)
}

// Member implements value.Object.
func (m *macro) Member(_ *value.Work, name string) (any, bool) {
	switch name {
	case "name":
		if m.name == "" {
			return nil, true
		}
		return m.name, true
	case "arguments":
		names := make(value.Tuple, len(m.Params))
		for i, p := range m.Params {
			names[i] = p
		}
		return names, true
	case "catch_kwargs":
		return m.Kwargs, true
	case "catch_varargs":
		return m.Varargs, true
	case "caller":
		return m.Callable, true
	}
	return nil, false
}

// Kind implements value.Object.
func (l *loop) Kind() string { return "LoopContext" }

// Len implements value.Sized.
func (l *loop) Len() int { return len(l.items) }

// Write implements value.Object.
func (l *loop) Write(_ *value.Work, b *strings.Builder) error {
	fmt.Fprintf(b, "<LoopContext %d/%d>", l.at+1, len(l.items))
	return nil
}

// Call implements value.Callable: it runs the loop again, over other items.
func (l *loop) Call(_ *value.Work, a *value.Arguments) (any, error) {
	over := a.Need("iterable")
	if err := a.Done(); err != nil {
		return nil, err
	}
	if l.recurse == nil {
		return nil, value.Said("The loop must have the 'recursive' marker to be called recursively.")
	}
	return l.recurse(over)
}

// Member implements value.Object.
func (l *loop) Member(w *value.Work, name string) (any, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return int64(l.at + 1), true
	case "index0":
		return int64(l.at), true
	case "revindex":
		return int64(n - l.at), true
	case "revindex0":
		return int64(n - l.at - 1), true
	case "first":
		return l.at == 0, true
	case "last":
		return l.at == n-1, true
	case "length":
		return int64(n), true
	case "depth":
		return int64(l.depth + 1), true
	case "depth0":
		return int64(l.depth), true
	case "previtem":
		if l.at == 0 {
			return w.Undefined("there is no previous item", ""), true
		}
		return l.items[l.at-1], true
	case "nextitem":
		if l.at == n-1 {
			return w.Undefined("there is no next item", ""), true
		}
		return l.items[l.at+1], true
	case "cycle":
		return value.NewMethod(l, name, l.cycle), true
	case "changed":
		return value.NewMethod(l, name, l.hasChanged), true
	}
	return nil, false
}

func (l *loop) cycle(_ *value.Work, a *value.Arguments) (any, error) {
	if len(a.Positional) == 0 {
		return nil, errors.New("no items for cycling given")
	}
	return a.Positional[l.at%len(a.Positional)], a.OnlyPositional()
}

func (l *loop) hasChanged(w *value.Work, a *value.Arguments) (any, error) {
	if l.called {
		if ok, err := w.EqualItems(l.changed, a.Positional, true); ok || err != nil {
			return false, err
		}
	}
	l.called, l.changed = true, a.Positional
	return true, a.OnlyPositional()
}

// Kind implements value.Object.
func (c *cycler) Kind() string { return "Cycler" }

// Write implements value.Object.
func (c *cycler) Write(*value.Work, *strings.Builder) error { return value.Unprintable(c) }

// Member implements value.Object.
func (c *cycler) Member(_ *value.Work, name string) (any, bool) {
	switch name {
	case "current":
		return c.items[c.at], true
	case "next":
		return value.NewMethod(c, name, func(_ *value.Work, a *value.Arguments) (any, error) {
			v := c.items[c.at]
			c.at = (c.at + 1) % len(c.items)
			return v, a.None()
		}), true
	case "reset":
		return value.NewMethod(c, name, func(_ *value.Work, a *value.Arguments) (any, error) {
			c.at = 0
			return nil, a.None()
		}), true
	}
	return nil, false
}

// Kind implements value.Object.
func (j *joiner) Kind() string { return "Joiner" }

// Write implements value.Object.
func (j *joiner) Write(*value.Work, *strings.Builder) error { return value.Unprintable(j) }

// Member implements value.Object.
func (j *joiner) Member(*value.Work, string) (any, bool) { return nil, false }

// Call implements value.Callable: it returns the text of the joiner: nothing at first.
func (j *joiner) Call(_ *value.Work, a *value.Arguments) (any, error) {
	text := j.text
	if !j.used {
		j.used, text = true, ""
	}
	return text, a.None()
}

// Kind implements value.Object.
func (m *module) Kind() string { return "TemplateModule" }

// Text is what the module prints.
func (m *module) Text() string { return m.text }

// Write implements value.Object.
func (m *module) Write(*value.Work, *strings.Builder) error {
	return errors.New("an imported template has no text inside other values")
}

// Member implements value.Object.
func (m *module) Member(_ *value.Work, name string) (any, bool) {
	a, ok := m.names[name]
	return a, ok
}
