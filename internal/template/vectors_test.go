package template_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/template"
)

// vectors is what Jinja2 made of many templates; testdata/vectors.py writes it.
type vectors struct {
	Vars  json.RawMessage
	Files map[string]string
	Cases []vector
}

type vector struct {
	Template    string
	Strict      bool
	Open, Close string
	Files       bool
	Vars        json.RawMessage
	Variables   []string
	Keys        []string
	Text        *string
	Error       string
	Message     string
	Line        int
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v vectors) options(c vector) template.Options {
	o := template.Options{Strict: c.Strict, Open: c.Open, Close: c.Close}
	if c.Files {
		o.Load = func(name string) (string, error) {
			if text, ok := v.Files[name]; ok {
				return text, nil
			}
			return "", fs.ErrNotExist
		}
	}
	return o
}

func (v vectors) vars(t testing.TB, c vector) params.Map {
	t.Helper()
	text := v.Vars
	if c.Vars != nil {
		text = c.Vars
	}
	m, err := params.ParseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	return m.(params.Map)
}

// exact are the errors whose messages are a part of the language: what a
// template author is told by Jinja2 itself, and not by Python.
var exact = []string{"UndefinedError", "TemplateSyntaxError", "TemplateAssertionError", "TemplateRuntimeError"}

func TestTemplatesRenderAsInJinja2(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	if len(v.Cases) < 400 {
		t.Fatalf("only %d cases", len(v.Cases))
	}
	for _, c := range v.Cases {
		parsed, err := template.Parse("t", c.Template, v.options(c))
		text := ""
		if err == nil {
			text, err = parsed.Render(v.vars(t, c))
		}
		switch {
		case c.Text != nil && err != nil:
			t.Errorf("%q (strict %v): error %v, want %q", c.Template, c.Strict, err, *c.Text)
		case c.Text != nil && text != *c.Text:
			t.Errorf("%q (strict %v):\n got %q\nwant %q", c.Template, c.Strict, text, *c.Text)
		case c.Text == nil && err == nil:
			t.Errorf("%q (strict %v): got %q, want %s: %s", c.Template, c.Strict, text, c.Error, c.Message)
		case c.Text == nil:
			checkMessage(t, c, err)
		}
		if err == nil || parsed != nil {
			checkNames(t, c, parsed)
		}
	}
}

// pythonModule is where Jinja2 says that a type is from.
var pythonModule = regexp.MustCompile(`'jinja2\.[a-z]+\.(\w+ object)`)

func checkMessage(t *testing.T, c vector, err error) {
	t.Helper()
	var e *template.Error
	if !errors.As(err, &e) {
		t.Errorf("%q: %T is no *Error", c.Template, err)
		return
	}
	want := pythonModule.ReplaceAllString(c.Message, "'$1")
	if slices.Contains(exact, c.Error) && e.Message != want && !strings.Contains(e.Message, "not supported") {
		t.Errorf("%q (strict %v):\n got message %q\nwant %s %q", c.Template, c.Strict, e.Message, c.Error, want)
	}
	if c.Line != 0 && e.Line != c.Line {
		t.Errorf("%q: error in line %d, want %d: %v", c.Template, e.Line, c.Line, err)
	}
}

func checkNames(t *testing.T, c vector, parsed *template.Template) {
	t.Helper()
	if parsed == nil || c.Variables == nil {
		return
	}
	got := slices.Sorted(slices.Values(parsed.Variables()))
	if diff := cmp.Diff(c.Variables, append([]string{}, got...)); diff != "" {
		t.Errorf("%q: variables (-want +got):\n%s", c.Template, diff)
	}
	found, err := parsed.Keys("upstream")
	if (err != nil) != (c.Keys == nil) {
		t.Errorf("%q: keys give error %v, want %q", c.Template, err, c.Keys)
		return
	}
	names := []string{}
	for _, k := range found {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	if diff := cmp.Diff(c.Keys, names); diff != "" && err == nil {
		t.Errorf("%q: keys (-want +got):\n%s", c.Template, diff)
	}
}
