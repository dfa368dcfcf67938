package value

import (
	"fmt"
	"math"
	"math/big"
	"strings"
)

// Values of templates are nil, bool, int64, *big.Int (only what does not fit an
// int64), float64, string, Tuple and the types below. Everything else came from
// outside.
type (
	// List is a list, which templates can change.
	List struct{ Items []any }

	// View is what keys(), values() and items() of a dict return.
	View struct {
		Name string
		Of   *Dict
	}

	// Interval is what range() returns.
	Interval struct{ Start, Stop, Step int64 }

	// Iterator gives each item once. It is what map, select and such return.
	Iterator struct {
		Name  string
		Items []any
	}

	// Undefined is what there is not.
	Undefined struct {
		Message string
		Name    string // of the variable that is missing
		Strict  bool
	}

	// method is a method of a value that was not called yet.
	method struct {
		of   any
		name string
		call Builtin
	}

	// Group is one of what groupby returns: a tuple with names.
	Group struct{ Key, List any }

	// Builtin is a function that every template has, or a method whose value is
	// known.
	Builtin func(w *Work, a *Arguments) (any, error)
)

// Object is a value that the language makes, such as a macro or a loop. It can't
// leave the template.
type Object interface {
	// Kind names the type.
	Kind() string
	// Member returns an attribute and whether there is one.
	Member(w *Work, name string) (value any, ok bool)
	// Write writes the object as it prints within other values.
	Write(w *Work, b *strings.Builder) error
}

// Sized is an object that has a length.
type Sized interface {
	Object
	// Len returns what len() does.
	Len() int
}

// Callable is a value from inside that can be called.
type Callable interface {
	// Call returns what the call gives.
	Call(w *Work, a *Arguments) (any, error)
}

// Call implements Callable.
func (b Builtin) Call(w *Work, a *Arguments) (any, error) { return b(w, a) }

// Call implements Callable.
func (m *method) Call(w *Work, a *Arguments) (any, error) {
	a.Callee = m.name
	return m.call(w, a)
}

// UndefinedError reports that something undefined was used.
type UndefinedError struct{ Undefined }

// Error says what there is not.
func (e *UndefinedError) Error() string { return e.Message }

// Fail returns the error of using what there is not.
func (u Undefined) Fail() error { return &UndefinedError{u} }

// NewList makes a list of items, which are its own from then on.
func NewList(items []any) *List { return &List{items} }

// Integer returns an int as a value.
func Integer(i *big.Int) any {
	if i.IsInt64() {
		return i.Int64()
	}
	return i
}

// KindName names the type of a value as Python does.
func KindName(v any) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case *List:
		return "list"
	case Tuple, Group:
		return "tuple"
	case *Dict:
		return "dict"
	case *View:
		return "dict_" + v.Name
	case Interval:
		return "range"
	case *Iterator:
		return v.Name
	case Undefined:
		return "Undefined"
	case *method:
		return "builtin_function_or_method"
	case Func, Builtin:
		return "function"
	case *Namespace:
		return "Namespace"
	}
	if named, ok := v.(Kind); ok {
		return named.Kind()
	}
	return "object" // of a type that only its maker knows
}

// Truth tells what a value counts as in a condition.
func Truth(v any) (bool, error) {
	switch v := v.(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	case int64:
		return v != 0, nil
	case float64:
		return v != 0, nil
	case Undefined:
		if v.Strict {
			return false, v.Fail()
		}
		return false, nil
	}
	if n, ok := lengthOf(v); ok {
		return n > 0, nil
	}
	return true, nil
}

// lengthOf returns how many items a value has, if it can tell.
func lengthOf(v any) (int, bool) {
	switch v := v.(type) {
	case string:
		return RuneCount(v), true
	case *List:
		return len(v.Items), true
	case Tuple:
		return len(v), true
	case Group:
		return 2, true
	case *Dict:
		return len(v.Keys), true
	case *View:
		return len(v.Of.Keys), true
	case Interval:
		return v.Len(), true
	case Sized:
		return v.Len(), true
	case Sequence:
		return len(v.Elements()), true
	}
	return 0, false
}

// Length returns what len() does.
func (w *Work) Length(v any) (int, error) {
	if u, ok := v.(Undefined); ok && !u.Strict {
		return 0, nil
	} else if ok {
		return 0, u.Fail()
	}
	if n, ok := lengthOf(v); ok {
		return n, nil
	}
	return 0, fmt.Errorf("object of type '%s' has no len()", KindName(v))
}

// Len returns how many items there are, never less than none.
func (r Interval) Len() int {
	low, high, step := r.Start, r.Stop, r.Step
	if step < 0 {
		low, high, step = high, low, -step
	}
	if low >= high {
		return 0
	}
	return int(min((uint64(high)-uint64(low)-1)/uint64(step), math.MaxInt64-1)) + 1
}

// At returns an item.
func (r Interval) At(i int) any { return r.Start + int64(i)*r.Step }

// Elements returns what a loop over the value runs through. The slice may be
// that of the value: it must not be changed. An iterator is empty afterwards.
func (w *Work) Elements(v any) ([]any, error) {
	switch v := v.(type) {
	case *List:
		return v.Items, w.Spend(len(v.Items))
	case Tuple:
		return v, nil
	case Group:
		return []any{v.Key, v.List}, nil
	case string:
		return w.characters(v)
	case *Dict:
		return v.Keys, w.Spend(len(v.Keys))
	case *View:
		return w.Viewed(v)
	case Interval:
		return w.ranged(v)
	case *Iterator:
		items := v.Items
		v.Items = nil
		return items, nil
	case Undefined:
		if v.Strict {
			return nil, v.Fail()
		}
		return nil, nil
	case Sequence:
		return w.incomingAll(v.Elements())
	}
	return nil, fmt.Errorf("'%s' object is not iterable", KindName(v))
}

func (w *Work) characters(text string) ([]any, error) {
	if err := w.Spend(len(text)); err != nil {
		return nil, err
	}
	items := make([]any, 0, len(text))
	for _, c := range text {
		items = append(items, string(c))
	}
	return items, nil
}

// Viewed returns what a view shows.
func (w *Work) Viewed(v *View) ([]any, error) {
	if err := w.Spend(len(v.Of.Keys)); err != nil {
		return nil, err
	}
	switch v.Name {
	case "keys":
		return v.Of.Keys, nil
	case "values":
		return v.Of.Values, nil
	}
	items := make([]any, len(v.Of.Keys))
	for i, k := range v.Of.Keys {
		items[i] = Tuple{k, v.Of.Values[i]}
	}
	return items, nil
}

func (w *Work) ranged(r Interval) ([]any, error) {
	n := r.Len()
	if err := w.Spend(n); err != nil {
		return nil, err
	}
	items := make([]any, n)
	for i := range items {
		items[i] = r.At(i)
	}
	return items, nil
}

// NewMethod returns the method of a value.
func NewMethod(of any, name string, call Builtin) any { return &method{of, name, call} }
