package template

import (
	"errors"
	"fmt"
	"strings"
)

type (
	// macro is what {% macro %} defines, and what a {% call %} passes.
	macro struct {
		name string // empty for a caller
		signature
		body  []node
		frame *frame // where it is defined
	}

	namespace struct{ dict }

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

func (m *macro) shown() string {
	if m.name == "" {
		return "anonymous"
	}
	return repr(m.name)
}

// callMacro runs a macro with its arguments.
func (s *state) callMacro(m *macro, a *arguments) (any, error) {
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
func (s *state) bind(f *frame, m *macro, a *arguments) error {
	first := len(m.params) - len(m.defaults)
	var missing []int
	foundCaller := false
	for i, name := range m.params {
		v, ok := a.positionalAt(i)
		if !ok {
			v, ok = a.takeNamed(name)
			foundCaller = foundCaller || name == "caller"
		}
		if !ok {
			missing = append(missing, i)
			continue
		}
		f.scope.set(name, v)
	}
	for _, i := range missing {
		var v any = s.undefined(fmt.Sprintf("parameter %s was not provided", repr(m.params[i])), m.params[i])
		if i >= first {
			var err error
			if v, err = s.eval(f, m.defaults[i-first]); err != nil {
				return err
			}
		}
		f.scope.set(m.params[i], v)
	}
	return s.bindSpecial(f, m, a, foundCaller)
}

// bindSpecial binds caller, kwargs and varargs, and refuses what is too much.
func (s *state) bindSpecial(f *frame, m *macro, a *arguments, foundCaller bool) error {
	if m.callable && !foundCaller {
		v, ok := a.takeNamed("caller")
		if !ok || v == nil {
			v = s.undefined("No caller defined", "caller")
		}
		f.scope.set("caller", v)
	}
	switch {
	case m.kwargs:
		d := new(dict)
		for _, n := range a.named {
			d.set(n.name, n.name, n.value)
		}
		f.scope.set("kwargs", d)
	case len(a.named) > 0:
		for _, n := range a.named {
			if n.name == "caller" {
				return saidf("macro %s was invoked with two values for the special caller argument. This is most likely a bug.", macroName(m))
			}
		}
		return fmt.Errorf("macro %s takes no keyword argument %s", macroName(m), repr(a.named[0].name))
	}
	extra := a.positional[min(len(m.params), len(a.positional)):]
	if m.varargs {
		f.scope.set("varargs", Tuple(extra))
	} else if len(extra) > 0 {
		return fmt.Errorf("macro %s takes not more than %d argument(s)", macroName(m), len(m.params))
	}
	return nil
}

func macroName(m *macro) string {
	if m.name == "" {
		return "None"
	}
	return repr(m.name)
}

// macroItem returns an attribute of a macro.
func macroItem(m *macro, name string) (any, bool) {
	switch name {
	case "name":
		if m.name == "" {
			return nil, true
		}
		return m.name, true
	case "arguments":
		names := make(Tuple, len(m.params))
		for i, p := range m.params {
			names[i] = p
		}
		return names, true
	case "catch_kwargs":
		return m.kwargs, true
	case "catch_varargs":
		return m.varargs, true
	case "caller":
		return m.callable, true
	}
	return nil, false
}

// item returns an attribute of the loop.
func (l *loop) item(s *state, name string) (any, bool) {
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
			return s.undefined("there is no previous item", ""), true
		}
		return l.items[l.at-1], true
	case "nextitem":
		if l.at == n-1 {
			return s.undefined("there is no next item", ""), true
		}
		return l.items[l.at+1], true
	case "cycle":
		return &method{l, name, l.cycle}, true
	case "changed":
		return &method{l, name, l.hasChanged}, true
	}
	return nil, false
}

func (l *loop) cycle(_ *state, a *arguments) (any, error) {
	if len(a.positional) == 0 {
		return nil, errors.New("no items for cycling given")
	}
	return a.positional[l.at%len(a.positional)], a.onlyPositional()
}

func (l *loop) hasChanged(s *state, a *arguments) (any, error) {
	if l.called {
		if ok, err := s.equalItems(l.changed, a.positional, true); ok || err != nil {
			return false, err
		}
	}
	l.called, l.changed = true, a.positional
	return true, a.onlyPositional()
}

func (c *cycler) item(name string) (any, bool) {
	switch name {
	case "current":
		return c.items[c.at], true
	case "next":
		return &method{c, name, func(_ *state, a *arguments) (any, error) {
			v := c.items[c.at]
			c.at = (c.at + 1) % len(c.items)
			return v, a.none()
		}}, true
	case "reset":
		return &method{c, name, func(_ *state, a *arguments) (any, error) {
			c.at = 0
			return nil, a.none()
		}}, true
	}
	return nil, false
}

// call returns the text of a joiner: nothing at first.
func (j *joiner) call() string {
	if !j.used {
		j.used = true
		return ""
	}
	return j.text
}
