package template

import (
	"errors"
	"fmt"

	"github.com/pawlhq/pawl/internal/template/value"
)

// globalNamed returns a function of Jinja2, or nil.
func globalNamed(name string) value.Builtin {
	var fn value.Builtin
	switch name {
	case "range":
		fn = rangeGlobal
	case "dict":
		fn = dictGlobal
	case "namespace":
		fn = namespaceGlobal
	case "cycler":
		fn = cyclerGlobal
	case "joiner":
		fn = joinerGlobal
	case "lipsum", "self":
		fn = func(*value.Work, *value.Arguments) (any, error) { return nil, fmt.Errorf("%s is not supported", name) }
	default:
		return nil
	}
	return func(w *value.Work, a *value.Arguments) (any, error) {
		a.Callee = name
		return fn(w, a)
	}
}

func rangeGlobal(_ *value.Work, a *value.Arguments) (any, error) {
	first := a.Int("start")
	second, ok := a.Take("stop")
	step := a.OptInt("step", 1)
	if err := a.Done(); err != nil {
		return nil, err
	}
	if !ok {
		return value.Interval{Start: 0, Stop: int64(first), Step: 1}, nil
	}
	stop, err := value.ToInt(second)
	if err != nil {
		return nil, err
	}
	if step == 0 {
		return nil, errors.New("range() arg 3 must not be zero")
	}
	return value.Interval{Start: int64(first), Stop: int64(stop), Step: int64(step)}, nil
}

func dictGlobal(w *value.Work, a *value.Arguments) (any, error) {
	d := new(value.Dict)
	return d, w.DictFrom(d, a)
}

func namespaceGlobal(w *value.Work, a *value.Arguments) (any, error) {
	n := new(value.Namespace)
	return n, w.DictFrom(&n.Dict, a)
}

func cyclerGlobal(_ *value.Work, a *value.Arguments) (any, error) {
	if len(a.Positional) == 0 {
		return nil, errors.New("at least one item has to be provided")
	}
	return &cycler{items: a.Positional}, a.OnlyPositional()
}

func joinerGlobal(_ *value.Work, a *value.Arguments) (any, error) {
	j := &joiner{text: a.OptText("sep", ", ")}
	return j, a.Done()
}
