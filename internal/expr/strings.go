package expr

import (
	"math"
	"strings"
	"unicode/utf16"

	"github.com/dop251/goja"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// stringMethod is a method of strings.
type stringMethod func(m *machine, this string, args []goja.Value) goja.Value

// replacedMethods are methods of JavaScript that mean something else here: in
// Digdag the first one is Java's, and the others could fill the memory at once.
var replacedMethods = []string{"replaceAll", "repeat", "padStart", "padEnd"}

// installStrings gives strings the methods of Java's strings, which expressions
// in Digdag can call.
func (m *machine) installStrings() {
	proto := m.vm.ToValue("").ToObject(m.vm).Prototype()
	for _, name := range replacedMethods {
		if err := proto.Delete(name); err != nil {
			m.throw(err)
		}
	}
	methods := &lazy{provide: func(name string) goja.Value {
		f := stringMethods[name]
		if f == nil {
			return nil
		}
		return m.function(func(this goja.Value, args []goja.Value) goja.Value {
			return f(m, this.String(), args)
		})
	}}
	if err := proto.SetPrototype(m.vm.NewDynamicObject(methods)); err != nil {
		m.throw(err)
	}
}

var stringMethods = map[string]stringMethod{
	"compareTo":           javaCompare(func(s string) string { return s }),
	"compareToIgnoreCase": javaCompare(foldCase),
	"contains":            javaTest(strings.Contains),
	"contentEquals":       javaTest(func(a, b string) bool { return a == b }),
	"equals":              javaEquals(func(a, b string) bool { return a == b }),
	"equalsIgnoreCase":    javaEquals(func(a, b string) bool { return foldCase(a) == foldCase(b) }),
	"hashCode":            javaHash,
	"isBlank":             javaIs(func(s string) bool { return js.Trim(s) == "" }),
	"isEmpty":             javaIs(func(s string) bool { return s == "" }),
	"matches":             javaMatches,
	"replaceAll":          javaReplaceAll,
	"replaceFirst":        javaReplaceFirst,
	"strip":               javaChange(js.Trim),
	"stripLeading":        javaChange(func(s string) string { return strings.TrimLeftFunc(s, js.IsSpace) }),
	"stripTrailing":       javaChange(func(s string) string { return strings.TrimRightFunc(s, js.IsSpace) }),
	"toCharArray":         javaChars,

	"repeat":   repeatString,
	"padStart": padString(func(s, pad string) string { return pad + s }),
	"padEnd":   padString(func(s, pad string) string { return s + pad }),
}

func foldCase(s string) string { return strings.ToLower(strings.ToUpper(s)) }

func javaTest(f func(s, arg string) bool) stringMethod {
	return func(m *machine, this string, args []goja.Value) goja.Value {
		return m.vm.ToValue(f(this, argument(args, 0).String()))
	}
}

// javaEquals compares with strings only; nothing else equals a string.
func javaEquals(f func(s, arg string) bool) stringMethod {
	return func(m *machine, this string, args []goja.Value) goja.Value {
		other, ok := argument(args, 0).Export().(string)
		return m.vm.ToValue(ok && f(this, other))
	}
}

func javaIs(f func(string) bool) stringMethod {
	return func(m *machine, this string, _ []goja.Value) goja.Value { return m.vm.ToValue(f(this)) }
}

func javaChange(f func(string) string) stringMethod {
	return func(m *machine, this string, _ []goja.Value) goja.Value { return m.vm.ToValue(f(this)) }
}

// javaCompare returns the difference of the first characters that differ, or
// else of the lengths.
func javaCompare(key func(string) string) stringMethod {
	return func(m *machine, this string, args []goja.Value) goja.Value {
		a := utf16.Encode([]rune(key(this)))
		b := utf16.Encode([]rune(key(argument(args, 0).String())))
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				return m.vm.ToValue(int(a[i]) - int(b[i]))
			}
		}
		return m.vm.ToValue(len(a) - len(b))
	}
}

func javaHash(m *machine, this string, _ []goja.Value) goja.Value {
	var h int32
	for _, c := range utf16.Encode([]rune(this)) {
		h = 31*h + int32(c)
	}
	return m.vm.ToValue(h)
}

func javaChars(m *machine, this string, _ []goja.Value) goja.Value {
	var chars []any
	for _, r := range this {
		chars = append(chars, string(r))
	}
	return m.vm.NewArray(chars...)
}

func repeatString(m *machine, this string, args []goja.Value) goja.Value {
	n := argument(args, 0).ToFloat()
	if n <= -1 || math.IsInf(n, 0) {
		panic(m.rangeError("Invalid count value"))
	}
	if math.IsNaN(n) {
		n = 0
	}
	m.checkLength(float64(len(this)) * math.Trunc(n))
	return m.vm.ToValue(strings.Repeat(this, int(n)))
}

func padString(join func(s, pad string) string) stringMethod {
	return func(m *machine, this string, args []goja.Value) goja.Value {
		fill := " "
		if f := argument(args, 1); !goja.IsUndefined(f) {
			fill = f.String()
		}
		missing := math.Trunc(argument(args, 0).ToFloat()) - float64(utf16Length(this))
		if !(missing > 0) || fill == "" {
			return m.vm.ToValue(this)
		}
		m.checkLength(missing)
		unit := utf16.Encode([]rune(fill))
		pad := make([]uint16, int(missing))
		for i := range pad {
			pad[i] = unit[i%len(unit)]
		}
		return m.vm.ToValue(join(this, string(utf16.Decode(pad))))
	}
}

func (m *machine) checkLength(n float64) {
	if n > float64(m.e.limits.Result) {
		panic(m.rangeError("Invalid string length"))
	}
}

func (m *machine) rangeError(text string) goja.Value {
	o, err := m.vm.New(m.vm.Get("RangeError"), m.vm.ToValue(text))
	if err != nil {
		m.throw(err)
	}
	return o
}
