package pawl

import (
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// ownJSON reports whether a type says by itself what it is in JSON.
func ownJSON(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Marshaler]()) || p.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// bare returns the type that pointers lead to; of one that leads to itself, a pointer.
func bare(t reflect.Type) reflect.Type {
	var seen []reflect.Type
	for t.Kind() == reflect.Pointer && !slices.Contains(seen, t) {
		seen, t = append(seen, t), t.Elem()
	}
	return t
}

// field is one of a struct as JSON has it.
type field struct {
	of reflect.Type
	// quoted is set for one that is a text whatever it is.
	quoted bool
}

// jsonFields returns the fields of a struct by their names in JSON.
func jsonFields(t reflect.Type) map[string]field { return fieldsWithin(t, nil) }

// fieldsWithin is jsonFields for a struct that is embedded in others.
func fieldsWithin(t reflect.Type, outer []reflect.Type) map[string]field {
	fields := make(map[string]field)
	if slices.Contains(outer, t) {
		return fields // its own are hidden
	}
	outer = append(slices.Clip(outer), t)
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := bare(f.Type)
		switch {
		case f.Tag.Get("json") == "-":
		case f.Anonymous && name == "" && inner.Kind() == reflect.Struct:
			for n, of := range fieldsWithin(inner, outer) {
				if _, hidden := fields[n]; !hidden {
					fields[n] = of
				}
			}
		case !f.IsExported():
		default:
			fields[cmp.Or(name, f.Name)] = field{f.Type, slices.Contains(strings.Split(options, ","), "string")}
		}
	}
	return fields
}
