package document_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

func TestExcerpts(t *testing.T) {
	t.Parallel()
	at := func(line, column int) document.Pos { return document.Pos{File: "a.dig", Line: line, Column: column} }
	long := strings.Repeat("x", 150) + "!" + strings.Repeat("y", 150)
	for _, tt := range []struct {
		name string
		err  document.Error
		want string
	}{
		{"with a line", document.Error{Pos: at(3, 5), Message: "wrong", Source: "    here"},
			"a.dig:3:5: wrong\n        here\n        ^"},
		{"with hints", document.Error{Pos: at(1, 1), Message: "wrong", Source: "a", Hints: []string{"try b", "or c"}},
			"a.dig:1:1: wrong\n    a\n    ^\n    try b\n    or c"},
		{"tabs stay tabs, so that the caret lines up", document.Error{Pos: at(1, 4), Message: "wrong", Source: "\ta\tb"},
			"a.dig:1:4: wrong\n    \ta\tb\n    \t \t^"},
		{"characters count, not bytes", document.Error{Pos: at(1, 3), Message: "wrong", Source: "äöü"},
			"a.dig:1:3: wrong\n    äöü\n      ^"},
		{"long lines are cut", document.Error{Pos: at(1, 151), Message: "wrong", Source: long},
			"a.dig:1:151: wrong\n    ..." + long[50:250] + "...\n    " + strings.Repeat(" ", 103) + "^"},
		{"a column behind the line", document.Error{Pos: at(1, 9), Message: "wrong", Source: "ab"},
			"a.dig:1:9: wrong\n    ab\n      ^"},
		{"what a terminal would obey is not shown", document.Error{Pos: at(1, 1), Message: "wrong", Source: "\x1b[2J"},
			"a.dig:1:1: wrong\n    \uFFFD[2J\n    ^"},
		{"no line", document.Error{Pos: at(7, 1), Message: "wrong"}, "a.dig:7:1: wrong"},
		{"a whole file", document.Error{Pos: document.Pos{File: "a.dig"}, Message: "wrong"}, "a.dig: wrong"},
		{"nowhere", document.Error{Message: "wrong"}, "wrong"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.err.Excerpt()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSourceLines(t *testing.T) {
	t.Parallel()
	n := parse(t, "a: 1\r\nb: 2\rc: 3\u0085d: 4\u2028e: 5\u2029f: 6\n")
	var got []string
	for _, e := range n.Entries() {
		got = append(got, e.Errorf("x").Source)
	}
	if diff := cmp.Diff([]string{"a: 1", "b: 2", "c: 3", "d: 4", "e: 5", "f: 6"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestErrorsAreSortedByPosition(t *testing.T) {
	t.Parallel()
	at := func(file string, line, column int, message string) *document.Error {
		return &document.Error{Pos: document.Pos{File: file, Line: line, Column: column}, Message: message}
	}
	var list document.Errors
	for _, e := range []*document.Error{
		at("b", 1, 1, "5"), at("a", 10, 1, "4"), at("a", 2, 3, "2"), at("a", 2, 3, "3"), at("a", 2, 1, "1"), at("b", 1, 1, "5"),
	} {
		list.Add(e)
	}
	want := "a:2:1: 1\na:2:3: 2\na:2:3: 3\na:10:1: 4\nb:1:1: 5"
	if got := list.Err().Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := (document.Errors{}).Err(); err != nil {
		t.Errorf("an empty list is the error %v", err)
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	names := []string{"_parallel", "_retry", "_error", "sh>", "py>", "echo>", "_parallel"}
	for _, tt := range []struct {
		name string
		want []string
	}{
		{"_paralle", []string{"_parallel"}},
		{"parallel", []string{"_parallel"}},
		{"_erry", []string{"_retry", "_error"}},
		{"sh", []string{"sh>"}},
		{"h>", []string{"sh>"}},
		{"hs>", []string{"sh>"}},
		{"ehco>", []string{"echo>"}},
		{"ph>", []string{"sh>", "py>"}},
		{"echo", []string{"echo>"}},
		{"something", nil},
		{"x", nil},
		{"", nil},
	} {
		if diff := cmp.Diff(tt.want, document.Suggest(tt.name, names)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.name, diff)
		}
	}
	if got, want := document.DidYouMean("ph>", names), `did you mean "sh>" or "py>"?`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := document.DidYouMean("something", names); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestReadParams(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, src, want string }{
		{"YAML", "p.yml", "b: 1\na: {c: yes}", `{"b":1,"a":{"c":"yes"}}`},
		{"JSON by its name", "p.json", `{"b": 0.5, "a": "\ud83d\ude00"}`, `{"b":0.5,"a":"😀"}`},
		{"JSON as YAML", "p.txt", `{"b": 1.5}`, `{"b":1.5}`},
		{"an empty file", "p.yml", "", `{}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := document.ReadParams(tt.file, []byte(tt.src))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(params.AppendJSON(nil, m)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	for _, tt := range []struct{ file, src, want string }{
		{"p.yml", "- a", "p.yml:1:1: parameters must be a mapping, not a list"},
		{"p.yml", "!include : a", "p.yml:1:12: files can't be included here"},
		{"p.json", "[]", "p.json:1:1: parameters must be a JSON object, not a list"},
		{"p.json", "{\n  \"ä\": x\n}", "p.json:2:8: expected a value but found 'x'"},
	} {
		if _, err := document.ReadParams(tt.file, []byte(tt.src)); err == nil || err.Error() != tt.want {
			t.Errorf("%s %q: got %v, want %s", tt.file, tt.src, err, tt.want)
		}
	}
}

func TestAFaultIsToldOnceForEachPlace(t *testing.T) {
	t.Parallel()
	at := func(line, column int, message string) *document.Error {
		return &document.Error{Pos: document.Pos{File: "f", Line: line, Column: column}, Message: message}
	}
	known := document.Errors{at(1, 2, "a"), at(3, 1, "b")}
	found := document.Errors{at(1, 2, "c"), at(1, 3, "d"), at(3, 1, "b")}
	if got := found.Elsewhere(known).Error(); got != "f:1:3: d" {
		t.Errorf("got %s", got)
	}
	if got := found.Elsewhere(nil); len(got) != len(found) {
		t.Errorf("got %v", got)
	}
}
