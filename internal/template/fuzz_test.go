package template

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// Whatever is in a template, it gives a text or an *Error, within its effort.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"{{ a.b['c']|upper }}", "{% for x in l if x %}{{ loop.index }}{% else %}{% endfor %}", "{% macro f(a, b=1) %}{{ caller() }}{% endmacro %}{% call f(1) %}{% endcall %}",
		"{% set ns = namespace(x=1) %}{% set ns.x = 2 %}", "{% import 'm' as m %}{{ m.f(1) }}{% include 'm' %}{% from 'm' import f with context %}", "{% raw %}{{ }}{% endraw %}{# c #}", "{{ '%5.2f' % 1 }}{{ '{:>5}'.format(1) }}",
		"{{ l[::-1]|sort|map('int')|join(',') }}", "{% raise 'x' %}", "{% filter indent(2, true) %}a{% endfilter %}", "{{ 2 ** 100 // -7 % 3 }}", "{% with a = 1 %}{% set x %}b{% endset %}{% endwith %}", "{{ d|dictsort|tojson(1) }}", "{{ s.split()|batch(2)|list|groupby(0) }}", "{%macro A()%}{%call",
	} {
		f.Add(text, false)
	}
	vars := params.Of("a", params.Of("b", params.Of("c", "x")), "l", []any{1, "2", nil, 3.5}, "d", params.Of("k", 1), "s", "some words é")
	f.Fuzz(func(t *testing.T, text string, strict bool) {
		o := Options{Strict: strict, effort: 1 << 16}
		o.Load = func(name string) (string, error) {
			if name == "m" {
				return text, nil
			}
			return "", fs.ErrNotExist
		}
		parsed, err := Parse("m", text, o)
		if err != nil {
			checkError(t, err)
			return
		}
		out, err := parsed.Render(vars)
		checkError(t, err)
		if len(out) > 1<<17 {
			t.Errorf("%d bytes of output", len(out))
		}
		if utf8.ValidString(text) && !utf8.ValidString(out) {
			t.Errorf("output %q is not UTF-8", out)
		}
		parsed.Variables()
		_, err = parsed.Keys("a")
		checkError(t, err)
		_, _, err = parsed.Assigned("x")
		checkError(t, err)
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if err != nil && (!errors.As(err, &e) || e.Line < 1 || e.Column < 1) {
		t.Errorf("error without a position: %v", err)
	}
}

func TestEffortIsBounded(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
		"{{ range(9000000000000000000)|list }}",
		"{% set ns = namespace(x='abcdefgh') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
		"{{ 'a' * 9000000000000000000 }}", "{{ [1] * 9000000000000000000 }}", "{{ 9 ** 999999999 }}", "{{ 'a'.center(9000000000) }}", "{{ '%999999999d' % 1 }}", "{{ '{:999999999}'.format(1) }}",
		"{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
		"{% set l = [] %}{% set _ = l.append(l) %}{{ l }}", "{% set l = [] %}{% set _ = l.append(l) %}{{ l == l[:] }}", "{% set l = [] %}{% set _ = l.append(l) %}{{ l|tojson }}",
		"{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
		"{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
		"{% set d = {'a': 'x' * 100000} %}{% for i in range(100000) %}{{ d.a.replace('x', d.a) }}{% endfor %}",
	} {
		parsed, err := Parse("t", text, Options{effort: 1 << 22})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = parsed.Render(nil); err == nil {
			t.Errorf("%q is no error", text)
		}
	}
	deep := strings.Repeat("(", 5000)
	for _, text := range []string{"{{ " + deep, "{{ " + strings.Repeat("not ", 5000) + "1 }}", "{{ 1" + strings.Repeat("+1", 5000) + " }}", strings.Repeat("{% if a %}", 5000), "{{ a" + strings.Repeat(".a", 5000) + " }}", "{{ " + strings.Repeat("[", 5000), "{{ " + strings.Repeat("-", 5000) + "1 }}"} {
		if _, err := Parse("t", text, Options{}); err == nil {
			t.Errorf("%.20q is no error", text)
		}
	}
}
