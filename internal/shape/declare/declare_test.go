package declare_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/document/strict"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/shape/declare"
)

// inputs reads declarations.
func inputs(t *testing.T, text string, only bool) (params.Map, document.Errors) {
	t.Helper()
	n, err := document.Format{Scalars: document.Core}.Parse("f", []byte("inputs: "+text))
	if err != nil {
		t.Fatal(err)
	}
	var r strict.Reader
	return declare.Inputs(&r, n.Entries()[0], only), r.Errs
}

func TestDeclarationsAreShapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{a: date}":                                                   `{"a":{"$of":"date","required":true}}`,
		"{a: [integer]}":                                              `{"a":{"$of":["integer"],"required":true}}`,
		"{a: {type: string, format: date}}":                           `{"a":{"$of":"date","required":true}}`,
		"{a: {format: date-time, required: false}}":                   `{"a":{"$of":"time"}}`,
		"{a: {default: 1}}":                                           `{"a":{"$of":"any","default":1}}`,
		"{a: {type: integer, default: \"7\"}}":                        `{"a":{"$of":"integer","default":7}}`,
		"{a: {type: list, items: {type: date}}}":                      `{"a":{"$of":[{"$of":"date"}],"required":true}}`,
		"{a: {properties: {b: boolean, c: {enum: [1]}}}}":             `{"a":{"$of":{"b":{"$of":"boolean","required":true},"c":{"$of":"any","required":true,"enum":[1]}},"required":true}}`,
		"{a: {title: A, description: d, type: text, pattern: x}}":     `{"a":{"$of":"text","title":"A","description":"d","required":true,"pattern":"x"}}`,
		"{a: {type: date, minimum: 2026-01-01, maximum: 2026-12-31}}": `{"a":{"$of":"date","required":true,"minimum":"2026-01-01","maximum":"2026-12-31"}}`,
	} {
		got, errs := inputs(t, text, true)
		if string(params.AppendJSON(nil, got)) != want || len(errs) > 0 {
			t.Errorf("%s is %v, %v, want %s", text, got, errs, want)
		}
	}
	if got, _ := inputs(t, "{a: any}", false); !got.Has("*") {
		t.Errorf("others are refused: %v", got)
	}
}

func TestDeclarationsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{a: nothing}":                            `f:1:13: a must be a type, not the text "nothing"`,
		"{a: [date, text]}":                       "f:1:13: a must be a type, not a list",
		"{\"*\": date}":                           `"*" can't be the name of an input`,
		"{$of: date}":                             `"$of" can't be the name of an input`,
		"{a: {typ: date}}":                        `an input does not have the key "typ"`,
		"{a: {type: integer, format: date}}":      "only a text has a format",
		"{a: {type: text, items: date}}":          "only a list has items",
		"{a: {type: list, properties: {b: any}}}": "only a map has properties",
		"{a: {enum: []}}":                         "enum must be a list of values",
		"{a: {enum: x}}":                          "enum must be a list of values",
		"{a: {type: integer, pattern: x}}":        "only a text can have a pattern",
		"[a]":                                     "inputs must be a mapping, not a list",
		"{a: {default: 1, required: true}}":       "an input with a default is not required",
	} {
		_, errs := inputs(t, text, true)
		if len(errs) == 0 || !strings.Contains(errs.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, errs, want)
		}
	}
}
