package shape

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Of is the name, in a shape with rules, of the shape that the rules are about.
const Of = "$of"

// Names of rules in a shape that has some.
const (
	titleRule       = "title"
	descriptionRule = "description"
	requiredRule    = "required"
	defaultRule     = "default"
	enumRule        = "enum"
	minimumRule     = "minimum"
	maximumRule     = "maximum"
	patternRule     = "pattern"
)

// Rules are a shape and what its values are to be besides.
type Rules struct {
	// Shape is what the rules are about. Nil is Any.
	Shape params.Value
	// Title and Description are for people; both may be empty.
	Title, Description string
	// Required refuses parameters without a value.
	Required bool
	// Default is the value where none is given; nil is none.
	Default params.Value
	// Enum are the only values; empty allows all.
	Enum []params.Value
	// Minimum and Maximum bound a number, a date or a time, both inclusive; nil
	// does not.
	Minimum, Maximum params.Value
	// Pattern is a regular expression of package regexp that is to be found in a
	// text; empty allows all.
	Pattern string
}

// Words returns the shape with its rules as it is stored. Rules that make no sense
// are Invalid, such as a default that does not fit.
func (r Rules) Words() (params.Map, error) {
	if r.Shape == nil {
		r.Shape = Any
	}
	var err error
	if r, err = r.fitted(); err != nil {
		return params.Map{}, err
	}
	kv := []any{Of, r.Shape}
	add := func(name string, given bool, v params.Value) {
		if given {
			kv = append(kv, name, v)
		}
	}
	add(titleRule, r.Title != "", r.Title)
	add(descriptionRule, r.Description != "", r.Description)
	add(requiredRule, r.Required, r.Required)
	add(defaultRule, r.Default != nil, r.Default)
	add(enumRule, len(r.Enum) > 0, r.Enum)
	add(minimumRule, r.Minimum != nil, r.Minimum)
	add(maximumRule, r.Maximum != nil, r.Maximum)
	add(patternRule, r.Pattern != "", r.Pattern)
	return params.Of(kv...), nil
}

// fitted returns the rules with values that are of the shape.
func (r Rules) fitted() (Rules, error) {
	if r.Pattern != "" {
		if _, err := regexp.Compile(r.Pattern); err != nil {
			return r, model.Errorf(model.Invalid, "pattern %q: %w", r.Pattern, err)
		}
		if r.Shape != Text {
			return r, model.Errorf(model.Invalid, "only a text can have a pattern")
		}
	}
	bounded := r.Minimum != nil || r.Maximum != nil
	if kind, _ := r.Shape.(string); bounded && !slices.Contains([]string{Integer, Number, Date, Time}, kind) {
		return r, model.Errorf(model.Invalid, "only a number, a date or a time can have a minimum and a maximum")
	}
	var f fitter
	r.Minimum, r.Maximum = f.fit(r.Shape, r.Minimum, minimumRule), f.fit(r.Shape, r.Maximum, maximumRule)
	r.Enum = slices.Clone(r.Enum)
	for i, v := range r.Enum {
		r.Enum[i] = f.fit(r.Shape, v, fmt.Sprintf("%s[%d]", enumRule, i))
	}
	r.Default = f.fit(r.Shape, r.Default, defaultRule)
	switch {
	case len(f.problems) > 0:
	case r.Minimum != nil && r.Maximum != nil && order(r.Shape, r.Minimum, r.Maximum) > 0:
		return r, model.Errorf(model.Invalid, "the minimum %s is above the maximum %s", brief(r.Minimum), brief(r.Maximum))
	case r.Default != nil:
		f.allowed(r, r.Default, defaultRule)
	}
	if len(f.problems) > 0 {
		p := f.problems[0]
		return r, model.Errorf(model.Invalid, "%s is %s, and is to be %s", p.Input, p.Given, p.Want)
	}
	return r, nil
}

// rulesOf reads what Words returned. Others have no rules.
func rulesOf(of params.Value) Rules {
	m, ok := of.(params.Map)
	if !ok || !m.Has(Of) {
		return Rules{Shape: of}
	}
	text := func(name string) string { s, _ := m.StringOr(name, ""); return s }
	value := func(name string) params.Value { v, _ := m.Get(name); return v }
	r := Rules{
		Shape: value(Of), Title: text(titleRule), Description: text(descriptionRule), Required: value(requiredRule) == true,
		Default: value(defaultRule), Minimum: value(minimumRule), Maximum: value(maximumRule), Pattern: text(patternRule),
	}
	r.Enum, _ = value(enumRule).([]params.Value)
	return r
}

func isRuled(of params.Value) bool {
	m, ok := of.(params.Map)
	return ok && m.Has(Of)
}

