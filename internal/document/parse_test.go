package document_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

var digdag = document.Format{Scalars: document.Digdag}

func parse(t *testing.T, src string) *document.Node {
	t.Helper()
	n, err := digdag.Parse("f.yml", []byte(src))
	if err != nil {
		t.Fatalf("parse %q: %v", src, err)
	}
	return n
}

// failures returns the errors of a text that must have some.
func failures(t *testing.T, f document.Format, src string) document.Errors {
	t.Helper()
	n, err := f.Parse("f.yml", []byte(src))
	var list document.Errors
	if !errors.As(err, &list) {
		t.Fatalf("parse %.100q: want Errors, got %v and %v", src, n, err)
	}
	return list
}

func TestValuesOfDocuments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, want string }{
		{"order is kept", "z: 1\na: 2\nm: 3", `{"z":1,"a":2,"m":3}`},
		{"order is kept in large mappings", "j: 1\ni: 1\nh: 1\ng: 1\nf: 1\ne: 1\nd: 1\nc: 1\nb: 1\na: 1", `{"j":1,"i":1,"h":1,"g":1,"f":1,"e":1,"d":1,"c":1,"b":1,"a":1}`},
		{"lists", "[1, [2, {a: 3}], []]", `[1,[2,{"a":3}],[]]`},
		{"an empty file is null", "", `null`},
		{"so is one of comments", "# nothing\n", `null`},
		{"a byte order mark is no part of the text", "\uFEFFa: 1", `{"a":1}`},
		{"quoted scalars are texts", `['1', "true", "a\tb"]`, `["1","true","a\tb"]`},
		{"block scalars are texts", "a: |\n  1\nb: >-\n  2\n  3", `{"a":"1\n","b":"2 3"}`},
		{"tags of types", `[!!str 1, !!int "1", !!float 1, !!float 0.5, !!bool true, !!null ""]`, `["1",1,1.0,0.5,true,null]`},
		{"tags of collections", `[!!map {a: 1}, !!seq [1]]`, `[{"a":1},[1]]`},
		{"the non-specific tag makes a text", "! 12", `"12"`},
		{"keys are texts", "{1: a, 010: b, true: c, 1.5: d, yes: e}", `{"1":"a","8":"b","true":"c","1.5":"d","yes":"e"}`},
		{"aliases", "a: &x {b: 1}\nc: *x\nd: [*x]", `{"a":{"b":1},"c":{"b":1},"d":[{"b":1}]}`},
		{"an alias as key", "a: &x k\n*x : 1", `{"a":"k","k":1}`},
		{"a redefined anchor", "[&x 1, *x, &x 2, *x]", `[1,1,2,2]`},
		{"merge keys stand where they are written", "a: 0\n<<: {b: 1, c: 2}\nd: 3", `{"a":0,"b":1,"c":2,"d":3}`},
		{"own keys win over merged ones, wherever they stand", "a: own\n<<: {a: 1, b: 2}\nb: own", `{"a":"own","b":"own"}`},
		{"of merged mappings the first wins", "<<: [{a: 1}, {a: 2, b: 2}]", `{"a":1,"b":2}`},
		{"merges of merges", "x: &x {a: 1}\ny: &y {<<: *x, b: 2}\nz: {<<: *y}", `{"x":{"a":1},"y":{"a":1,"b":2},"z":{"a":1,"b":2}}`},
		{"a quoted << is a key", `"<<": {a: 1}`, `{"<<":{"a":1}}`},
		{"JSON is YAML", "{\"a\": [1, 2.5, null, true],\n\t\"b\": {\"c\": \"\\u00e4\\/\"}}", `{"a":[1,2.5,null,true],"b":{"c":"ä/"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := string(params.AppendJSON(nil, parse(t, tt.src).Value()))
			if got != tt.want {
				t.Errorf("parse %q:\n got %s\nwant %s", tt.src, got, tt.want)
			}
		})
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	root := parse(t, "a: 1\nlist:\n  - ä: [x, y]\n\t\nz: &z\n  k: v\nalias: *z\n")
	want := map[string]document.Pos{
		"root": {"f.yml", 1, 1},
		"a":    {"f.yml", 1, 1}, "value of a": {"f.yml", 1, 4},
		"list": {"f.yml", 2, 1}, "ä": {"f.yml", 3, 5}, "y": {"f.yml", 3, 12},
		"value of alias": {"f.yml", 5, 4}, // where the anchor is
	}
	e := root.Entries()
	inner := e[1].Value.Items()[0].Entries()[0]
	got := map[string]document.Pos{
		"root": root.Pos(),
		"a":    e[0].Pos(), "value of a": e[0].Value.Pos(),
		"list": e[1].Pos(), "ä": inner.Pos(), "y": inner.Value.Items()[1].Pos(),
		"value of alias": e[3].Value.Pos(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFaultsOfDocuments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, want string }{
		{"duplicate keys", "a: 1\nb: 2\na: 3", `f.yml:3:1: duplicate key "a", first set in line 1`},
		{"keys that are the same text", "8: 1\n010: 2", `f.yml:2:1: duplicate key "8", first set in line 1`},
		{"duplicates in a large mapping", "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\ni: 1\nb: 2", `f.yml:10:1: duplicate key "b", first set in line 2`},
		{"several faults", "{a: 1, a: 2, b: !x 3}", "f.yml:1:8: duplicate key \"a\", first set in line 1\nf.yml:1:17: unknown tag \"!x\""},
		{"two merge keys are fine, other duplicates are not", "<<: {a: 1}\n<<: {b: 1}\nc: 1\nc: 1", `f.yml:4:1: duplicate key "c", first set in line 3`},
		{"keys that are no text", "[a]: 1", "f.yml:1:1: a key must be a text, not a list"},
		{"null as a key", "~: 1", "f.yml:1:1: a key must be a text, not nothing"},
		{"an anchor in itself", "a: &a [*a]", `f.yml:1:8: the anchor "a" contains itself`},
		{"an unknown anchor", "a: *b", "f.yml:1:4: unknown anchor 'b' referenced"},
		{"a merge of a text", "<<: x", `f.yml:1:5: only a mapping can be merged, not the text "x"`},
		{"a tag that does not fit", "a: !!int x", `f.yml:1:4: "x" is no value of type !!int`},
		{"an unknown tag on a list", "a: !x []", `f.yml:1:4: unknown tag "!x"`},
		{"includes where there are none", "!include : x", "f.yml:1:12: files can't be included here"},
		{"an include with the name before the colon", "!include x: y", `f.yml:1:1: "x" after !include must come after the colon`},
		{"a second document", "a: 1\n---\nb: 1", "f.yml:2:1: a file must hold one document, here starts a second one"},
		{"a forgotten bracket is shown where it is open", "a: 1\nb: [1,\n2\n", "f.yml:2:4: did not find expected ',' or ']' while parsing a flow sequence"},
		{"bytes that are not UTF-8", "a: ä\nb: \xff", "f.yml:2:4: the file is not UTF-8 text"},
		{"UTF-16", "\xff\xfea\x00:\x00 \x001\x00", "f.yml:1:1: the file is not UTF-8 text"},
		{"control characters", "a: ä\nb: ä\x07", "f.yml:2:5: the character U+0007 is not allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := failures(t, digdag, tt.src).Error(); got != tt.want {
				t.Errorf("parse %q:\n got %s\nwant %s", tt.src, got, tt.want)
			}
		})
	}
}

func TestFaultsAreInvalid(t *testing.T) {
	t.Parallel()
	_, err := digdag.Parse("f.yml", []byte("a: 1\na: x: y"))
	if got := model.CodeOf(err); got != model.Invalid {
		t.Errorf("code of %v is %v, want invalid", err, got)
	}
	if got, want := model.HintsOf(err), `a text with ": " in it needs quotes around it`; got != want {
		t.Errorf("hints of %v are %q, want %q", err, got, want)
	}
}

// includes resolves includes from a map of files, each of which is read once.
// It is not for concurrent use.
func includes(files map[string]string) document.Format {
	type result struct {
		doc *document.Node
		err error
	}
	f, read := digdag, map[string]result{}
	f.Include = func(name *document.Node) (*document.Node, error) {
		file, _ := name.Text()
		r, ok := read[file]
		if !ok {
			src, exists := files[file]
			if r.err = errors.New("no such file"); exists {
				r.doc, r.err = f.Parse(file, []byte(src))
			}
			read[file] = r
		}
		return r.doc, r.err
	}
	return f
}

func TestIncludesAreSplicedWhereTheyStand(t *testing.T) {
	t.Parallel()
	f := includes(map[string]string{
		"one": "deep: {a: 1, b: {c: 1}}\nkept: one\nreplaced: one\n!include : two",
		"two": "deep: {b: {d: 2}}\nlast: two",
	})
	n, err := f.Parse("f.yml", []byte("first: 0\ndeep: {a: 0, z: 0}\n!include : one\nreplaced: {x: own}\nown: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := string(params.AppendJSON(nil, n.Value()))
	want := `{"first":0,"deep":{"a":1,"z":0,"b":{"c":1,"d":2}},"kept":"one","replaced":{"x":"own"},"last":"two","own":1}`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	kept, last := n.Entries()[2].Pos(), n.Entries()[4].Pos()
	if (kept != document.Pos{File: "one", Line: 2, Column: 1}) || (last != document.Pos{File: "two", Line: 2, Column: 1}) {
		t.Errorf("included entries are said to be at %v and %v", kept, last)
	}
}

func TestIncludedKeysAreNoDuplicates(t *testing.T) {
	t.Parallel()
	f := includes(map[string]string{"one": "a: 1"})
	n, err := f.Parse("f.yml", []byte("a: 0\n!include : one\n!include : one"))
	if err != nil {
		t.Fatal(err)
	}
	if n.Map().Len() != 1 {
		t.Errorf("want one key, got %v", n.Map())
	}
	want := `f.yml:3:1: duplicate key "a", first set in line 1`
	if got := failures(t, f, "a: 0\n!include : one\na: 2").Error(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestFaultsOfIncludes(t *testing.T) {
	t.Parallel()
	f := includes(map[string]string{"list": "[]", "bad": "a: 1\na: 2"})
	for _, tt := range []struct{ name, src, want string }{
		{"a missing file", "!include : x", "f.yml:1:12: no such file"},
		{"a list", "a: {!include : list}", "list:1:1: an included file must be a mapping, not a list"},
		{"no name", "!include : ", "f.yml:1:11: !include needs the name of a file, not nothing"},
		{"a name that is a list", "!include : [a]", "f.yml:1:12: !include needs the name of a file, not a list"},
		{"faults in the file", "!include : bad\nb: 1\nb: 2", "bad:2:1: duplicate key \"a\", first set in line 1\nf.yml:3:1: duplicate key \"b\", first set in line 2"},
		{"the same faults twice", "a: {!include : bad}\nb: {!include : bad}", "bad:2:1: duplicate key \"a\", first set in line 1"},
		{"a value", "a: !include list", `f.yml:1:4: unknown tag "!include"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := failures(t, f, tt.src).Error(); got != tt.want {
				t.Errorf("parse %q:\n got %s\nwant %s", tt.src, got, tt.want)
			}
		})
	}
}

