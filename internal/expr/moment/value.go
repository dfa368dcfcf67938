package moment

import (
	"strings"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// Value is a JavaScript value as this package takes and returns it: nil for
// null, Undefined, bool, float64, string, Date, []Value, *Object, *Moment,
// *Duration, Func or Standard. Anything else is treated as an object without
// properties.
type Value = any

// Undefined is the value undefined.
type Undefined struct{}

// Date is a Date: a time value in milliseconds, NaN if invalid.
type Date float64

// Object is a plain object: its own properties in order, without duplicates.
type Object struct {
	Properties []Property
}

// Property is a property of an Object.
type Property struct {
	Name  string
	Value Value
}

// Get returns the value of a property and whether there is one.
func (o *Object) Get(name string) (Value, bool) {
	for _, p := range o.Properties {
		if p.Name == name {
			return p.Value, true
		}
	}
	return Undefined{}, false
}

// Func is a function that moment may call back with itself as this.
type Func func(this Value, args ...Value) (Value, error)

// Standard stands for a format that has no format string.
type Standard int

// The values of moment.ISO_8601 and moment.RFC_2822.
const (
	ISO8601 Standard = iota
	RFC2822
)

// args are the arguments of a call.
type args []Value

// at returns the i-th argument, which is undefined if it was not given.
func (a args) at(i int) Value {
	if i < len(a) {
		return a[i]
	}
	return Undefined{}
}

// given tells whether v is neither null nor undefined.
func given(v Value) bool {
	_, undefined := v.(Undefined)
	return v != nil && !undefined
}

func truthy(v Value) bool {
	switch v := v.(type) {
	case nil, Undefined:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && v == v
	case string:
		return v != ""
	}
	return true
}

func toNumber(v Value) float64 {
	switch v := v.(type) {
	case nil:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case string:
		return js.ParseNumber(v)
	case Date:
		return float64(v)
	case *Moment:
		return v.valueOf()
	case *Duration:
		return v.valueOf()
	case []Value:
		return js.ParseNumber(toText(v))
	}
	return nan
}

func toText(v Value) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case Undefined:
		return "undefined"
	case bool:
		if v {
			return "true"
		}
		return "false"
	case float64:
		return js.FormatNumber(v)
	case string:
		return v
	case *Moment:
		return v.text()
	case *Duration:
		return v.iso()
	case []Value:
		return join(v)
	}
	return "[object Object]"
}

func join(list []Value) string {
	var b strings.Builder
	for i, e := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		if given(e) {
			b.WriteString(toText(e))
		}
	}
	return b.String()
}

// toInt drops the fraction of a number; what is no finite number is 0.
func toInt(f float64) float64 {
	if f-f != 0 { // NaN or infinite
		return 0
	}
	return truncate(f)
}
