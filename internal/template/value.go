package template

import "github.com/pawlhq/pawl/internal/template/value"

// Vars are the variables of a template. A params.Map is one.
//
// A value may be whatever params.From takes, a Tuple, Pairs, a Func, or any other Go
// value, which templates can pass on and compare with itself. It may implement
// fmt.Stringer (how it prints), Attributes, Sequence and Kind, and so be a thing
// with a behaviour of its own. Lists and maps are copied: what a template does to
// them, such as x.append(1), stays in it.
type Vars interface {
	// Get returns the value of a variable and whether there is one.
	Get(name string) (value any, ok bool)
}

// What values from outside can be, beside what params.From takes.
type (
	// Map is the simplest kind of Vars.
	Map = value.Map
	// Attributes is a value with attributes and items, which are the same.
	Attributes = value.Attributes
	// Sequence is a value that loops, length and "in" work on.
	Sequence = value.Sequence
	// Kind is a value that messages have a name for.
	Kind = value.Kind
	// Tuple is a list that prints as (1, 2).
	Tuple = value.Tuple
	// Pairs is a map, in order, whose keys need not be texts.
	Pairs = value.Pairs
	// Func is a value that templates can call.
	Func = value.Func
	// Args are the arguments of a call of a Func.
	Args = value.Args
)
