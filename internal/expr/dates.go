package expr

import (
	"math"
	"sync"

	"github.com/dop251/goja"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// dateFunction makes the function Date of what it does as a constructor and as
// a function. Only code of JavaScript can tell these apart.
var dateFunction = sync.OnceValue(func() *goja.Program {
	return goja.MustCompile("", `(function(construct, now) {
	return function Date(year, month, day, hours, minutes, seconds, ms) {
		return new.target ? construct(new.target, ...arguments) : now();
	}
})`, true)
})

// zonedDate returns Date with the local time of the evaluator's zone. The
// engine's own one, which is in the zone of the process, does what needs no zone.
func (m *machine) zonedDate() *goja.Object {
	if m.date != nil {
		return m.date
	}
	construct := m.function(func(_ goja.Value, args []goja.Value) goja.Value {
		return m.constructDate(args[0].(*goja.Object), args[1:])
	})
	now := m.function(func(goja.Value, []goja.Value) goja.Value {
		return m.vm.ToValue(m.e.zone.String(m.now()))
	})
	f, err := m.vm.RunProgram(dateFunction())
	if err != nil {
		m.throw(err)
	}
	makeDate, _ := goja.AssertFunction(f)
	date, err := makeDate(goja.Undefined(), construct, now)
	if err != nil {
		m.throw(err)
	}
	m.date = date.(*goja.Object)
	proto := m.nativeDate.Get("prototype").(*goja.Object)
	if err := m.date.Set("prototype", proto); err != nil {
		m.throw(err)
	}
	m.define(proto, "constructor", m.date)
	m.define(m.date, "now", m.nativeDate.Get("now"))
	m.define(m.date, "UTC", m.nativeDate.Get("UTC"))
	m.define(m.date, "parse", m.function(func(_ goja.Value, args []goja.Value) goja.Value {
		return m.vm.ToValue(m.e.zone.Parse(argument(args, 0).String()))
	}))
	m.defineDateReaders(proto)
	m.defineDateWriters(proto)
	return m.date
}

func (m *machine) now() float64 { return float64(m.e.now().UnixMilli()) }

func (m *machine) newDate(t float64) *goja.Object {
	o, err := m.vm.New(m.zonedDate(), m.vm.ToValue(t))
	if err != nil {
		m.throw(err)
	}
	return o
}

func (m *machine) constructDate(newTarget *goja.Object, args []goja.Value) *goja.Object {
	switch {
	case len(args) == 0:
		args = []goja.Value{m.vm.ToValue(m.now())}
	case len(args) == 1:
		if text, ok := args[0].Export().(string); ok {
			args = []goja.Value{m.vm.ToValue(m.e.zone.Parse(text))}
		}
	default:
		args = []goja.Value{m.vm.ToValue(m.e.zone.Date(components(args)))}
	}
	construct, ok := goja.AssertConstructor(m.nativeDate)
	if !ok {
		panic(m.vm.NewTypeError("Date is not a constructor"))
	}
	o, err := construct(newTarget, args...)
	if err != nil {
		m.throw(err)
	}
	return o
}

// components reads the arguments of the constructor.
func components(args []goja.Value) [7]float64 {
	c := [7]float64{js.Day: 1}
	for i := range min(len(args), len(c)) {
		c[i] = args[i].ToFloat()
	}
	if y := math.Trunc(c[js.Year]); 0 <= y && y <= 99 {
		c[js.Year] = y + 1900
	}
	return c
}

// time reads a Date; anything else is an error of type.
func (m *machine) time(v goja.Value) float64 {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Date" {
		panic(m.vm.NewTypeError("this is not a Date object."))
	}
	return m.method(o, "getTime").ToFloat()
}

// method calls a method of an object.
func (m *machine) method(o *goja.Object, name string, args ...goja.Value) goja.Value {
	f, ok := goja.AssertFunction(o.Get(name))
	if !ok {
		panic(m.vm.NewTypeError("%s is not a function", name))
	}
	v, err := f(o, args...)
	if err != nil {
		m.throw(err)
	}
	return v
}

func (m *machine) defineDateReaders(proto *goja.Object) {
	zone := m.e.zone
	for name, of := range map[string]func(f js.Fields) int{
		"getFullYear": func(f js.Fields) int { return f.Year },
		"getYear":     func(f js.Fields) int { return f.Year - 1900 },
		"getMonth":    func(f js.Fields) int { return f.Month },
		"getDate":     func(f js.Fields) int { return f.Day },
		"getDay":      func(f js.Fields) int { return f.Weekday },
		"getHours":    func(f js.Fields) int { return f.Hour },
		"getMinutes":  func(f js.Fields) int { return f.Minute },
		"getSeconds":  func(f js.Fields) int { return f.Second },
	} {
		m.define(proto, name, m.function(func(this goja.Value, _ []goja.Value) goja.Value {
			t := m.time(this)
			if math.IsNaN(t) {
				return goja.NaN()
			}
			return m.vm.ToValue(of(js.FieldsOf(zone.Local(t))))
		}))
	}
	m.define(proto, "getTimezoneOffset", m.function(func(this goja.Value, _ []goja.Value) goja.Value {
		t := m.time(this)
		if math.IsNaN(t) {
			return goja.NaN()
		}
		return m.vm.ToValue(math.Trunc(-zone.Offset(t) / js.MillisPerMinute))
	}))
	m.define(proto, "toISOString", m.function(func(this goja.Value, _ []goja.Value) goja.Value {
		t := m.time(this)
		if math.IsNaN(t) {
			panic(m.rangeError("Invalid time value"))
		}
		return m.vm.ToValue(js.ISO(t))
	}))
	for name, text := range map[string]func(t float64) string{
		"toString":           zone.String,
		"toDateString":       zone.DateString,
		"toTimeString":       zone.TimeString,
		"toLocaleString":     zone.LocaleString,
		"toLocaleDateString": zone.LocaleDateString,
		"toLocaleTimeString": zone.LocaleTimeString,
	} {
		m.define(proto, name, m.function(func(this goja.Value, _ []goja.Value) goja.Value {
			return m.vm.ToValue(text(m.time(this)))
		}))
	}
}

func (m *machine) defineDateWriters(proto *goja.Object) {
	for name, w := range map[string]struct {
		first js.Field
		most  int
	}{
		"setFullYear": {js.Year, 3}, "setMonth": {js.Month, 2}, "setDate": {js.Day, 1},
		"setHours": {js.Hour, 4}, "setMinutes": {js.Minute, 3}, "setSeconds": {js.Second, 2},
	} {
		m.define(proto, name, m.function(func(this goja.Value, args []goja.Value) goja.Value {
			t := m.time(this)
			values := []float64{argument(args, 0).ToFloat()}
			for _, a := range args[min(1, len(args)):min(w.most, len(args))] {
				values = append(values, a.ToFloat())
			}
			return m.method(this.(*goja.Object), "setTime", m.vm.ToValue(m.e.zone.Set(t, w.first, values...)))
		}))
	}
}

func argument(args []goja.Value, i int) goja.Value {
	if i < len(args) {
		return args[i]
	}
	return goja.Undefined()
}

// define makes a property as those of built-in objects are.
func (m *machine) define(o *goja.Object, name string, v goja.Value) {
	if err := o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
		m.throw(err)
	}
}
