package expr

import (
	"errors"
	"fmt"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// machine is an engine for the expressions of one text. It is made for each
// text anew, which costs microseconds and keeps texts apart.
type machine struct {
	e     *Evaluator
	vm    *goja.Runtime
	scope *goja.Object
	timer *time.Timer

	hosted map[*goja.Object]any // what objects made here stand for
	made   map[any]*goja.Object // the reverse, for moments and durations
	protos map[string]*goja.Object

	nativeDate, date *goja.Object // the engine's Date, and the one that knows the zone
}

func (e *Evaluator) start(s scope) *machine {
	m := &machine{e: e, vm: goja.New()}
	m.vm.SetMaxCallStackSize(e.limits.Calls)
	m.vm.SetTimeSource(e.now)
	m.vm.SetParserOptions(parser.WithDisableSourceMaps)
	m.installGlobals()
	m.installStrings()
	m.scope = m.vm.NewDynamicObject(&parameters{m: m, scope: s})
	m.timer = time.AfterFunc(e.limits.Time, func() { m.vm.Interrupt("time") })
	return m
}

func (m *machine) stop() {
	if m != nil {
		m.timer.Stop()
	}
}

// eval returns the text of an expression's value.
func (m *machine) eval(e *expression) (text string, err error) {
	var v goja.Value
	thrown := m.vm.Try(func() { v, err = m.call(e) })
	if thrown != nil {
		err = thrown
	}
	if err == nil {
		text, err = m.text(v)
	}
	if err != nil {
		err = m.reason(err)
	}
	return text, err
}

func (m *machine) call(e *expression) (goja.Value, error) {
	v, err := m.vm.RunProgram(e.program)
	if err != nil {
		return nil, err
	}
	function, ok := goja.AssertFunction(v)
	if !ok {
		return nil, errors.New("the expression has no value")
	}
	return function(m.scope)
}

// text returns a value as text: nothing for null and undefined, strings as they
// are, all else as JSON.stringify prints it.
func (m *machine) text(v goja.Value) (string, error) {
	switch x := v.(type) {
	case *goja.Object:
		if _, function := goja.AssertFunction(x); function {
			return "undefined", nil
		}
		text, err := x.MarshalJSON()
		return string(text), err
	case *goja.Symbol:
		return "undefined", nil
	}
	text, ok := writer{}.append(nil, primitive(v))
	if !ok {
		return "", errors.New("TypeError: Do not know how to serialize a BigInt")
	}
	return string(text), nil
}

// primitive converts a value of the engine that is no object.
func primitive(v goja.Value) any {
	if n, ok := v.Export().(int64); ok {
		return float64(n)
	}
	return v.Export()
}

// reason puts an error of the engine in words. Positions are left out since
// they count in code that the user has not written.
func (m *machine) reason(err error) error {
	var thrown *goja.Exception
	var overflow *goja.StackOverflowError
	var interrupted *goja.InterruptedError
	switch {
	case errors.As(err, &overflow), errors.As(err, &interrupted):
		return m.e.recovered(err)
	case !errors.As(err, &thrown):
		return err
	}
	text := ""
	if failed := m.vm.Try(func() { text = thrown.Value().String() }); failed != nil {
		text = "an error that has no text"
	}
	return errors.New(text)
}

// recovered puts what a panic ended with in words. Some ends of expressions come
// as panics, and an error of this package must end no more than one evaluation.
func (e *Evaluator) recovered(r any) error {
	switch r := r.(type) {
	case *goja.StackOverflowError:
		return errors.New("RangeError: Maximum call stack size exceeded")
	case *goja.InterruptedError:
		return tooSlow(e.limits.Time)
	default:
		return fmt.Errorf("internal error: %v", r)
	}
}

// throw raises an error of Go code in the expression that called it.
func (m *machine) throw(err error) {
	var thrown *goja.Exception
	var overflow *goja.StackOverflowError
	var interrupted *goja.InterruptedError
	if errors.As(err, &thrown) || errors.As(err, &overflow) || errors.As(err, &interrupted) {
		panic(err)
	}
	panic(m.vm.NewTypeError("%s", err.Error()))
}

// function makes a function of the engine.
func (m *machine) function(f func(this goja.Value, args []goja.Value) goja.Value) *goja.Object {
	return m.vm.ToValue(func(c goja.FunctionCall) goja.Value { return f(c.This, c.Arguments) }).(*goja.Object)
}

// lazy is an object whose properties are made when they are read. Those it does
// not have are looked for in its prototype.
type lazy struct {
	provide func(name string) goja.Value // nil if there is none
	known   map[string]goja.Value
}

func (l *lazy) Get(name string) goja.Value {
	v, ok := l.known[name]
	if !ok {
		v = l.provide(name)
		l.put(name, v)
	}
	return v
}

func (l *lazy) put(name string, v goja.Value) {
	if l.known == nil {
		l.known = make(map[string]goja.Value)
	}
	l.known[name] = v
}

func (l *lazy) Has(name string) bool { return l.Get(name) != nil }

// Set is called where a name that the object has is assigned to.
func (l *lazy) Set(name string, v goja.Value) bool {
	l.put(name, v)
	return true
}

func (l *lazy) Delete(name string) bool { return l.Set(name, nil) }
func (l *lazy) Keys() []string          { return nil }

// installGlobals provides moment, and a Date that knows the zone.
func (m *machine) installGlobals() {
	global := m.vm.GlobalObject()
	m.nativeDate = global.Get("Date").(*goja.Object)
	names := &lazy{provide: func(name string) goja.Value {
		switch name {
		case "moment":
			return m.newMomentFunction()
		case "Date":
			return m.zonedDate()
		}
		return nil
	}}
	if err := errors.Join(global.Delete("Date"), global.SetPrototype(m.vm.NewDynamicObject(names))); err != nil {
		panic(err)
	}
}