// bomb returns a file whose last line expands to 10 to the power of levels.
func bomb(levels int, line string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "a0: &a0 {k0: 0}\n")
	for i := 1; i <= levels; i++ {
		b.WriteString(fmt.Sprintf(line, i, i-1) + "\n")
	}
	return b.String()
}

// soon is far more than any of these takes, even on a busy machine, and far less
// than they would take without limits.
const soon = 10 * time.Second

func TestHostileFilesEndSoonInAnError(t *testing.T) {
	const (
		lists    = "a%[1]d: &a%[1]d [*a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d]"
		mappings = "a%[1]d: &a%[1]d {b: *a%[2]d, c: *a%[2]d, d: *a%[2]d, e: *a%[2]d, f: *a%[2]d, g: *a%[2]d}"
		nesting  = "a%[1]d: &a%[1]d {b: *a%[2]d}"
	)
	wide := "x: &x {" + strings.Repeat("%s", 1000) + "}\n"
	keys := make([]any, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("k%d: 1, ", i)
	}
	wide = fmt.Sprintf(wide, keys...)
	self := includes(map[string]string{"wide": wide, "small": "x: {k1: 2}"})
	self.Limits.Nodes = 100_000
	for _, tt := range []struct {
		name   string
		format document.Format
		src    string
		want   string
	}{
		{"an alias bomb of lists", digdag, bomb(20, lists), "the document has more than 1000000 parts"},
		{"an alias bomb of mappings", digdag, bomb(20, mappings), "the document has more than 1000000 parts"},
		{"aliases that nest", digdag, bomb(300, nesting), "lists and mappings nest more than 100 deep"},
		{"many merges of a wide mapping", self, wide + "l:\n" + strings.Repeat("- <<: *x\n", 50_000), "the document has more than 100000 parts"},
		{"many includes of a wide file", self, strings.Repeat("!include : wide\n", 5_000), "the document has more than 100000 parts"},
		{"many small includes into a wide mapping", self, wide + strings.Repeat("!include : small\n", 5_000), "the document has more than 100000 parts"},
		{"deep flow lists", digdag, strings.Repeat("[", 1_000_000), "lists and mappings nest more than 100 deep"},
		{"deep flow mappings", digdag, strings.Repeat("{a: ", 500_000), "lists and mappings nest more than 100 deep"},
		{"deep block lists", digdag, strings.Repeat("- ", 500_000), "lists and mappings nest more than 100 deep"},
		{"deep block keys", digdag, strings.Repeat("? ", 500_000), "lists and mappings nest more than 100 deep"},
		{"flow in block", digdag, strings.Repeat("- ", 60) + strings.Repeat("[", 60) + strings.Repeat("]", 60), "lists and mappings nest more than 100 deep"},
		{"a file that is too large", digdag, strings.Repeat("#", 10<<20+1), "the file has 10485761 bytes, the limit is 10485760"},
		{"a dense file", digdag, "[" + strings.Repeat("1,", 5<<20-2) + "]", "the file has 5242878 lines and commas, the limit is 1000000"},
		{"a file of line breaks", digdag, strings.Repeat("-\r", 2<<20), "the file has 2097152 lines and commas, the limit is 1000000"},
		{"many faults", digdag, strings.Repeat("a: 1\n", 20_000), `duplicate key "a", first set in line 1`},
		{"one long line", digdag, "a: " + strings.Repeat("x: ", 1<<20), "mapping values are not allowed in this context"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			list := failures(t, tt.format, tt.src)
			if took := time.Since(start); took > soon {
				t.Errorf("took %v", took)
			}
			if !strings.Contains(list[0].Message, tt.want) {
				t.Errorf("got %q, want %q", list[0].Message, tt.want)
			}
			if len(list) > document.MaxErrors || len(list.Excerpt()) > 1<<17 {
				t.Errorf("%d errors whose excerpts have %d bytes", len(list), len(list.Excerpt()))
			}
		})
	}
}

