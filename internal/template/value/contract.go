package value

// Map is the simplest kind of Vars.
type Map map[string]any

// Get returns the value of a key.
func (m Map) Get(name string) (any, bool) {
	v, ok := m[name]
	return v, ok
}

// Attributes is a value with attributes and items, which are the same: x.a is
// x['a'].
type Attributes interface {
	// Item returns what x.key and x[key] are, and whether there is such a thing.
	// The key is a string, an int64 or any other value that templates have. It
	// is called for each use, so it can take note of what is used.
	Item(key any) (value any, ok bool)
}

// Sequence is a value that loops, length and "in" work on.
type Sequence interface {
	// Elements returns what a loop over the value runs through.
	Elements() []any
}

// Kind is a value that messages have a name for.
type Kind interface {
	// Kind returns what the value is, in a word for people, such as "Product".
	Kind() string
}

// Tuple is a list that prints as (1, 2).
type Tuple []any

// Func is a value that templates can call. The error becomes the message of
// the *Error that Render returns and can be unwrapped from it.
type Func func(Args) (any, error)

// Args are the arguments of a call: nil, bool, int64, float64, json.Number
// (integers beyond int64), string, []any, Tuple, params.Map or a value that
// came from outside.
type Args struct {
	Positional []any
	Named      Map
}
