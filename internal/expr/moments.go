package expr

import (
	"github.com/dop251/goja"

	"github.com/pawlhq/pawl/internal/expr/moment"
)

// newMomentFunction returns the function moment with its properties.
func (m *machine) newMomentFunction() *goja.Object {
	f := m.function(func(_ goja.Value, args []goja.Value) goja.Value {
		return m.fromMoment(m.e.moment.Call(m.toMoments(args)...))
	})
	statics := m.properties("moment.", f.Prototype(), func(name string) goja.Value {
		if name == "prototype" || name == "fn" {
			return m.prototype("moment#", moment.Method)
		}
		if v, ok := m.e.moment.Static(name); ok {
			return m.fromMoment(v)
		}
		return nil
	})
	if err := f.SetPrototype(statics); err != nil {
		m.throw(err)
	}
	return f
}

// properties returns an object with what provide returns, on top of another one.
// What neither of them has is an error, since it may well be something that the
// original moment has.
func (m *machine) properties(label string, above *goja.Object, provide func(name string) goja.Value) *goja.Object {
	o := m.vm.NewDynamicObject(&lazy{provide: func(name string) goja.Value {
		if v := provide(name); v != nil {
			return v
		}
		if above.Get(name) == nil {
			panic(m.vm.NewTypeError("%s%s is not supported", label, name))
		}
		return nil
	}})
	if err := o.SetPrototype(above); err != nil {
		m.throw(err)
	}
	return o
}

// prototype returns the object with the methods of moments or of durations.
func (m *machine) prototype(label string, methods func(string) (moment.Func, bool)) *goja.Object {
	if o := m.protos[label]; o != nil {
		return o
	}
	objects := m.vm.NewObject().Prototype()
	o := m.properties(label, objects, func(name string) goja.Value {
		if f, ok := methods(name); ok {
			return m.fromFunc(f)
		}
		return nil
	})
	if m.protos == nil {
		m.protos = make(map[string]*goja.Object)
	}
	m.protos[label] = o
	return o
}

func (m *machine) fromFunc(f moment.Func) *goja.Object {
	return m.function(func(this goja.Value, args []goja.Value) goja.Value {
		v, err := f(m.toMoment(this, nesting), m.toMoments(args)...)
		if err != nil {
			m.throw(err)
		}
		return m.fromMoment(v)
	})
}

// host makes an object that stands for v; the same v is always the same object.
func (m *machine) host(v any, create func() *goja.Object) *goja.Object {
	if o := m.made[v]; o != nil {
		return o
	}
	if m.made == nil {
		m.made, m.hosted = map[any]*goja.Object{}, map[*goja.Object]any{}
	}
	o := create()
	m.made[v], m.hosted[o] = o, v
	return o
}

// fromMoment converts a value of moment.
func (m *machine) fromMoment(v moment.Value) goja.Value {
	switch v := v.(type) {
	case nil:
		return goja.Null()
	case moment.Undefined:
		return goja.Undefined()
	case moment.Date:
		return m.newDate(float64(v))
	case *moment.Moment:
		return m.host(v, func() *goja.Object {
			return m.vm.CreateObject(m.prototype("moment#", moment.Method))
		})
	case *moment.Duration:
		return m.host(v, func() *goja.Object {
			return m.vm.CreateObject(m.prototype("moment.duration#", moment.DurationMethod))
		})
	case moment.Standard:
		return m.host(v, func() *goja.Object {
			return m.function(func(goja.Value, []goja.Value) goja.Value { return goja.Undefined() })
		})
	case moment.Func:
		return m.fromFunc(v)
	case []moment.Value:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = m.fromMoment(e)
		}
		return m.vm.NewArray(list...)
	case *moment.Object:
		o := m.vm.NewObject()
		for _, p := range v.Properties {
			if err := o.Set(p.Name, m.fromMoment(p.Value)); err != nil {
				m.throw(err)
			}
		}
		return o
	}
	return m.vm.ToValue(v)
}

// nesting is how deep objects are converted; moment looks no deeper.
const nesting = 4

func (m *machine) toMoments(args []goja.Value) []moment.Value {
	out := make([]moment.Value, len(args))
	for i, a := range args {
		out[i] = m.toMoment(a, nesting)
	}
	return out
}

// toMoment converts a value for moment.
func (m *machine) toMoment(v goja.Value, depth int) moment.Value {
	o, ok := v.(*goja.Object)
	switch {
	case goja.IsUndefined(v) || depth == 0:
		return moment.Undefined{}
	case goja.IsNull(v):
		return nil
	case !ok:
		return primitive(v)
	}
	if hosted, ok := m.hosted[o]; ok {
		return hosted
	}
	if f, ok := goja.AssertFunction(o); ok {
		return m.toFunc(f)
	}
	switch o.ClassName() {
	case "Date":
		return moment.Date(m.time(o))
	case "Number", "String", "Boolean":
		return primitive(m.method(o, "valueOf"))
	case "Array":
		var list []moment.Value
		for _, name := range o.Keys() {
			if _, ok := arrayIndex(name); ok {
				list = append(list, m.toMoment(o.Get(name), depth-1))
			}
		}
		return list
	}
	out := &moment.Object{}
	for _, name := range o.Keys() {
		out.Properties = append(out.Properties, moment.Property{Name: name, Value: m.toMoment(o.Get(name), depth-1)})
	}
	return out
}

func (m *machine) toFunc(f goja.Callable) moment.Func {
	return func(this moment.Value, args ...moment.Value) (moment.Value, error) {
		converted := make([]goja.Value, len(args))
		for i, a := range args {
			converted[i] = m.fromMoment(a)
		}
		v, err := f(m.fromMoment(this), converted...)
		if err != nil {
			return nil, err
		}
		return m.toMoment(v, nesting), nil
	}
}