func TestLimitsCanBeSet(t *testing.T) {
	t.Parallel()
	f := document.Format{Scalars: document.Digdag, Limits: document.Limits{Bytes: 20, Depth: 2, Nodes: 4}}
	for _, src := range []string{"[[1, 2]]", "a: {b: 1}"} {
		if _, err := f.Parse("f.yml", []byte(src)); err != nil {
			t.Errorf("%q is refused: %v", src, err)
		}
	}
	for src, want := range map[string]string{
		"# comment comment com": "the file has 21 bytes, the limit is 20",
		"[[[1]]]":               "lists and mappings nest more than 2 deep",
		"[[1, 2, 3]]":           "the document has more than 4 parts",
	} {
		if got := failures(t, f, src); got[0].Message != want {
			t.Errorf("%q: got %q, want %q", src, got[0].Message, want)
		}
	}
}

// value draws what JSON can hold, but for numbers that the dialect reads
// otherwise.
func value(depth int) *rapid.Generator[params.Value] {
	scalars := rapid.OneOf(
		rapid.Just[params.Value](nil),
		rapid.Map(rapid.Bool(), func(b bool) params.Value { return b }),
		rapid.Map(rapid.Int64(), func(i int64) params.Value { return i }),
		rapid.Map(rapid.StringOf(rapid.RuneFrom([]rune("ab:#'\"\\\n\t ,[]{}&*!|>%@-?0ä€"))), func(s string) params.Value { return s }),
	)
	if depth == 0 {
		return scalars
	}
	return rapid.OneOf(scalars,
		rapid.Map(rapid.SliceOfN(value(depth-1), 0, 4), func(l []params.Value) params.Value { return l }),
		rapid.Custom(func(t *rapid.T) params.Value {
			var m params.Map
			for _, k := range rapid.SliceOfN(rapid.String(), 0, 12).Draw(t, "keys") {
				if strings.ToValidUTF8(k, "") == k && !strings.ContainsFunc(k, isControl) {
					m = m.Set(k, value(depth-1).Draw(t, "value"))
				}
			}
			return m
		}))
}

