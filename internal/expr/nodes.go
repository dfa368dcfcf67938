package expr

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/expr/js"
	"github.com/pawlhq/pawl/internal/expr/moment"
	"github.com/pawlhq/pawl/internal/params"
)

// inherited are the properties that all objects have. To read one is left to
// the engine.
var inherited = map[string]bool{
	"constructor": true, "hasOwnProperty": true, "isPrototypeOf": true, "propertyIsEnumerable": true,
	"toLocaleString": true, "toString": true, "valueOf": true, "__proto__": true,
	"__defineGetter__": true, "__defineSetter__": true, "__lookupGetter__": true, "__lookupSetter__": true,
}

func (n literal) eval(*frame) (moment.Value, bool) { return n.value, true }

func (n name) eval(f *frame) (moment.Value, bool) {
	v, ok := f.scope.get(n.name)
	return v, ok && representable(v)
}

func (n own) eval(f *frame) (moment.Value, bool) {
	v, ok := f.scope.get(n.name)
	if !ok {
		return moment.Undefined{}, !inherited[n.name]
	}
	return v, representable(v)
}

func (n member) eval(f *frame) (moment.Value, bool) {
	object, ok := n.object.eval(f)
	if !ok {
		return nil, false
	}
	return property(object, n.name)
}

func (n element) eval(f *frame) (moment.Value, bool) {
	object, ok := n.object.eval(f)
	if !ok {
		return nil, false
	}
	index, ok := n.index.eval(f)
	if !ok {
		return nil, false
	}
	name, ok := primitiveText(index)
	if !ok {
		return nil, false
	}
	return property(object, name)
}

// property reads a property of a map, a list or a string.
func property(object moment.Value, name string) (moment.Value, bool) {
	var v moment.Value
	ok := false
	switch o := object.(type) {
	case params.Map:
		if v, ok = o.Get(name); !ok {
			return moment.Undefined{}, !inherited[name]
		}
	case []params.Value:
		i, isIndex := arrayIndex(name)
		switch {
		case name == "length":
			v, ok = float64(len(o)), true
		case isIndex && int(i) < len(o):
			v, ok = o[i], true
		}
	case string:
		if name == "length" {
			v, ok = float64(utf16Length(o)), true
		}
	}
	return v, ok && representable(v)
}

// representable tells whether a value is the same to the engine: it reads what
// is not UTF-8 as something else.
func representable(v moment.Value) bool {
	s, ok := v.(string)
	return !ok || utf8.ValidString(s)
}

func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// primitiveText converts a value that is no object to a string.
func primitiveText(v moment.Value) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "null", true
	case moment.Undefined:
		return "undefined", true
	case string:
		return v, true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	n, ok := number(v)
	return js.FormatNumber(n), ok
}

// number returns a number as JavaScript has it.
func number(v moment.Value) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	case json.Number:
		return js.ParseNumber(string(v)), true
	}
	return 0, false
}

func (n call) eval(f *frame) (moment.Value, bool) {
	args, ok := evalArgs(f, n.args)
	if _, shadowed := f.scope.get("moment"); shadowed || !ok {
		return nil, false
	}
	if n.name == "" {
		return f.moment.Call(args...), true
	}
	v, _ := f.moment.Static(n.name)
	fn, ok := v.(moment.Func)
	if !ok {
		return nil, false
	}
	v, err := fn(moment.Undefined{}, args...)
	return v, err == nil
}

func (n static) eval(f *frame) (moment.Value, bool) {
	if _, shadowed := f.scope.get("moment"); shadowed {
		return nil, false
	}
	v, ok := f.moment.Static(n.name)
	_, isFunc := v.(moment.Func)
	return v, ok && !isFunc
}

func (n methodCall) eval(f *frame) (moment.Value, bool) {
	object, ok := n.object.eval(f)
	if !ok {
		return nil, false
	}
	var fn moment.Func
	switch object.(type) {
	case *moment.Moment:
		fn, ok = moment.Method(n.name)
	case *moment.Duration:
		fn, ok = moment.DurationMethod(n.name)
	default:
		ok = false
	}
	if !ok {
		return nil, false
	}
	args, ok := evalArgs(f, n.args)
	if !ok {
		return nil, false
	}
	v, err := fn(object, args...)
	return v, err == nil
}

func evalArgs(f *frame, nodes []node) ([]moment.Value, bool) {
	args := make([]moment.Value, len(nodes))
	for i, n := range nodes {
		v, ok := n.eval(f)
		if !ok {
			return nil, false
		}
		args[i] = toMoment(v)
	}
	return args, true
}

// toMoment converts a parameter to a value of moment.
func toMoment(v moment.Value) moment.Value {
	switch v := v.(type) {
	case int64, json.Number:
		n, _ := number(v)
		return n
	case params.Map:
		o := &moment.Object{}
		for name, e := range inOrder(v) {
			o.Properties = append(o.Properties, moment.Property{Name: name, Value: toMoment(e)})
		}
		return o
	case []params.Value:
		list := make([]moment.Value, len(v))
		for i, e := range v {
			list[i] = toMoment(e)
		}
		return list
	}
	return v
}
