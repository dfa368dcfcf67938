package python_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/source/python"
)

func TestFirstDifferenceNamesALineOfTheCurrentText(t *testing.T) {
	t.Parallel()
	const text = "def f():\n    '''Doc.'''\n    x = 1\n\n    y = g(\n        1,\n        2,\n    )\n    return x + y\n"
	for _, c := range []struct {
		name, before string
		line         int
	}{
		{"the same", text, 0},
		{"form only", strings.ReplaceAll(text, " = ", "="), 0},
		{"another docstring", strings.Replace(text, "Doc", "Text", 1), 0},
		{"a value", strings.Replace(text, "x = 1", "x = 2", 1), 3},
		{"a value in brackets", strings.Replace(text, "2,", "3,", 1), 7},
		{"the last line", strings.Replace(text, "x + y", "x - y", 1), 9},
		{"a line that is new", strings.Replace(text, "    x = 1\n", "", 1), 3},
		{"a line that is gone at the end", text + "    z = 1\n", 9},
		{"the name", strings.Replace(text, "f()", "g()", 1), 1},
		{"nothing before", "", 1},
		{"no Python before", "def (", 1},
	} {
		if got := python.FirstDifference(c.before, text); got != c.line {
			t.Errorf("%s: line %d, want %d", c.name, got, c.line)
		}
	}
	if got := python.FirstDifference("a (\nb", "a (\nc"); got != 2 {
		t.Errorf("of texts that are no Python: line %d, want 2", got)
	}
}

// So says the peer, too.
func TestBlankLinesBelowDecoratorsAreForm(t *testing.T) {
	t.Parallel()
	for a, b := range map[string]string{
		"@a\n\ndef f(): pass\n":          "@a\ndef f(): pass\n",
		"@a\n\n@b\ndef f():\n    pass\n": "@a\n@b\ndef f():\n    pass\n",
	} {
		if !python.Same(a, b) {
			t.Errorf("%q and %q differ", a, b)
		}
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	const text = `"""import no"""
import os, a.b as c
from x.y import z as w, v
from . import sibling
from ..up import (one,
    two as t,  # import no
)
from .
def f():
    import inner; from m import *
    if x: import late
    y = {'import': 1}
    yield from gen
    from_ = 1
    raise E from import_
import q . r
`
	want := []python.Import{
		{Module: "os", Line: 2}, {Module: "a.b", Line: 2},
		{Module: "x.y", Names: []string{"z", "v"}, Line: 3},
		{Module: ".", Names: []string{"sibling"}, Line: 4},
		{Module: "..up", Names: []string{"one", "two"}, Line: 5},
		{Module: "inner", Line: 10}, {Module: "m", Names: []string{"*"}, Line: 10},
		{Module: "late", Line: 11},
		{Module: "q.r", Line: 16},
	}
	if diff := cmp.Diff(want, python.Imports(text)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestUpstreamIsInTheOrderOfUse(t *testing.T) {
	t.Parallel()
	got := python.Upstream("def f(upstream):\n    return f\"{upstream[\"new\"]}\", upstream['b'], upstream['a'], upstream['b']\n")
	if diff := cmp.Diff([]string{"new", "b", "a"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestValid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": true, "x = [1,\n2]\n": true, "if x:\n  y\n": true, "f'{a[\"b\"]}'": true, "é = 1": true, "'''a\nb'''": true,
		"x = [1": false, "x = 1)": false, "'a": false, "if x:\n    y\n  z\n": false, "a $ b": false, "x <- 'a\n": false, "€ = 1": false,
	} {
		if got := python.Valid(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestNestedStringsEndInTime(t *testing.T) {
	t.Parallel()
	for _, part := range []string{`f"{`, `f'{f"{`, `f'''{`, `f"{x:{`, `(`, `f"{(`, "upstream[", `f'{upstream["`} {
		text := strings.Repeat(part, 20_000)
		python.Upstream(text)
		python.Functions("def f():\n    " + text)
		python.Normalize(text)
		python.Literal(text)
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{"def f(a, *, b=1):\n    'd'\n    return upstream['a']\n", "from . import a\nf'{upstream[\"x\"]!r:>{w}}'", "@a\n\nasync def f(): pass", "[1, {'a': (2,)}]", "x = \\\n 1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, fn := range python.Functions(text) {
			source := fn.Source(text)
			if again := python.Functions(source); python.Valid(text) && (len(again) != 1 || again[0].Name != fn.Name) {
				t.Errorf("of %q the source %q has %d functions", text, source, len(again))
			}
		}
		python.Upstream(text)
		python.Imports(text)
		_, _, _ = python.Variable(text, "upstream")
		if !python.Same(text, text) || python.FirstDifference(text, text) != 0 {
			t.Errorf("%q differs from itself", text)
		}
		if v, ok := python.Literal(text); ok {
			if again, ok := python.Literal(python.Repr(v)); !ok || python.Repr(again) != python.Repr(v) {
				t.Errorf("%q is %s, read again as %v", text, python.Repr(v), again)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var code strings.Builder
	type row struct{ Text string }
	for _, r := range rows[row](b, "functions.json", 50) {
		code.WriteString(r.Text)
	}
	text := code.String()
	for name, run := range map[string]func(){
		"Upstream":  func() { python.Upstream(text) },
		"Normalize": func() { python.Normalize(text) },
		"Functions": func() { python.Functions(text) },
		"Both":      func() { python.Upstream(text); python.Normalize(text) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
