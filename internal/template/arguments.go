package template

import "fmt"

type namedValue struct {
	name  string
	value any
}

// arguments are those of one call. Whoever is called takes them in the order of
// its parameters and asks done at the end, which tells the first mistake.
type arguments struct {
	fn         string
	positional []any
	named      []namedValue
	next       int
	err        error
}

// arguments evaluates what a call passes.
func (s *state) arguments(f *frame, fn string, c *callArgs) (*arguments, error) {
	a := &arguments{fn: fn}
	var err error
	if a.positional, err = s.evalAll(f, c.positional); err != nil {
		return nil, err
	}
	if c.star != nil {
		v, err := s.eval(f, c.star)
		if err != nil {
			return nil, err
		}
		items, err := s.elements(v)
		if err != nil {
			return nil, err
		}
		a.positional = append(a.positional, items...)
	}
	for _, n := range c.named {
		v, err := s.eval(f, n.value)
		if err != nil {
			return nil, err
		}
		if err := a.addNamed(n.name, v); err != nil {
			return nil, err
		}
	}
	if c.stars != nil {
		return a, s.addStars(f, a, c.stars)
	}
	return a, nil
}

func (s *state) addStars(f *frame, a *arguments, stars expr) error {
	v, err := s.eval(f, stars)
	if err != nil {
		return err
	}
	if u, ok := v.(undefined); ok {
		return u.fail()
	}
	d, ok := v.(*dict)
	if !ok {
		return fmt.Errorf("argument after ** must be a mapping, not %s", kindName(v))
	}
	for i, k := range d.keys {
		name, ok := k.(string)
		if !ok {
			return fmt.Errorf("keywords must be strings")
		}
		if err := a.addNamed(name, d.values[i]); err != nil {
			return err
		}
	}
	return s.spend(len(d.keys))
}

func (a *arguments) addNamed(name string, v any) error {
	for _, n := range a.named {
		if n.name == name {
			return fmt.Errorf("keyword argument repeated: %s", name)
		}
	}
	a.named = append(a.named, namedValue{name, v})
	return nil
}

func (a *arguments) positionalAt(i int) (any, bool) {
	if i < len(a.positional) {
		return a.positional[i], true
	}
	return nil, false
}

func (a *arguments) takeNamed(name string) (any, bool) {
	for i, n := range a.named {
		if n.name == name {
			a.named = append(a.named[:i:i], a.named[i+1:]...)
			return n.value, true
		}
	}
	return nil, false
}

// take returns the argument for the next parameter and whether there is one.
func (a *arguments) take(name string) (any, bool) {
	v, ok := a.positionalAt(a.next)
	a.next++
	if ok {
		return v, true
	}
	return a.takeNamed(name)
}

// opt returns the argument for the next parameter, or its default.
func (a *arguments) opt(name string, missing any) any {
	if v, ok := a.take(name); ok {
		return v
	}
	return missing
}

// need is opt for a parameter without a default.
func (a *arguments) need(name string) any {
	v, ok := a.take(name)
	if !ok {
		a.fail(fmt.Errorf("%s() missing required argument: %s", a.fn, repr(name)))
	}
	return v
}

func (a *arguments) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// text is need for a string.
func (a *arguments) text(name string) string {
	return a.asText(a.need(name))
}

// optText is opt for a string.
func (a *arguments) optText(name, missing string) string {
	return a.asText(a.opt(name, missing))
}

func (a *arguments) asText(v any) string {
	text, ok := v.(string)
	if u, isUndefined := v.(undefined); isUndefined {
		a.fail(u.fail())
	} else if !ok && a.err == nil {
		a.fail(fmt.Errorf("%s() argument must be str, not %s", a.fn, kindName(v)))
	}
	return text
}

// optInt is opt for an int.
func (a *arguments) optInt(name string, missing int) int {
	n, err := toInt(a.opt(name, int64(missing)))
	if err != nil {
		a.fail(err)
	}
	return n
}

// int is need for an int.
func (a *arguments) int(name string) int {
	v := a.need(name)
	if a.err != nil {
		return 0
	}
	n, err := toInt(v)
	if err != nil {
		a.fail(err)
	}
	return n
}

// flag is opt for what counts as true or false, by default false.
func (a *arguments) flag(name string) bool {
	ok, err := truth(a.opt(name, false))
	if err != nil {
		a.fail(err)
	}
	return ok
}

// done returns the first mistake: of the arguments, or that there are too many.
func (a *arguments) done() error {
	switch {
	case a.err != nil:
		return a.err
	case len(a.positional) > a.next:
		return fmt.Errorf("%s() takes at most %d argument(s) (%d given)", a.fn, a.next, len(a.positional))
	case len(a.named) > 0:
		return fmt.Errorf("%s() got an unexpected keyword argument %s", a.fn, repr(a.named[0].name))
	}
	return nil
}

// none is done for what takes no argument.
func (a *arguments) none() error { return a.done() }

// onlyPositional refuses named arguments.
func (a *arguments) onlyPositional() error {
	a.next = len(a.positional)
	return a.done()
}
