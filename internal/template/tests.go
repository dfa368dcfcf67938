package template

import (
	"math/big"
)

// testFunc is a test of a value.
type testFunc func(s *state, v any, a *arguments) (bool, error)

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
		return func(_ *state, v any, a *arguments) (bool, error) {
			other := a.need("other")
			return same(v, other), a.done()
		}
	case "divisibleby":
		return func(s *state, v any, a *arguments) (bool, error) { return s.remainderIs(v, a.need("num"), 0, a) }
	case "even":
		return func(s *state, v any, a *arguments) (bool, error) { return s.remainderIs(v, int64(2), 0, a) }
	case "odd":
		return func(s *state, v any, a *arguments) (bool, error) { return s.remainderIs(v, int64(2), 1, a) }
	case "filter":
		return naming(func(name string) bool { return filterNamed(name) != nil })
	case "test":
		return naming(func(name string) bool { return testNamed(name) != nil })
	case "lower":
		return textTest(isLower)
	case "upper":
		return textTest(isUpper)
	}
	if kind := kindTest(name); kind != nil {
		return func(_ *state, v any, a *arguments) (bool, error) {
			if u, ok := v.(undefined); ok && u.strict && name == "iterable" {
				return false, u.fail()
			}
			return kind(v), a.done()
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
			n, ok := toNumber(v)
			return ok && !n.isFloat && !isBool(v)
		}
	case "float":
		return func(v any) bool {
			_, ok := v.(float64)
			return ok
		}
	case "number":
		return func(v any) bool {
			_, ok := toNumber(v)
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

func (s *state) test(name string, v any, a *arguments) (bool, error) {
	fn := testNamed(name)
	if fn == nil {
		return false, saidf("No test named %s.", repr(name))
	}
	a.fn = name
	return fn(s, v, a)
}

func comparing(op string) testFunc {
	return func(s *state, v any, a *arguments) (bool, error) {
		other := a.need("other")
		if err := a.done(); err != nil {
			return false, err
		}
		return s.compareOp(op, v, other)
	}
}

func (s *state) remainderIs(v, divisor any, want int64, a *arguments) (bool, error) {
	if err := a.done(); err != nil {
		return false, err
	}
	r, err := s.binary("%", v, divisor)
	if err != nil {
		return false, err
	}
	return s.equal(r, want)
}

func naming(known func(string) bool) testFunc {
	return func(_ *state, v any, a *arguments) (bool, error) {
		name, ok := v.(string)
		return ok && known(name), a.done()
	}
}

func textTest(is func(string) bool) testFunc {
	return func(s *state, v any, a *arguments) (bool, error) {
		text, err := s.str(v)
		if err != nil {
			return false, err
		}
		return is(text), a.done()
	}
}

func isUndefined(v any) bool {
	_, ok := v.(undefined)
	return ok
}

func isBool(v any) bool {
	_, ok := v.(bool)
	return ok
}

func isMapping(v any) bool {
	switch v.(type) {
	case *dict:
		return true
	}
	return false
}

func isSequence(v any) bool {
	switch v := v.(type) {
	case string, *list, Tuple, group, *dict, interval:
		return true
	case undefined:
		return !v.strict
	case Sequence:
		_, ok := v.(Attributes)
		return ok
	}
	return false
}

func isIterable(v any) bool {
	switch v := v.(type) {
	case string, *list, Tuple, group, *dict, *view, interval, *iterator, *loop:
		return true
	case undefined:
		return !v.strict
	case Sequence:
		return true
	}
	return false
}

func isCallable(v any) bool {
	switch v.(type) {
	case *macro, *method, builtin, Func, *joiner, *loop:
		return true
	case undefined:
		return true // it has a method for that, which fails
	case nil, bool, int64, *big.Int, float64, string:
		return false
	}
	return false
}
