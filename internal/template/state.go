package template

import (
	"errors"
	"strings"

	"github.com/pawlhq/pawl/internal/template/value"
)

// Efforts of an expression, a statement and one turn of a loop.
const evalEffort, runEffort, turnEffort = 4, 8, 32

// callDepth is what one call of a macro counts, with the statements in it.
const callDepth = 50

// state is one rendering.
type state struct {
	value.Work
	options *Options
	loaded  map[string]*Template
}

func newState(o *Options) *state {
	return &state{value.NewWork(o.Strict, o.effort), o, map[string]*Template{}}
}

// enterCall is enter for a macro or another template.
func (s *state) enterCall() error { return s.Deepen(callDepth) }

func (s *state) leaveCall() { _ = s.Deepen(-callDepth) } // less is never too deep

// scope holds the names that a block sets.
type scope struct {
	vars     map[string]any
	imported map[string]bool // names of the outermost scope that are not its own
	parent   *scope
	outer    Vars // below the outermost scope; may be nil
}

func (c *scope) inner() *scope { return &scope{parent: c} }

func (c *scope) set(name string, v any) {
	if c.vars == nil {
		c.vars = map[string]any{}
	}
	c.vars[name] = v
	delete(c.imported, name)
}

// setImported is set for what came from another template.
func (c *scope) setImported(name string, v any) {
	c.set(name, v)
	if c.imported == nil {
		c.imported = map[string]bool{}
	}
	c.imported[name] = true
}

// frame is where statements are executed.
type frame struct {
	template *Template
	scope    *scope
	root     *scope // whose names an import sees
	out      *strings.Builder
}

// within returns the frame of a block with names and an output of its own.
func (f *frame) within(out *strings.Builder) *frame {
	return &frame{f.template, f.scope.inner(), f.root, out}
}

// lookup returns the value of a name.
func (s *state) lookup(f *frame, name string) (any, error) {
	outermost := f.scope
	for c := f.scope; c != nil; c = c.parent {
		if v, ok := c.vars[name]; ok {
			return v, nil
		}
		outermost = c
	}
	if outermost.outer != nil {
		if v, ok := outermost.outer.Get(name); ok {
			return s.keep(outermost, name, v)
		}
	}
	if v, ok := s.options.Globals[name]; ok {
		return s.Incoming(v)
	}
	if fn := globalNamed(name); fn != nil {
		return fn, nil
	}
	return s.Undefined(value.Repr(name)+" is undefined", name), nil
}

// keep remembers a variable, so that what is done to a list in it lasts.
func (s *state) keep(outermost *scope, name string, v any) (any, error) {
	v, err := s.Incoming(v)
	if err != nil {
		return nil, err
	}
	switch v.(type) {
	case *value.List, *value.Dict:
		outermost.set(name, v)
	}
	return v, nil
}

// load returns a template that another one names.
func (s *state) load(name string) (*Template, error) {
	if t := s.loaded[name]; t != nil {
		return t, nil
	}
	if s.options.Load == nil {
		return nil, errors.New("no loader for this environment specified")
	}
	text, err := s.options.Load(name)
	if err != nil {
		return nil, &outsideError{err}
	}
	if err := s.Spend(len(text)); err != nil {
		return nil, err
	}
	t, err := Parse(name, text, *s.options)
	if err != nil {
		return nil, err
	}
	s.loaded[name] = t
	return t, nil
}