func isControl(r rune) bool { return r < ' ' || 0x7F <= r && r < 0xA0 || r >= 0xD800 }

func TestJSONGivesItsOwnValue(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		want := value(3).Draw(t, "value")
		text := params.AppendJSON(nil, want)
		n, err := digdag.Parse("f.json", text)
		if err != nil {
			t.Fatalf("parse %s: %v", text, err)
		}
		if got := n.Value(); string(params.AppendJSON(nil, got)) != string(text) {
			t.Fatalf("parse %s: got %s", text, params.AppendJSON(nil, got))
		}
		if got := document.Of(want).Value(); !params.Equal(got, want) {
			t.Fatalf("a node of %s has the value %v", text, got)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, src := range []string{
		"a: &x [1, {<<: *x}]", "!include : b\n? [x]\n: - |\n  y", bomb(3, "a%[1]d: &a%[1]d [*a%[2]d, *a%[2]d]"),
		"%YAML 1.1\n--- !!map {a: !!int '1'}\n...\n", "\t- 'a''b' # c\n", "k: >-\n\n a\n\n  b\r\n\u2028",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		watchdog := time.AfterFunc(soon, func() { panic(fmt.Sprintf("hangs: %q", src)) })
		defer watchdog.Stop()
		format := includes(map[string]string{"b": "a: {b: 1}"})
		n, err := format.Parse("f.yml", []byte(src))
		var list document.Errors
		switch {
		case err == nil:
			n.Value()
		case !errors.As(err, &list):
			t.Fatalf("error of another type: %v", err)
		default:
			list.Excerpt()
		}
	})
}

func TestNodesOfValues(t *testing.T) {
	t.Parallel()
	n := document.Of(params.Of("list", []any{1, params.Of("a", nil)}, "text", "x"))
	list := n.Entries()[0]
	a := list.Value.Items()[1].Entries()[0]
	if list.Key != "list" || a.Key != "a" || !a.Value.IsNull() || n.Entries()[1].Value.What() != `the text "x"` {
		t.Errorf("got the parts %v, %v", list, a)
	}
	if (n.Pos() != document.Pos{}) || (a.Pos() != document.Pos{}) || a.Errorf("wrong").Error() != "wrong" {
		t.Errorf("what was not written has the positions %v and %v", n.Pos(), a.Pos())
	}
}