// ruled fits a value to a shape with rules.
func (f *fitter) ruled(of params.Map, v params.Value, path string) params.Value {
	r := rulesOf(of)
	before := len(f.problems)
	fits := f.fit(r.Shape, v, path)
	if len(f.problems) == before {
		f.allowed(r, fits, path)
	}
	return fits
}

// allowed notes a value that has the shape, but not what the rules want.
func (f *fitter) allowed(r Rules, v params.Value, path string) {
	text, _ := v.(string)
	switch {
	case len(r.Enum) > 0 && !slices.ContainsFunc(r.Enum, func(one params.Value) bool { return r.same(one, v) }),
		r.Minimum != nil && order(r.Shape, v, r.Minimum) < 0,
		r.Maximum != nil && order(r.Shape, v, r.Maximum) > 0,
		r.Pattern != "" && !matches(r.Pattern, text):
		f.unfit(path, v, r.want())
	}
}

// same tells whether two values of the shape are equal: 1 and 1.0 are the same number.
func (r Rules) same(a, b params.Value) bool {
	return r.Shape == Number && order(Number, a, b) == 0 || params.Equal(a, b)
}

// matches tells whether a pattern is found. One that a newer version of this program
// knows allows all.
func matches(pattern, text string) bool {
	re, err := regexp.Compile(pattern)
	return err != nil || re.MatchString(text)
}

// absent adds what was not given: defaults, null for inputs without one, and problems
// for what is required.
func (f *fitter) absent(of, given params.Map, path string) params.Map {
	for name, kind := range of.All() {
		if v, _ := given.Get(name); v != nil || f.change && path == "" && !given.Has(name) {
			continue
		}
		r := rulesOf(kind)
		if path == "" && isRuled(kind) && !r.Required {
			f.mistyped(of, given, name)
		}
		switch {
		case r.Default != nil:
			given = given.Set(name, r.Default)
		case r.Required:
			f.problems = append(f.problems, Problem{Input: within(path, name), Want: r.want(), Hint: mistaken(of, given, name)})
		case path == "" && isRuled(kind):
			given = given.Set(name, nil) // so that whoever asks for it finds nothing, and no error
		}
	}
	return given
}

// mistaken asks whether a name that is missing was meant by one that was given and that
// the shape does not have.
func mistaken(of, given params.Map, missing string) string {
	if name := nearly(of, given, missing); name != "" {
		return fmt.Sprintf("did you mean %q? %q is given", missing, name)
	}
	return ""
}

// mistyped tells of a name that was given, where others are let in, and that is nearly
// one that has a default.
func (f *fitter) mistyped(of, given params.Map, missing string) {
	name := nearly(of, given, missing)
	told := slices.ContainsFunc(f.problems, func(p Problem) bool { return p.Unknown && p.Input == name })
	if name != "" && !told {
		f.problems = append(f.problems, Problem{Input: name, Unknown: true, Hint: document.DidYouMean(name, slices.Collect(of.Keys()))})
	}
}

// nearly returns a name that was given, that the shape does not have, and that is nearly
// one that is missing; or "".
func nearly(of, given params.Map, missing string) string {
	if !of.Has(Others) {
		return "" // others are told of anyway
	}
	for name := range given.Keys() {
		if !of.Has(name) && slices.Contains(document.Suggest(name, slices.Collect(of.Keys())), missing) {
			return name
		}
	}
	return ""
}

// order compares two values of a shape that has an order.
func order(of, a, b params.Value) int {
	switch of {
	case Date, Time:
		layout := time.RFC3339
		if of == Date {
			layout = time.DateOnly
		}
		x, _ := instant(a, layout)
		y, _ := instant(b, layout)
		return x.Compare(y)
	}
	if x, ok := a.(int64); ok {
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	}
	x, _ := params.ToFloat(a)
	y, _ := params.ToFloat(b)
	return cmp.Compare(x, y)
}

// want says what a value is to be.
func (r Rules) want() string {
	if len(r.Enum) > 0 {
		words := make([]string, len(r.Enum))
		for i, v := range r.Enum {
			words[i] = brief(v)
		}
		return "one of " + strings.Join(words, ", ")
	}
	want := "anything"
	switch of := r.Shape.(type) {
	case string:
		if known := articles[of]; known != "" {
			want = known
		}
	case []params.Value:
		want = "a list"
	case params.Map:
		want = "a map"
	}
	var more []string
	if r.Minimum != nil {
		more = append(more, "at least "+params.Literal(r.Minimum))
	}
	if r.Maximum != nil {
		more = append(more, "at most "+params.Literal(r.Maximum))
	}
	if r.Pattern != "" {
		more = append(more, "like "+r.Pattern)
	}
	if len(more) == 0 {
		return want
	}
	return want + ", " + strings.Join(more, " and ")
}
