package facts

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Kind is that of a value of metadata.
type Kind string

// Kinds. Text, Number, Boolean and JSON are known by the value alone; the others have
// to be named.
const (
	Text     Kind = "text"
	Number   Kind = "number"
	Boolean  Kind = "boolean"
	URL      Kind = "url"
	Path     Kind = "path"
	JSON     Kind = "json"
	Table    Kind = "table" // a list of rows, each of which is an object
	Markdown Kind = "markdown"
)

// kinds has the names of all.
var kinds = []string{string(Text), string(Number), string(Boolean), string(URL), string(Path), string(JSON), string(Table), string(Markdown)}

const (
	typeKey  = "type"
	valueKey = "value"
)

// Of returns a value of a kind, to stand in metadata.
func Of(k Kind, v params.Value) params.Map { return params.Of(typeKey, string(k), valueKey, v) }

// Entry returns the kind and the value of what is kept under a name of metadata.
func Entry(v params.Value) (Kind, params.Value) {
	m, _ := v.(params.Map)
	k, _ := m.Get(typeKey)
	name, _ := k.(string)
	value, _ := m.Get(valueKey)
	return Kind(name), value
}

// metadata returns values with their kinds.
func metadata(given params.Map) (out params.Map, err error) {
	for name, v := range given.All() {
		if err := checkName("a name in metadata", name); err != nil {
			return out, err
		}
		if name == "" {
			return out, model.Errorf(model.Invalid, "a name in metadata is empty")
		}
		kind, value := kindOf(v)
		if err := kind.check(value); err != nil {
			return out, model.Errorf(model.Invalid, "metadata %s: %w", name, err)
		}
		out = out.Set(name, Of(kind, value))
	}
	return out, nil
}

// kindOf returns the kind that a value is given with, or that it has by itself.
func kindOf(v params.Value) (Kind, params.Value) {
	switch of := v.(type) {
	case string:
		return Text, v
	case bool:
		return Boolean, v
	case int64, float64, json.Number:
		return Number, v
	case params.Map:
		k, _ := of.Get(typeKey)
		if name, ok := k.(string); ok && of.Len() == 2 && of.Has(valueKey) {
			value, _ := of.Get(valueKey)
			return Kind(name), value
		}
	}
	return JSON, v
}

// check returns an error for a value that is not of the kind.
func (k Kind) check(v params.Value) error {
	text, isText := v.(string)
	fits := isText
	switch k {
	case Text, Markdown:
	case Number:
		switch v.(type) {
		case int64, float64, json.Number:
			fits = true
		default:
			fits = false
		}
	case Boolean:
		_, fits = v.(bool)
	case URL:
		u, err := url.Parse(text)
		fits = isText && err == nil && u.IsAbs()
	case Path:
		fits = isText && text != "" && !strings.Contains(text, "\x00")
	case JSON:
		fits = true
	case Table:
		rows, isList := v.([]params.Value)
		fits = isList && !slices.ContainsFunc(rows, func(row params.Value) bool {
			_, is := row.(params.Map)
			return !is
		})
	default:
		e := model.Errorf(model.Invalid, "there is no type %q of metadata", string(k))
		if hint := document.DidYouMean(string(k), kinds); hint != "" {
			return e.WithHint("%s", hint)
		}
		return e.WithHint("types are %s", strings.Join(kinds, ", "))
	}
	if !fits {
		return model.Errorf(model.Invalid, "%.100s is no %s%s", params.AppendJSON(nil, v), k, k.hint())
	}
	return nil
}

func (k Kind) hint() string {
	switch k {
	case Table:
		return ", which is a list of objects"
	case URL:
		return ", which begins with a scheme such as https:"
	}
	return ""
}
