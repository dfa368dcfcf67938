// Package shape says which parameters a workflow takes, in words that can be stored
// and shown to people, and fits what was given to them. It is pure, and knows
// neither who declares parameters nor who gives them.
//
// A shape is a value as JSON has it: the name of a kind, a list of one shape, for
// lists of such values, or a map of shapes by name. The name Others stands for all
// names that are not in the map. A map with the name Of is a shape with rules: the
// shape is there, and beside it what a value is to be besides (see Rules).
package shape

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

// Kinds of values. What is Any is not looked at.
const (
	Any     = "any"
	Text    = "text"
	Integer = "integer"
	Number  = "number"
	Boolean = "boolean"
	Date    = "date"
	Time    = "time"
)

// Others is the name in a map that stands for those that it does not have.
const Others = "*"

// articles are the kinds as they stand in sentences.
var articles = map[string]string{
	Text: "a text", Integer: "a whole number", Number: "a number", Boolean: "true or false",
	Date: "a date such as 2026-01-30", Time: "a time such as 2026-01-30T00:00:00Z",
}

// Fit returns parameters as a workflow with a shape takes them: a text becomes the
// number, boolean, list or map that it stands for where one is wanted, and a number
// or boolean the text that it is written as. What is not given gets its default,
// or null where there are rules and none of them says so.
// Null fits everywhere, and counts as not given where there are rules. What does not
// fit, what is missing and what the shape does not have is an *Error with all of it.
func Fit(of params.Value, given params.Map) (params.Map, error) {
	var f fitter
	v := f.fit(of, given, "")
	if len(f.problems) > 0 {
		return given, &Error{Problems: f.problems}
	}
	m, _ := v.(params.Map)
	return m, nil
}

// FitOver fits what was given to a shape beside parameters that come from elsewhere,
// such as settings: of those, only what the shape has by its name is looked at, where
// it is not given, and the rest stays as it is.
func FitOver(of params.Value, elsewhere, given params.Map) (params.Map, error) {
	named, _ := of.(params.Map)
	var known params.Map
	for name, v := range elsewhere.All() {
		if named.Has(name) {
			known = known.Set(name, v)
		}
	}
	fits, err := Fit(of, known.Merge(given))
	return elsewhere.Merge(fits), err
}

// FitChange fits parameters that change some of those that a workflow was given: it is
// Fit that adds nothing, and misses nothing.
func FitChange(of params.Value, given params.Map) (params.Map, error) {
	f := fitter{change: true}
	v := f.fit(of, given, "")
	if len(f.problems) > 0 {
		return given, &Error{Problems: f.problems}
	}
	m, _ := v.(params.Map)
	return m, nil
}

// fitter collects what does not fit, and goes on.
type fitter struct {
	problems []Problem
	// change leaves what is not given, at the top, as it is.
	change bool
}

// unfit notes a value that is to be something else.
func (f *fitter) unfit(path string, v params.Value, want string) params.Value {
	f.problems = append(f.problems, Problem{Input: path, Given: brief(v), Want: want})
	return nil
}

func (f *fitter) fit(of, v params.Value, path string) params.Value {
	if v == nil {
		return nil
	}
	switch of := of.(type) {
	case string:
		return f.kind(of, v, path)
	case []params.Value:
		list, ok := parsed(v).([]params.Value)
		if !ok || len(of) != 1 {
			return f.unfit(path, v, "a list")
		}
		return f.list(of[0], list, path)
	case params.Map:
		if of.Has(Of) {
			return f.ruled(of, v, path)
		}
		m, ok := parsed(v).(params.Map)
		if !ok {
			return f.unfit(path, v, "a map")
		}
		return f.names(of, m, path)
	}
	return v
}

// parsed is what a text stands for that has a list or a map.
func parsed(v params.Value) params.Value {
	text, ok := v.(string)
	if !ok {
		return v
	}
	of, err := params.ParseJSON([]byte(text))
	if err != nil {
		return v
	}
	return of
}

func (f *fitter) list(of params.Value, list []params.Value, path string) params.Value {
	out := make([]params.Value, len(list))
	for i, v := range list {
		out[i] = f.fit(of, v, fmt.Sprintf("%s[%d]", path, i))
	}
	return out
}

// names fits a map whose names the shape has.
func (f *fitter) names(of, m params.Map, path string) (out params.Map) {
	others, open := of.Get(Others)
	for name, v := range m.All() {
		at := within(path, name)
		kind, known := of.Get(name)
		switch {
		case known:
		case open:
			kind = others
		default:
			f.unknown(of, name, at)
			continue
		}
		fits := f.fit(kind, v, at)
		if fits == nil {
			fits = v // which is not missing, whatever is wrong with it
		}
		out = out.Set(name, fits)
	}
	return f.absent(of, out, path)
}

func within(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (f *fitter) unknown(of params.Map, name, at string) {
	names := slices.Collect(of.Keys())
	hint := document.DidYouMean(name, names)
	if hint == "" && len(names) > 0 {
		verb := "are "
		if len(names) == 1 {
			verb = "is only "
		}
		hint = "there " + verb + strings.Join(names, ", ")
	}
	f.problems = append(f.problems, Problem{Input: at, Unknown: true, Hint: hint})
}

func (f *fitter) kind(kind string, v params.Value, path string) params.Value {
	fits := true
	switch kind {
	case Text:
		v, fits = scalar(v)
	case Integer:
		v, fits = whole(v)
	case Number:
		v, fits = number(v)
	case Boolean:
		v, fits = boolean(v)
	case Date:
		_, fits = instant(v, time.DateOnly)
	case Time:
		_, fits = instant(v, time.RFC3339)
	default: // Any, and what a newer version of this program knows
	}
	if !fits {
		return f.unfit(path, v, articles[kind])
	}
	return v
}

func scalar(v params.Value) (params.Value, bool) {
	if text, ok := params.ToString(v); ok {
		return text, true
	}
	return v, false
}

func whole(v params.Value) (params.Value, bool) {
	switch of := v.(type) {
	case int64, json.Number:
		return v, true
	case string:
		if n, ok := params.ToInt(of); ok && strings.TrimSpace(of) != "" {
			return n, true
		}
	}
	return v, false
}

func number(v params.Value) (params.Value, bool) {
	switch of := v.(type) {
	case int64, float64, json.Number:
		return v, true
	case string:
		if n, ok := whole(of); ok {
			return n, true
		}
		if n, ok := params.ToFloat(of); ok && strings.TrimSpace(of) != "" {
			return n, true
		}
	}
	return v, false
}

// booleans are the texts that stand for true and false, in lower case.
var booleans = map[string]bool{
	"true": true, "yes": true, "on": true, "t": true, "y": true, "1": true,
	"false": false, "no": false, "off": false, "f": false, "n": false, "0": false,
}

func boolean(v params.Value) (params.Value, bool) {
	switch of := v.(type) {
	case bool:
		return of, true
	case string:
		if is, ok := booleans[strings.ToLower(strings.TrimSpace(of))]; ok {
			return is, true
		}
	case int64:
		if of == 0 || of == 1 {
			return of == 1, true
		}
	}
	return v, false
}

// instant reads a text in a layout of package time.
func instant(v params.Value, layout string) (time.Time, bool) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(layout, text)
	return at, err == nil
}
