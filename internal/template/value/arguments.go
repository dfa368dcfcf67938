package value

import (
	"fmt"
	"slices"
)

// NamedValue is a value with a name.
type NamedValue struct {
	Name  string
	Value any
}

// Arguments are those of one call of what is built in. Whoever is called takes
// them in the order of its parameters and asks Done at the end, which tells the
// first mistake.
type Arguments struct {
	Callee     string // what is called, for messages
	Positional []any
	Named      []NamedValue
	Err        error // the first mistake so far
	next       int
}

// AddNamed adds a named argument, unless there is one of that name.
func (a *Arguments) AddNamed(name string, v any) error {
	for _, n := range a.Named {
		if n.Name == name {
			return fmt.Errorf("keyword argument repeated: %s", name)
		}
	}
	a.Named = append(a.Named, NamedValue{name, v})
	return nil
}

// PositionalAt returns a positional argument and whether there is one.
func (a *Arguments) PositionalAt(i int) (any, bool) {
	if i < len(a.Positional) {
		return a.Positional[i], true
	}
	return nil, false
}

// TakeNamed takes a named argument out and tells whether there is one.
func (a *Arguments) TakeNamed(name string) (any, bool) {
	for i, n := range a.Named {
		if n.Name == name {
			a.Named = append(a.Named[:i:i], a.Named[i+1:]...)
			return n.Value, true
		}
	}
	return nil, false
}

// Take returns the argument for the next parameter and whether there is one.
func (a *Arguments) Take(name string) (any, bool) {
	v, ok := a.PositionalAt(a.next)
	a.next++
	if ok {
		return v, true
	}
	return a.TakeNamed(name)
}

// Opt returns the argument for the next parameter, or its default.
func (a *Arguments) Opt(name string, missing any) any {
	if v, ok := a.Take(name); ok {
		return v
	}
	return missing
}

// Need is Opt for a parameter without a default.
func (a *Arguments) Need(name string) any {
	v, ok := a.Take(name)
	if !ok {
		a.Fail(fmt.Errorf("%s() missing required argument: %s", a.Callee, Repr(name)))
	}
	return v
}

// Fail notes a mistake, if it is the first.
func (a *Arguments) Fail(err error) {
	if a.Err == nil {
		a.Err = err
	}
}

// Text is Need for a string.
func (a *Arguments) Text(name string) string {
	return a.asText(a.Need(name))
}

// OptText is Opt for a string.
func (a *Arguments) OptText(name, missing string) string {
	return a.asText(a.Opt(name, missing))
}

func (a *Arguments) asText(v any) string {
	text, ok := v.(string)
	if u, isUndefined := v.(Undefined); isUndefined {
		a.Fail(u.Fail())
	} else if !ok && a.Err == nil {
		a.Fail(fmt.Errorf("%s() argument must be str, not %s", a.Callee, KindName(v)))
	}
	return text
}

// OptInt is Opt for an int.
func (a *Arguments) OptInt(name string, missing int) int {
	n, err := ToInt(a.Opt(name, int64(missing)))
	if err != nil {
		a.Fail(err)
	}
	return n
}

// Int is Need for an int.
func (a *Arguments) Int(name string) int {
	v := a.Need(name)
	if a.Err != nil {
		return 0
	}
	n, err := ToInt(v)
	if err != nil {
		a.Fail(err)
	}
	return n
}

// Flag is Opt for what counts as true or false, by default false.
func (a *Arguments) Flag(name string) bool {
	ok, err := Truth(a.Opt(name, false))
	if err != nil {
		a.Fail(err)
	}
	return ok
}

// Done returns the first mistake: of the arguments, or that there are too many.
func (a *Arguments) Done() error {
	switch {
	case a.Err != nil:
		return a.Err
	case len(a.Positional) > a.next:
		return fmt.Errorf("%s() takes at most %d argument(s) (%d given)", a.Callee, a.next, len(a.Positional))
	case len(a.Named) > 0:
		return fmt.Errorf("%s() got an unexpected keyword argument %s", a.Callee, Repr(a.Named[0].Name))
	}
	return nil
}

// None is Done for what takes no argument.
func (a *Arguments) None() error { return a.Done() }

// OnlyPositional refuses named arguments.
func (a *Arguments) OnlyPositional() error {
	a.next = len(a.Positional)
	return a.Done()
}

// Rest returns the arguments without the first ones, to be used once.
func (a *Arguments) Rest(from int) *Arguments {
	return &Arguments{Positional: a.Positional[from:], Named: slices.Clone(a.Named)}
}
