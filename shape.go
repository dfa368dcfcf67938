package pawl

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/shape"
)

// shapeOf returns what JSON makes of a type, for those who give parameters to runs
// without knowing it.
func shapeOf(t reflect.Type) params.Value { return shapes{}.of(t) }

// shapes are the named types within which one is, so that none goes round for ever.
type shapes []reflect.Type

func (within shapes) of(t reflect.Type) params.Value {
	t = bare(t)
	switch {
	case t == reflect.TypeFor[time.Time]():
		return shape.Time
	case ownJSON(t), slices.Contains(within, t):
		return shape.Any
	case t.Name() != "":
		within = append(slices.Clip(within), t)
	}
	switch t.Kind() {
	case reflect.String:
		return shape.Text
	case reflect.Bool:
		return shape.Boolean
	case reflect.Float32, reflect.Float64:
		return shape.Number
	case reflect.Slice, reflect.Array:
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return shape.Text // in base64
		}
		return []params.Value{within.of(t.Elem())}
	case reflect.Map:
		return params.Of(shape.Others, within.of(t.Elem()))
	case reflect.Struct:
		return within.structure(t)
	}
	if reflect.Int <= t.Kind() && t.Kind() <= reflect.Uintptr {
		return shape.Integer
	}
	return shape.Any
}

func (within shapes) structure(t reflect.Type) params.Value {
	m, fields := params.Map{}, jsonFields(t)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if fields[name].quoted {
			m = m.Set(name, shape.Any)
			continue
		}
		m = m.Set(name, within.of(fields[name].of))
	}
	return m
}
