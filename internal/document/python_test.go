package document_test

import (
	"bufio"
	"bytes"
	"os"
	"testing"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

// What Python refuses altogether is a text here.
func TestPythonScalarsAreThoseOfPython(t *testing.T) {
	t.Parallel()
	lines, err := os.ReadFile("testdata/python_scalars.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for scan := bufio.NewScanner(bytes.NewReader(lines)); scan.Scan(); count++ {
		v, err := params.ParseJSON(scan.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		vector := v.(params.Map)
		text, _ := vector.StringOr("text", "")
		kind, _ := vector.StringOr("kind", "")
		want, _ := vector.Get("value")
		list, err := document.Format{Scalars: document.Python}.Parse("a", []byte("["+text+"]"))
		if kind == "error" {
			continue
		}
		if err != nil || len(list.Items()) != 1 {
			t.Errorf("%q: %v", text, err)
			continue
		}
		node := list.Items()[0]
		gotKind, value := document.PythonType(node)
		got := node.Value()
		if gotKind != "" {
			got = value
		}
		if gotKind != kind || !params.Equal(got, want) {
			t.Errorf("%q is %q %#v, want %q %#v", text, gotKind, got, kind, want)
		}
	}
	if count < 200 {
		t.Errorf("only %d vectors", count)
	}
}

func TestPythonRefusesNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0x_", "0b_", "2015-13-01", "2015-01-01T24:00:00", "=", "2015-01-01T00:00:00+25:00"} {
		n, err := document.Format{Scalars: document.Python}.Parse("a", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		kind, _ := document.PythonType(n)
		if got, ok := n.Text(); !ok || got != text || kind != "" {
			t.Errorf("%q is %#v, %q", text, n.Value(), kind)
		}
	}
}

func TestTypesNeedPlainScalars(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`"2015-01-01"`, `'.inf'`, "!!str 2015-01-01", "|\n  2015-01-01"} {
		n, err := document.Format{Scalars: document.Python}.Parse("a", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if kind, value := document.PythonType(n); kind != "" {
			t.Errorf("%s is the %s %s", text, kind, value)
		}
	}
}

func TestReplaceKeepsPlacesAndSharesTheRest(t *testing.T) {
	t.Parallel()
	n, err := document.Format{Scalars: document.Python}.Parse("a", []byte("x: [1, swap]\ny: {z: 2}\n"))
	if err != nil {
		t.Fatal(err)
	}
	same := n.Replace(func(*document.Node) (params.Value, bool) { return nil, false })
	if same != n {
		t.Error("nothing was replaced, but the tree is another one")
	}
	got := n.Replace(func(s *document.Node) (params.Value, bool) {
		text, _ := s.Text()
		return []params.Value{"a", params.Of("k", "b")}, text == "swap"
	})
	if want := params.Of("x", []any{int64(1), []any{"a", params.Of("k", "b")}}, "y", params.Of("z", 2)); !got.Map().Equal(want) {
		t.Errorf("got %v, want %v", got.Map(), want)
	}
	if got.Entries()[1].Value != n.Entries()[1].Value {
		t.Error("what did not change is not shared")
	}
	swapped := got.Entries()[0].Value.Items()[1]
	inner := swapped.Items()[1].Entries()[0].Value
	if pos := inner.Pos(); pos.Line != 1 || pos.Column != 8 {
		t.Errorf("a part of what took its place stands at %v", pos)
	}
	if before := n.Entries()[0].Value.Items()[1]; before.Kind() != document.Scalar {
		t.Error("the tree itself was changed")
	}
}
