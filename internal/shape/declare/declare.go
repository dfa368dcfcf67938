// Package declare reads declarations of inputs, which several languages have in the
// same form, as shapes: see package shape.
package declare

import (
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/document/strict"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/shape"
)

// types are the names of kinds of values.
var types = map[string]params.Value{
	"text": shape.Text, "string": shape.Text, "integer": shape.Integer, "number": shape.Number, "boolean": shape.Boolean,
	"date": shape.Date, "date-time": shape.Time, "time": shape.Time, "any": shape.Any,
	"list": []params.Value{shape.Any}, "array": []params.Value{shape.Any},
	"map": params.Of(shape.Others, shape.Any), "object": params.Of(shape.Others, shape.Any),
}

// Types returns the names that a declaration may give as type.
func Types() []string { return slices.Sorted(maps.Keys(types)) }

// Keys returns the keys that a declaration may have.
func Keys() []string {
	return []string{
		"type", "title", "description", "required", "default", "enum", "minimum", "maximum", "pattern", "format", "items", "properties",
	}
}

type reader struct{ *strict.Reader }

// Inputs reads declarations by name and returns their shape, which is that of all
// parameters. A strict one refuses parameters that are not declared.
func Inputs(r *strict.Reader, e document.Entry, onlyThese bool) params.Map {
	c := reader{r}
	declared := c.shapes(e)
	if !onlyThese {
		declared = declared.Set(shape.Others, shape.Any)
	}
	return declared
}

// shapes compiles declarations by name.
func (c *reader) shapes(e document.Entry) params.Map {
	var declared params.Map
	for _, one := range c.Mapping(e.Value, e.Key) {
		if one.Key == shape.Others || one.Key == shape.Of {
			c.Fail(one.Errorf("%q can't be the name of an input", one.Key))
			continue
		}
		declared = declared.Set(one.Key, c.input(one))
	}
	return declared
}

// input compiles one declaration: a type, a list with the type of its items, or a
// mapping with rules.
func (c *reader) input(e document.Entry) params.Value {
	r := shape.Rules{Required: true}
	if e.Value.Kind() == document.Mapping {
		r = c.rules(e)
	} else {
		r.Shape = c.shape(e)
	}
	words, err := r.Words()
	if err != nil {
		c.Wrong(e.Value, err)
		return shape.Any
	}
	return words
}

// shape compiles a type.
func (c *reader) shape(e document.Entry) params.Value {
	if items := e.Value.Items(); len(items) == 1 {
		return []params.Value{c.shape(e.With(items[0]))}
	}
	name, _ := e.Value.Text()
	of, ok := types[name]
	if !ok {
		c.Fail(e.Value.Errorf("%s must be a type, not %s", e.Key, e.Value.What()).Hint("%s", strict.Hint(name, Types())))
		return shape.Any
	}
	return of
}

func (c *reader) rules(e document.Entry) shape.Rules {
	keys := c.Known(e.Value.Entries(), "an input", Keys())
	r := shape.Rules{Shape: shape.Any, Required: !keys["default"].IsSet()}
	if r.Required && keys["required"].IsSet() {
		r.Required = c.Boolean(keys["required"])
	} else if is := keys["required"]; is.IsSet() && c.Boolean(is) {
		c.Fail(is.Errorf("an input with a default is not required"))
	}
	r.Shape = c.structure(keys)
	if at := keys["title"]; at.IsSet() {
		r.Title = c.Text(at)
	}
	if at := keys["description"]; at.IsSet() {
		r.Description = c.Text(at)
	}
	if at := keys["pattern"]; at.IsSet() {
		r.Pattern = c.Text(at)
	}
	r.Default, r.Minimum, r.Maximum = value(keys["default"]), value(keys["minimum"]), value(keys["maximum"])
	if at := keys["enum"]; at.IsSet() {
		if r.Enum, _ = at.Value.Value().([]params.Value); len(r.Enum) == 0 {
			c.Fail(at.Value.Errorf("enum must be a list of values, with one at least"))
		}
	}
	return r
}

func value(e document.Entry) params.Value {
	if !e.IsSet() {
		return nil
	}
	return e.Value.Value()
}

// structure compiles the type of an input with what says more of it.
func (c *reader) structure(keys map[string]document.Entry) params.Value {
	var of params.Value = shape.Any
	if at := keys["type"]; at.IsSet() {
		of = c.shape(at)
	}
	if at := keys["format"]; at.IsSet() {
		if of != shape.Text && of != shape.Any && keys["type"].IsSet() {
			c.Fail(at.Errorf("only a text has a format"))
		}
		of = types[c.Choice(at, []string{"date", "date-time"})]
	}
	if at := keys["items"]; at.IsSet() {
		if _, list := of.([]params.Value); !list && keys["type"].IsSet() {
			c.Fail(at.Errorf("only a list has items"))
		}
		of = []params.Value{c.part(at)}
	}
	if at := keys["properties"]; at.IsSet() {
		if _, isMap := of.(params.Map); !isMap && keys["type"].IsSet() {
			c.Fail(at.Errorf("only a map has properties"))
		}
		of = c.shapes(at)
	}
	return of
}

// part compiles what items are: they are never missing.
func (c *reader) part(e document.Entry) params.Value {
	words, ok := c.input(e).(params.Map)
	if !ok {
		return shape.Any
	}
	return words.Delete("required")
}

// Scheduled makes sure that a schedule, which may have params, gives what a workflow
// with those inputs wants.
func Scheduled(r *strict.Reader, inputs, schedule params.Map, at document.Entry) {
	if inputs.Len() == 0 || schedule.Len() == 0 {
		return
	}
	given, err := schedule.MapOr("params", params.Map{})
	if err != nil {
		return // which is told of by who reads schedules
	}
	if _, err := shape.Fit(inputs, given); err != nil {
		r.Fail(at.Errorf("what the schedule starts does not have the inputs: %v", err).
			Hint("give the inputs defaults, or the schedule params"))
	}
}
