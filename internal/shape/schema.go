package shape

import (
	"iter"

	"github.com/pawlhq/pawl/internal/params"
)

// Draft is the dialect of JSON Schema in which Schema writes.
const Draft = "https://json-schema.org/draft/2020-12/schema"

// kinds are those of JSON Schema.
var kinds = map[string]params.Map{
	Text: params.Of("type", "string"), Integer: params.Of("type", "integer"), Number: params.Of("type", "number"), Boolean: params.Of("type", "boolean"),
	Date: params.Of("type", "string", "format", "date"), Time: params.Of("type", "string", "format", "date-time"),
}

// Schema returns the JSON Schema of what has a shape. It says what people are to
// give: Fit takes texts of numbers and booleans, too.
func Schema(title string, of params.Value) params.Map {
	if of == nil {
		of = params.Of(Others, Any)
	}
	head := params.Of("$schema", Draft)
	if title != "" {
		head = head.Set("title", title)
	}
	return head.Merge(schemaOf(of))
}

func schemaOf(of params.Value) params.Map {
	switch of := of.(type) {
	case string:
		return kinds[of]
	case []params.Value:
		if len(of) == 1 {
			return params.Of("type", "array", "items", schemaOf(of[0]))
		}
		return params.Of("type", "array")
	case params.Map:
		if of.Has(Of) {
			return rulesOf(of).schema()
		}
		return object(of)
	}
	return params.Map{}
}

// object is the schema of a map whose names the shape has.
func object(of params.Map) params.Map {
	var properties params.Map
	var required []params.Value
	for name, kind := range names(of) {
		properties = properties.Set(name, schemaOf(kind))
		if rulesOf(kind).Required {
			required = append(required, name)
		}
	}
	m := params.Of("type", "object", "properties", properties)
	if len(required) > 0 {
		m = m.Set("required", required)
	}
	others, open := of.Get(Others)
	switch {
	case !open:
		return m.Set("additionalProperties", false)
	case others == Any:
		return m.Set("additionalProperties", true)
	}
	return m.Set("additionalProperties", schemaOf(others))
}

// names are those that a shape has, with what each is.
func names(of params.Map) iter.Seq2[string, params.Value] {
	return of.Delete(Others).All()
}

// schema is that of the shape with what the rules add.
func (r Rules) schema() params.Map {
	m := schemaOf(r.Shape)
	add := func(name string, given bool, v params.Value) {
		if given {
			m = m.Set(name, v)
		}
	}
	lowest, highest := "minimum", "maximum"
	if r.Shape == Date || r.Shape == Time { // of which the words of the standard know no order
		lowest, highest = "formatMinimum", "formatMaximum"
	}
	add("title", r.Title != "", r.Title)
	add("description", r.Description != "", r.Description)
	add("enum", len(r.Enum) > 0, r.Enum)
	add(lowest, r.Minimum != nil, r.Minimum)
	add(highest, r.Maximum != nil, r.Maximum)
	add("pattern", r.Pattern != "", r.Pattern)
	add("default", r.Default != nil, r.Default)
	return m
}

// Input is a parameter that a shape declares by its name.
type Input struct {
	Name string
	Rules
	// Want says in words what a value is to be.
	Want string
}

// Inputs returns the parameters that a shape declares by their names, in order.
func Inputs(of params.Value) []Input {
	m, ok := of.(params.Map)
	if !ok {
		return nil
	}
	var list []Input
	for name, kind := range names(m) {
		r := rulesOf(kind)
		list = append(list, Input{Name: name, Rules: r, Want: r.want()})
	}
	return list
}

// FitOne fits the value of one parameter that a shape declares. The error is that
// of Fit.
func FitOne(of params.Value, name string, v params.Value) (params.Value, error) {
	m, _ := of.(params.Map)
	kind, _ := m.Get(name)
	fit, err := Fit(params.Of(name, kind), params.Of(name, v))
	if err != nil {
		return nil, err
	}
	v, _ = fit.Get(name)
	return v, nil
}
