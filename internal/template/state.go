package template

import (
	"errors"
	"strings"
)

const (
	// maxEffort bounds one rendering: so many bytes of text or elements of lists
	// that it builds, in all, where each step counts by the time that it takes.
	maxEffort = 1 << 26
	// Efforts of an expression, a statement and one turn of a loop.
	evalEffort, runEffort, turnEffort = 4, 8, 32
	// maxDepth bounds how deep calls, expressions and values are nested.
	maxDepth = 20000
	// callDepth is what one call of a macro counts, with the statements in it.
	callDepth = 50
)

var errDepth = errors.New("template calls itself too often, or a value is nested too deep")

// state is one rendering.
type state struct {
	options *Options
	effort  int64 // what is left
	depth   int
	loaded  map[string]*Template
}

func newState(o *Options) *state {
	s := &state{options: o, effort: maxEffort, loaded: map[string]*Template{}}
	if o.effort > 0 {
		s.effort = o.effort
	}
	return s
}

// spend takes n steps of the effort that is left.
func (s *state) spend(n int) error {
	if s.effort -= int64(n); s.effort < 0 {
		s.effort = 0
		return errEffort
	}
	return nil
}

// spendTimes is spend(size * times) without an overflow.
func (s *state) spendTimes(size, times int) error {
	if size > 0 && int64(times) > s.effort/int64(size) {
		return errEffort
	}
	return s.spend(size * times)
}

func (s *state) enter() error { return s.deepen(1) }
func (s *state) leave()       { s.depth-- }

// enterCall is enter for a macro or another template.
func (s *state) enterCall() error { return s.deepen(callDepth) }
func (s *state) leaveCall()       { s.depth -= callDepth }

func (s *state) deepen(levels int) error {
	s.depth += levels
	if s.depth > maxDepth {
		s.depth -= levels
		return errDepth
	}
	return nil
}

func (s *state) undefined(message, name string) undefined {
	return undefined{message, name, s.options.Strict}
}

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
		return s.incoming(v)
	}
	if fn := globalNamed(name); fn != nil {
		return fn, nil
	}
	return s.undefined(repr(name)+" is undefined", name), nil
}

// keep remembers a variable, so that what is done to a list in it lasts.
func (s *state) keep(outermost *scope, name string, v any) (any, error) {
	v, err := s.incoming(v)
	if err != nil {
		return nil, err
	}
	switch v.(type) {
	case *list, *dict:
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
	if err := s.spend(len(text)); err != nil {
		return nil, err
	}
	t, err := Parse(name, text, *s.options)
	if err != nil {
		return nil, err
	}
	s.loaded[name] = t
	return t, nil
}
