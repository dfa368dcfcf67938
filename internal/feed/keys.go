package feed

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// Parts are what the keys of a message are found in.
type Parts struct {
	// Body is what the message says, and Key what its source orders it by;
	// either may be nil.
	Body, Key params.Value
	// Headers are texts by name, of which a name may have several.
	Headers []Header
	// AnyCase says that names of headers are the same in upper and lower case.
	AnyCase bool
}

// Header is one header of a message.
type Header struct{ Name, Value string }

// Extractor finds the keys of a message. That it has none is no error. It is
// called by several goroutines, and always finds the same in the same message.
type Extractor func(Parts) ([]store.MessageKey, error)

// Find returns an Extractor that finds what a parameter of tasks is compared
// with. From says where: "body" or "key", with a path such as
// "body.orders[*].id", or "header.NAME". With "text(...)" or "number(...)"
// around it, what is found is made a text or a number, as 7 and "7" are
// different keys. One message may have any number of keys.
func Find(param, from string) (Extractor, error) {
	as, inner, err := parseConversion(from)
	if err != nil {
		return nil, err
	}
	find, err := Locate(inner)
	if err != nil {
		return nil, err
	}
	return func(p Parts) ([]store.MessageKey, error) {
		var keys []store.MessageKey
		for _, v := range find(p) {
			v, ok := as(v)
			if !ok {
				return nil, model.Errorf(model.Invalid, "the key %s is of no use: %s of %s", param, from, sample(v))
			}
			keys = append(keys, store.MessageKey{Param: param, Value: engine.Canonical(v)})
		}
		return keys, nil
	}, nil
}

// FindEach returns an Extractor for the places of parameters, as Find does for one.
func FindEach(places map[string]string) (Extractor, error) {
	var list []Extractor
	for _, param := range slices.Sorted(maps.Keys(places)) {
		find, err := Find(param, places[param])
		if err != nil {
			return nil, err
		}
		list = append(list, find)
	}
	return FindAll(list...), nil
}

// FindAll returns an Extractor that finds what any of the others do, each key
// once.
func FindAll(list ...Extractor) Extractor {
	return func(p Parts) ([]store.MessageKey, error) {
		var keys []store.MessageKey
		for _, find := range list {
			found, err := find(p)
			if err != nil {
				return nil, err
			}
			for _, k := range found {
				if !slices.Contains(keys, k) {
					keys = append(keys, k)
				}
			}
		}
		return keys, nil
	}
}

// conversion makes a value what it is to be compared as. It reports false, with
// the value as it was, if there is no way.
type conversion func(params.Value) (params.Value, bool)

var conversions = map[string]conversion{
	"text": func(v params.Value) (params.Value, bool) {
		text, ok := params.ToString(v)
		if !ok {
			return v, false
		}
		return text, true
	},
	"number": func(v params.Value) (params.Value, bool) {
		text, ok := params.ToString(v)
		if !ok {
			return v, false
		}
		n, err := params.ParseJSON([]byte(text))
		if err != nil {
			return v, false
		}
		switch n.(type) {
		case nil, bool, string, params.Map, []params.Value:
			return v, false
		}
		return n, true
	},
}

func asItIs(v params.Value) (params.Value, bool) { return v, true }

func parseConversion(from string) (conversion, string, error) {
	name, inner, ok := strings.Cut(from, "(")
	if !ok || strings.ContainsAny(name, `."[`) {
		return asItIs, from, nil
	}
	inner, closed := strings.CutSuffix(inner, ")")
	as, known := conversions[name]
	if known && closed {
		return as, inner, nil
	}
	e := model.Errorf(model.Invalid, "%q is neither text(...) nor number(...)", from)
	if hint := document.DidYouMean(name, []string{"text", "number"}); hint != "" && !known {
		e = e.WithHint("%s", hint)
	}
	return nil, "", e
}

// roots are where keys may be.
var roots = []string{"body", "key", "header"}

// Locator finds the values that are at a place in a message. What is null is not
// there.
type Locator func(Parts) []params.Value

// Locate returns a Locator for a place: "body" or "key", with a path such as
// "body.orders[*].id", or "header.NAME".
func Locate(from string) (Locator, error) {
	root, rest := from, ""
	if end := strings.IndexAny(from, ".["); end >= 0 {
		root, rest = from[:end], from[end:]
	}
	if root == "header" {
		name := strings.TrimPrefix(rest, ".")
		if name == "" {
			return nil, model.Errorf(model.Invalid, "%q names no header", from).WithHint("a header is like header.order-id")
		}
		return AtHeader(name), nil
	}
	at, err := parsePath(rest)
	if err != nil {
		return nil, err
	}
	switch root {
	case "body":
		return func(p Parts) []params.Value { return at.find(nil, p.Body) }, nil
	case "key":
		return func(p Parts) []params.Value { return at.find(nil, p.Key) }, nil
	}
	e := model.Errorf(model.Invalid, "%q is not in a message", from)
	if hint := document.DidYouMean(root, roots); hint != "" {
		return nil, e.WithHint("%s", hint)
	}
	return nil, e.WithHint("keys are in body, key or header, such as body.order.id")
}

// AtHeader returns a Locator for the headers with a name.
func AtHeader(name string) Locator {
	return func(p Parts) (values []params.Value) {
		for _, h := range p.Headers {
			if h.Name == name || p.AnyCase && strings.EqualFold(h.Name, name) {
				values = append(values, h.Value)
			}
		}
		return values
	}
}

// sample is the beginning of a value, for messages to people.
func sample(v params.Value) string {
	return fmt.Sprintf("%.60s", params.AppendJSON(nil, v))
}
