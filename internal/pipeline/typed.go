package pipeline

import (
	"slices"
	"strconv"

	"github.com/pawlhq/pawl/internal/params"
)

// Typed says that a param is not what its JSON value says.
type Typed struct {
	// Path leads to it: keys of maps, and numbers of items of lists from 0.
	Path []string
	// Type is "date" or "datetime", and the value is a text as their isoformat(),
	// or "float", and it is "inf", "-inf" or "nan". What code has made knows two
	// more, both of whole params, which tasks get as that has them: "object" for
	// one that JSON has no value for, and "live" for one that has another type
	// in JSON.
	Type string
}

func typedFields(t Typed) params.Map { return params.Of("path", t.Path, "type", t.Type) }

// typedIn reads what is in the configuration of a task.
func typedIn(config params.Map) []Typed {
	list, _ := config.ListOr("typed", nil)
	typed := make([]Typed, len(list))
	for i, v := range list {
		m, _ := v.(params.Map)
		typed[i].Path = pathIn(m)
		typed[i].Type, _ = m.StringOr("type", "")
	}
	return typed
}

// pathIn reads the path of one of them, or of anything else that has one.
func pathIn(m params.Map) (path []string) {
	list, _ := m.ListOr("path", nil)
	for _, key := range list {
		text, _ := key.(string)
		path = append(path, text)
	}
	return path
}

// TrackedIn returns Task.Tracked of a task, from its configuration.
func TrackedIn(config params.Map) (params.Map, error) {
	tracked, err := config.MapOr("tracked", params.Map{})
	return withFloats(tracked, typedIn(config)), err
}

// withFloats returns params in which floats that are not finite, which JSON can't
// hold, are no texts any more.
func withFloats(p params.Map, typed []Typed) params.Map {
	for _, t := range typed {
		if t.Type == "float" {
			p, _ = withFloat(p, t.Path).(params.Map)
		}
	}
	return p
}

func withFloat(v params.Value, path []string) params.Value {
	switch v := v.(type) {
	case string:
		if f, err := strconv.ParseFloat(v, 64); err == nil && len(path) == 0 {
			return f
		}
	case params.Map:
		if len(path) > 0 && v.Has(path[0]) {
			e, _ := v.Get(path[0])
			return v.Set(path[0], withFloat(e, path[1:]))
		}
	case []params.Value:
		if len(path) == 0 {
			return v
		}
		if i, err := strconv.Atoi(path[0]); err == nil && i >= 0 && i < len(v) {
			list := slices.Clone(v)
			list[i] = withFloat(v[i], path[1:])
			return list
		}
	}
	return v
}
