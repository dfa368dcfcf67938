package filter

import "github.com/pawlhq/pawl/internal/template/value"

// testFunc is a test of a value.
type testFunc func(w *value.Work, v any, a *value.Arguments) (bool, error)

// IsTest tells whether Jinja2 has a test.
func IsTest(name string) bool { return testNamed(name) != nil }

// testNamed returns a test of Jinja2, or nil.
func testNamed(name string) testFunc {
	switch name {
	case "==", "eq", "equalto":
		return comparing("==")
	case "!=", "ne":
		return comparing("!=")
	case ">", "gt", "greaterthan":
		return comparing(">")
	case ">=", "ge":
		return comparing(">=")
	case "<", "lt", "lessthan":
		return comparing("<")
	case "<=", "le":
		return comparing("<=")
	case "in":
		return comparing("in")
	case "sameas":
		return func(_ *value.Work, v any, a *value.Arguments) (bool, error) {
			other := a.Need("other")
			return value.Same(v, other), a.Done()
		}
	case "divisibleby":
		return func(w *value.Work, v any, a *value.Arguments) (bool, error) {
			return remainderIs(w, v, a.Need("num"), 0, a)
		}
	case "even":
		return func(w *value.Work, v any, a *value.Arguments) (bool, error) { return remainderIs(w, v, int64(2), 0, a) }
	case "odd":
		return func(w *value.Work, v any, a *value.Arguments) (bool, error) { return remainderIs(w, v, int64(2), 1, a) }
	case "filter":
		return naming(func(name string) bool { return filterNamed(name) != nil })
	case "test":
		return naming(IsTest)
	case "lower":
		return textTest(value.IsLower)
	case "upper":
		return textTest(value.IsUpper)
	}
	if kind := kindTest(name); kind != nil {
		return func(_ *value.Work, v any, a *value.Arguments) (bool, error) {
			if u, ok := v.(value.Undefined); ok && u.Strict && name == "iterable" {
				return false, u.Fail()
			}
			return kind(v), a.Done()
		}
	}
	return nil
}

// kindTest returns a test that looks at the kind of a value alone.
func kindTest(name string) func(v any) bool {
	switch name {
	case "defined":
		return func(v any) bool { return !isUndefined(v) }
	case "undefined":
		return isUndefined
	case "none":
		return func(v any) bool { return v == nil }
	case "boolean":
		return isBool
	case "true":
		return func(v any) bool { return v == true }
	case "false":
		return func(v any) bool { return v == false }
	case "integer":
		return func(v any) bool {
			n, ok := value.ToNumber(v)
			return ok && !n.IsFloat && !isBool(v)
		}
	case "float":
		return func(v any) bool {
			_, ok := v.(float64)
			return ok
		}
	case "number":
		return func(v any) bool {
			_, ok := value.ToNumber(v)
			return ok
		}
	case "string":
		return func(v any) bool {
			_, ok := v.(string)
			return ok
		}
	case "mapping":
		return isMapping
	case "sequence":
		return isSequence
	case "iterable":
		return isIterable
	case "callable":
		return isCallable
	case "escaped":
		return func(any) bool { return false }
	}
	return nil
}

// Test tells whether a value passes a test.
func Test(w *value.Work, name string, v any, a *value.Arguments) (bool, error) {
	fn := testNamed(name)
	if fn == nil {
		return false, value.Saidf("No test named %s.", value.Repr(name))
	}
	a.Callee = name
	return fn(w, v, a)
}

func comparing(op string) testFunc {
	return func(w *value.Work, v any, a *value.Arguments) (bool, error) {
		other := a.Need("other")
		if err := a.Done(); err != nil {
			return false, err
		}
		return w.CompareOp(op, v, other)
	}
}

func remainderIs(w *value.Work, v, divisor any, want int64, a *value.Arguments) (bool, error) {
	if err := a.Done(); err != nil {
		return false, err
	}
	r, err := w.Binary("%", v, divisor)
	if err != nil {
		return false, err
	}
	return w.Equal(r, want)
}

func naming(known func(string) bool) testFunc {
	return func(_ *value.Work, v any, a *value.Arguments) (bool, error) {
		name, ok := v.(string)
		return ok && known(name), a.Done()
	}
}

func textTest(is func(string) bool) testFunc {
	return func(w *value.Work, v any, a *value.Arguments) (bool, error) {
		text, err := w.Str(v)
		if err != nil {
			return false, err
		}
		return is(text), a.Done()
	}
}

func isUndefined(v any) bool {
	_, ok := v.(value.Undefined)
	return ok
}

func isBool(v any) bool {
	_, ok := v.(bool)
	return ok
}

func isMapping(v any) bool {
	switch v.(type) {
	case *value.Dict:
		return true
	}
	return false
}

func isSequence(v any) bool {
	switch v := v.(type) {
	case string, *value.List, value.Tuple, value.Group, *value.Dict, value.Interval:
		return true
	case value.Undefined:
		return !v.Strict
	case value.Sequence:
		_, ok := v.(value.Attributes)
		return ok
	}
	return false
}

func isIterable(v any) bool {
	switch v := v.(type) {
	case string, *value.List, value.Tuple, value.Group, *value.Dict, *value.View, value.Interval, *value.Iterator, value.Sized:
		return true
	case value.Undefined:
		return !v.Strict
	case value.Sequence:
		return true
	}
	return false
}

func isCallable(v any) bool {
	switch v.(type) {
	case value.Callable, value.Func:
		return true
	case value.Undefined:
		return true // it has a method for that, which fails
	}
	return false
}
