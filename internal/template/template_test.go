package template_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/template"
)

func render(t *testing.T, text string, o template.Options, vars template.Vars) string {
	t.Helper()
	out, err := mustParse(t, text, o).Render(vars)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return out
}

func mustParse(t *testing.T, text string, o template.Options) *template.Template {
	t.Helper()
	parsed, err := template.Parse("t.sql", text, o)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return parsed
}

// relation is a product: it prints as its name and knows its parts.
type relation struct{ schema, name string }

func (r relation) String() string { return r.schema + "." + r.name }

func (r relation) Item(key any) (any, bool) {
	switch key {
	case "schema":
		return r.schema, true
	case "name":
		return r.name, true
	case int64(0):
		return r.schema, true
	}
	return nil, false
}

// noted is a mapping that remembers what was taken from it.
type noted struct {
	values map[string]any
	taken  []string
}

func (n *noted) Item(key any) (any, bool) {
	name, ok := key.(string)
	if v, found := n.values[name]; ok && found {
		n.taken = append(n.taken, name)
		return v, true
	}
	return nil, false
}

func (n *noted) Elements() []any {
	var keys []any
	for k := range n.values {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	return keys
}

func TestAValueWithABehaviourOfItsOwn(t *testing.T) {
	t.Parallel()
	vars := template.Map{"r": relation{"public", "t"}}
	for text, want := range map[string]string{
		"{{ r }}":                          "public.t",
		"{{ r.name }} {{ r['schema'] }}":   "t public",
		"{{ r[0] }}":                       "public",
		"{{ r|upper }}":                    "PUBLIC.T",
		"{{ [r] }}":                        "[public.t]",
		"{{ 'x' ~ r }}":                    "xpublic.t",
		"{{ r.nope }}":                     "",
		"{{ r == r }}{{ r is string }}":    "TrueFalse",
		"{{ 'name' in r }}{{ 'no' in r }}": "TrueFalse",
		"{{ {r: 1}[r] }}":                  "1",
	} {
		if got := render(t, text, template.Options{}, vars); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestAValueNotesWhatIsTakenFromIt(t *testing.T) {
	t.Parallel()
	up := &noted{values: map[string]any{"a": relation{"s", "a"}, "b": 1, "c": 2}}
	got := render(t, "{{ upstream['a'] }}{{ upstream.b }}{{ upstream.zz is defined }}{{ upstream|length }}{% for k in upstream %}{{ k }}{% endfor %}",
		template.Options{Strict: true}, template.Map{"upstream": up})
	if got != "s.a1False3abc" {
		t.Errorf("got %q", got)
	}
	if diff := cmp.Diff([]string{"a", "b"}, up.taken); diff != "" {
		t.Error(diff)
	}
}

func TestVariablesOfAllKinds(t *testing.T) {
	t.Parallel()
	vars := template.Map{"m": params.Of("k", []any{1, 2.0}), "t": template.Tuple{1, "a"}, "i": 7, "s": []string{"x"}, "n": nil}
	got := render(t, "{{ m }}{{ t }}{{ i }}{{ s }}{{ n }}", template.Options{}, vars)
	if want := "{'k': [1, 2.0]}(1, 'a')7['x']None"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRenderingLeavesVariablesAsTheyAre(t *testing.T) {
	t.Parallel()
	list := []any{int64(1)}
	parsed := mustParse(t, "{% set _ = l.append(2) %}{{ l }}", template.Options{})
	for range 2 {
		got, err := parsed.Render(template.Map{"l": list})
		if err != nil || got != "[1, 2]" {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if len(list) != 1 {
		t.Errorf("the list became %v", list)
	}
}

func TestGlobalsCanBeCalled(t *testing.T) {
	t.Parallel()
	var seen template.Args
	o := template.Options{Strict: true, Globals: map[string]any{
		"f":    template.Func(func(a template.Args) (any, error) { seen = a; return map[string]any{"x": len(a.Positional)}, nil }),
		"fail": func(template.Args) (any, error) { return nil, errCause },
	}}
	got := render(t, "{{ f([1, (2,)], {'a': [()]}, k=none).x }}", o, nil)
	want := template.Args{
		Positional: []any{[]any{int64(1), template.Tuple{int64(2)}}, params.Of("a", []any{[]any{}})},
		Named:      template.Map{"k": nil},
	}
	if diff := cmp.Diff(want, seen); diff != "" || got != "2" {
		t.Errorf("got %q, arguments (-want +got):\n%s", got, diff)
	}
	_, err := mustParse(t, "\n{{ fail() }}", o).Render(nil)
	var e *template.Error
	if !errors.Is(err, errCause) || !errors.As(err, &e) || e.Line != 2 || e.Message != errCause.Error() {
		t.Errorf("error %v", err)
	}
}

var errCause = errors.New("no such file")

func TestWhatImportsCantLoadKeepsItsCause(t *testing.T) {
	t.Parallel()
	o := template.Options{Load: func(string) (string, error) { return "", errCause }}
	_, err := mustParse(t, "{% include 'a' ignore missing %}", o).Render(nil)
	if !errors.Is(err, errCause) {
		t.Errorf("error %v", err)
	}
}

func TestAnErrorSaysWhichVariableIsMissing(t *testing.T) {
	t.Parallel()
	_, err := mustParse(t, "a\nb {{ one ~ zwei }}", template.Options{Strict: true}).Render(template.Map{"one": 1})
	want := &template.Error{Template: "t.sql", Line: 2, Column: 12, Message: "'zwei' is undefined", Undefined: "zwei"}
	var e *template.Error
	if !errors.As(err, &e) || cmp.Diff(want, e) != "" {
		t.Errorf("error %#v", err)
	}
	if got := err.Error(); got != "t.sql:2:12: 'zwei' is undefined" {
		t.Errorf("text %q", got)
	}
}

func TestAnErrorInAnImportHasItsName(t *testing.T) {
	t.Parallel()
	files := map[string]string{"m": "\n{% macro f() %}{{ 1 / 0 }}{% endmacro %}", "bad": "{% if %}"}
	o := template.Options{Load: func(name string) (string, error) { return files[name], nil }}
	for text, want := range map[string]string{
		"{% from 'm' import f %}{{ f() }}": "m:2:19: division by zero",
		"{% include 'bad' %}":              "bad:1:7: Expected an expression, got 'end of statement block'",
	} {
		if _, err := mustParse(t, text, o).Render(nil); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestVariablesAreInTheOrderOfTheirUse(t *testing.T) {
	t.Parallel()
	text := "{{ z }}{% for x in items if x > low %}{{ x }}{{ b }}{% endfor %}{{ a }}{{ z }}{{ get_key(a, c) }}"
	o := template.Options{Globals: map[string]any{"get_key": nil}}
	if diff := cmp.Diff([]string{"z", "items", "low", "b", "a", "c"}, mustParse(t, text, o).Variables()); diff != "" {
		t.Error(diff)
	}
}

func TestKeysHavePositions(t *testing.T) {
	t.Parallel()
	text := "-- {{ upstream.b }}\n{# {{ upstream.no }} #}\n  {{ upstream['a']['k'] }}{{ upstream.b }}{{ other.x }}{% if upstream['c' ~ 1] %}{% endif %}"
	got, err := mustParse(t, text, template.Options{}).Keys("upstream")
	if err != nil {
		t.Fatal(err)
	}
	want := []template.Key{{Name: "b", Line: 1, Column: 7}, {Name: "a", Line: 3, Column: 6}, {Name: "c1", Line: 3, Column: 62}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAKeyThatIsNotConstantIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\n{{ upstream[name] }}":  "t.sql:2:13: the key of 'upstream' is not a constant, such as upstream['name']",
		"{{ upstream[f()] }}":     "t.sql:1:13: the key of 'upstream' is not a constant, such as upstream['name']",
		"{{ upstream[0] }}":       "t.sql:1:13: the key of 'upstream' is not a string: 0",
		"{{ upstream['a' + 1] }}": `t.sql:1:13: can only concatenate str (not "int") to str`,
	} {
		if _, err := mustParse(t, text, template.Options{}).Keys("upstream"); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func TestATemplateCanDeclareItsProduct(t *testing.T) {
	t.Parallel()
	o := template.Options{Strict: true, Globals: map[string]any{
		"SQLRelation": template.Func(func(a template.Args) (any, error) { return fmt.Sprint(a.Positional), nil }),
	}}
	for text, want := range map[string]any{
		"{% set product = SQLRelation(['s', 't', 'table']) %}\nSELECT 1": "[[s t table]]",
		"{% set product = 1 %}{% set product = (1, 'a') %}":              template.Tuple{int64(1), "a"},
		"{% if x %}{% set product = {'a': 1} %}{% endif %}":              params.Of("a", 1),
	} {
		got, found, err := mustParse(t, text, o).Assigned("product")
		if err != nil || !found {
			t.Errorf("%q: found %v, error %v", text, found, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q:\n%s", text, diff)
		}
	}
	if _, found, err := mustParse(t, "{% set a, product = 1, 2 %}", o).Assigned("product"); found || err != nil {
		t.Errorf("found %v, error %v", found, err)
	}
	if _, _, err := mustParse(t, "\n{% set product = Unknown([1]) %}", o).Assigned("product"); err == nil || !strings.HasPrefix(err.Error(), "t.sql:2:18: 'Unknown' is undefined") {
		t.Errorf("error %v", err)
	}
}

func TestWhatIsNotSupportedIsAnError(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{% extends 'a' %}", "{% block a %}{% endblock %}", "{% autoescape true %}{% endautoescape %}", "{{ x|pprint }}", "{{ [1]|random }}", "{{ 'x'|wordwrap }}",
		"{{ 'x'|urlize }}", "{{ {}|xmlattr }}", "{{ 'x'|striptags }}", "{{ self.x() }}", "{{ lipsum() }}", "{{ 'x'.encode() }}", "{{ [1]|map('upper') }}", "{{ 'x'.upper }}", `{{ '\N{DASH}' }}`, "{{ (-8) ** 0.5 }}",
	} {
		parsed, err := template.Parse("t", text, template.Options{})
		if err == nil {
			_, err = parsed.Render(nil)
		}
		if err == nil {
			t.Errorf("%q is no error", text)
		}
	}
}

func TestManyCanShareATemplate(t *testing.T) {
	t.Parallel()
	parsed := mustParse(t, "{% macro f(x) %}{{ x }}{% endmacro %}{% for i in items %}{{ f(i) }}{% endfor %}", template.Options{})
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			got, err := parsed.Render(template.Map{"items": []any{n, n}})
			if want := fmt.Sprint(n, n); err != nil || got != strings.ReplaceAll(want, " ", "") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	wait.Wait()
}
