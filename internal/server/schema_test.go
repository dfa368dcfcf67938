package server_test

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// description is the OpenAPI document of a server.
type description struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	OperationID string               `json:"operationId"`
	Security    []map[string][]any   `json:"security"`
	RequestBody response             `json:"requestBody"`
	Responses   map[string]*response `json:"responses"`
}

type response struct {
	Content map[string]struct {
		Schema *schema `json:"schema"`
	} `json:"content"`
}

// schema is the subset of JSON Schema that the document uses.
type schema struct {
	Ref         string             `json:"$ref"`
	Type        string             `json:"type"`
	Pattern     string             `json:"pattern"`
	Enum        []string           `json:"enum"`
	AnyOf       []*schema          `json:"anyOf"`
	Properties  map[string]*schema `json:"properties"`
	Required    []string           `json:"required"`
	Additional  *bool              `json:"additionalProperties"`
	Items       *schema            `json:"items"`
	Description string             `json:"description"`
}

func (w *world) description() *description {
	w.Helper()
	var d description
	decoder := json.NewDecoder(strings.NewReader(w.ask(200, "GET", "/api/openapi.json", "")))
	must(w, decoder.Decode(&d))
	return &d
}

// find returns the operation of a path that was asked for.
func (d *description) find(method, path string) (string, *operation) {
	path, _, _ = strings.Cut(path, "?")
	best := ""
	for template := range d.Paths {
		pattern := regexp.MustCompile("^" + regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(template), "[^/]+") + "$")
		if pattern.MatchString(path) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	if op, ok := d.Paths[best][strings.ToLower(method)]; ok {
		return best, &op
	}
	return "", nil
}

// check returns what is wrong with the answer to a request.
func (d *description) check(method, path string, status int, kind string, body []byte) error {
	template, op := d.find(method, path)
	if op == nil {
		return nil // it has no such path, as the answer says
	}
	r := op.Responses[fmt.Sprint(status)]
	if r == nil && status != 200 {
		r = op.Responses["default"]
	}
	if r == nil || status != 303 && len(r.Content) == 0 {
		return fmt.Errorf("%s %s has no response %d", method, template, status)
	}
	if status == 303 {
		return nil
	}
	media, ok := r.Content[kind]
	switch {
	case !ok && status == 409:
		media = op.Responses["default"].Content[kind]
	case !ok:
		return fmt.Errorf("%s %s has no response of type %q", method, template, kind)
	}
	if media.Schema == nil {
		return nil
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	return d.valid(media.Schema, v, "body")
}

func (d *description) valid(s *schema, v any, at string) error {
	if s.Ref != "" {
		to := d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
		if to == nil {
			return fmt.Errorf("%s: there is no schema %s", at, s.Ref)
		}
		return d.valid(to, v, at)
	}
	if len(s.AnyOf) > 0 {
		var err error
		for _, one := range s.AnyOf {
			if err = d.valid(one, v, at); err == nil {
				return nil
			}
		}
		return err
	}
	switch v := v.(type) {
	case map[string]any:
		return d.validObject(s, v, at)
	case []any:
		if s.Type != "array" {
			return fmt.Errorf("%s is a list, not of type %q", at, s.Type)
		}
		for i, e := range v {
			if err := d.valid(s.Items, e, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
		return nil
	case string:
		switch {
		case s.Type != "string":
			return fmt.Errorf("%s is %q, not of type %q", at, v, s.Type)
		case len(s.Enum) > 0 && !slices.Contains(s.Enum, v):
			return fmt.Errorf("%s is %q, not of %q", at, v, s.Enum)
		case s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v):
			return fmt.Errorf("%s is %q, not like %s", at, v, s.Pattern)
		}
		return nil
	}
	ok := v == nil && s.Type == "null"
	if _, is := v.(bool); is {
		ok = s.Type == "boolean"
	}
	if n, is := v.(float64); is {
		ok = s.Type == "number" || s.Type == "integer" && n == math.Trunc(n)
	}
	if !ok {
		return fmt.Errorf("%s is %v, not of type %q", at, v, s.Type)
	}
	return nil
}

func (d *description) validObject(s *schema, v map[string]any, at string) error {
	if s.Type != "object" {
		return fmt.Errorf("%s is an object, not of type %q", at, s.Type)
	}
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s has no %s", at, name)
		}
	}
	for name, e := range v {
		p := s.Properties[name]
		switch {
		case p != nil:
			if err := d.valid(p, e, at+"."+name); err != nil {
				return err
			}
		case s.Additional != nil && !*s.Additional:
			return fmt.Errorf("%s has a %s", at, name)
		}
	}
	return nil
}

// refs yields every reference below a value.
func refs(v any, f func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for key, e := range v {
			if text, ok := e.(string); ok && key == "$ref" {
				f(text)
			}
			refs(e, f)
		}
	case []any:
		for _, e := range v {
			refs(e, f)
		}
	}
}

func TestEveryReferenceOfTheDescriptionLeadsSomewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	d := w.description()
	var all any
	must(t, json.Unmarshal([]byte(w.ask(200, "GET", "/api/openapi.json", "")), &all))
	used := make(map[string]bool)
	refs(all, func(ref string) {
		name := strings.TrimPrefix(ref, "#/components/schemas/")
		used[name] = true
		if d.Components.Schemas[name] == nil {
			t.Errorf("there is no schema %s", name)
		}
	})
	for name := range d.Components.Schemas {
		if !used[name] {
			t.Errorf("schema %s is not used", name)
		}
	}
	ids := make(map[string]string)
	for path, operations := range d.Paths {
		for method, op := range operations {
			if other, taken := ids[op.OperationID]; taken || op.OperationID == "" {
				t.Errorf("%s %s has the id %q, as %s has", method, path, op.OperationID, other)
			}
			ids[op.OperationID] = method + " " + path
		}
	}
}
