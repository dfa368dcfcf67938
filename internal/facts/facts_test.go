package facts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

func TestFactsAreReadAndKept(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"product": "a/b"}`: `{"product":"a/b"}`,
		`{"product": "a", "partition": "1", "tags": {"x": 7, "b": true}, "metadata": {}}`: `{"product":"a","partition":"1","tags":{"b":"true","x":"7"}}`,
		`{"expectation": "rows > 0", "ok": true}`:                                         `{"expectation":"rows > 0","ok":true,"severity":"warn"}`,
		`{"expectation": "e", "ok": false, "severity": "error"}`:                          `{"expectation":"e","ok":false,"severity":"error"}`,
		`{"product": "a", "metadata": {"t": "x", "n": 1.5, "b": false, "l": [1], "o": {"type": "url"}, "z": null}}`: `{"product":"a","metadata":{"t":{"type":"text","value":"x"},"n":{"type":"number","value":1.5},"b":{"type":"boolean","value":false},` +
			`"l":{"type":"json","value":[1]},"o":{"type":"json","value":{"type":"url"}},"z":{"type":"json","value":null}}}`,
		`{"product": "a", "metadata": {"u": {"type": "url", "value": "https://x/y"}, "m": {"type": "markdown", "value": "# x"}, "p": {"type": "path", "value": "a b"}, "t": {"type": "table", "value": [{"a": 1}]}}}`: `{"product":"a","metadata":{"u":{"type":"url","value":"https://x/y"},"m":{"type":"markdown","value":"# x"},` +
			`"p":{"type":"path","value":"a b"},"t":{"type":"table","value":[{"a":1}]}}}`,
	} {
		f, err := facts.Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		data := f.Data()
		if got := string(params.AppendJSON(nil, data)); got != want {
			t.Errorf("%s is kept as %s, want %s", text, got, want)
		}
		if again, failed := facts.FromData(data); failed || !again.Data().Equal(data) {
			t.Errorf("%s is read back as %+v", text, again)
		}
	}
}

func TestWhatIsNoFactIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`x`:                                    "it is no JSON",
		`[1]`:                                  "is no object",
		`{}`:                                   "needs the key of a product",
		`{"product": ""}`:                      "needs the key of a product",
		`{"prodct": "a"}`:                      `did you mean "product"?`,
		`{"product": "a", "ok": true}`:         `a fact has no "ok"`,
		`{"product": "a", "expectation": "b"}`: `a fact has no "product"`,
		`{"product": 7, "partition": [1]}`:     "partition",
		`{"product": " a"}`:                    "begins or ends with a blank",
		`{"product": "a\u0000"}`:               "is not printable",
		`{"product": "` + strings.Repeat("a", facts.MaxName+1) + `"}`: "at most 500 are allowed",
		`{"expectation": "e"}`:                                                  `needs "ok"`,
		`{"expectation": "e", "ok": "yes"}`:                                     `needs "ok"`,
		`{"expectation": "e", "ok": true, "severity": "fatal"}`:                 `is "warn" or "error"`,
		`{"product": "a", "metadata": [1]}`:                                     "metadata",
		`{"product": "a", "metadata": {"": 1}}`:                                 "a name in metadata is empty",
		`{"product": "a", "tags": {"x": []}}`:                                   "the tag x is to be a text",
		`{"product": "a", "tags": {"pawl/x": ""}}`:                              "pawl's own",
		`{"product": "a", "metadata": {"u": {"type": "ulr", "value": 1}}}`:      `did you mean "url"?`,
		`{"product": "a", "metadata": {"u": {"type": "url", "value": "x/y"}}}`:  "is no url",
		`{"product": "a", "metadata": {"u": {"type": "number", "value": "7"}}}`: "is no number",
		`{"product": "a", "metadata": {"u": {"type": "boolean", "value": 1}}}`:  "is no boolean",
		`{"product": "a", "metadata": {"u": {"type": "table", "value": [1]}}}`:  "a list of objects",
		`{"product": "a", "metadata": {"u": {"type": "path", "value": ""}}}`:    "is no path",
	} {
		_, err := facts.Parse([]byte(text))
		if err == nil || model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error()+" "+model.HintsOf(err), want) {
			t.Errorf("%.80s: got %v (%s), want %q", text, err, model.HintsOf(err), want)
		}
	}
}

func TestLinesAreReadUpToAFault(t *testing.T) {
	t.Parallel()
	var told facts.Told
	err := told.Read(strings.NewReader("{\"product\": \"a\"}\n\n  {\"expectation\": \"e\", \"ok\": false, \"severity\": \"error\"}\r\n{\"product\"\n{\"product\": \"b\"}"))
	if want := "line 4 of PAWL_FACTS: it is no JSON"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	var names []string
	for _, f := range told.All() {
		names = append(names, f.Product+f.Expectation)
	}
	if diff := cmp.Diff([]string{"a", "e"}, names); diff != "" {
		t.Error(diff)
	}
	if b := told.Broken(); b == nil || b.Expectation != "e" {
		t.Errorf("broken is %+v", b)
	}
	var last facts.Told
	if err := last.Read(strings.NewReader(`{"product": "no end of line"}`)); err != nil || len(last.All()) != 1 || last.Broken() != nil {
		t.Errorf("a last line without an end gives %v, %v", last.All(), err)
	}
}

func TestATryTellsNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	var many facts.Told
	for i := range facts.MaxCount {
		if err := many.Add(facts.Fact{Product: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	var large facts.Told
	for _, got := range []error{
		many.Add(facts.Fact{Product: "more"}),
		large.Add(facts.Fact{Product: "a", Metadata: params.Of("t", strings.Repeat("x", facts.MaxBytes))}),
		large.Read(strings.NewReader(`{"product": "` + strings.Repeat("x", 4*facts.MaxBytes) + `"}`)),
		large.Read(strings.NewReader(strings.Repeat("\n", 4*facts.MaxBytes) + `{"product": "of a line beyond"}`)),
	} {
		if model.CodeOf(got) != model.Exhausted {
			t.Errorf("got %v", got)
		}
	}
	if len(many.All()) != facts.MaxCount || len(large.All()) != 0 {
		t.Errorf("kept %d and %d", len(many.All()), len(large.All()))
	}
}

func FuzzFacts(f *testing.F) {
	f.Add([]byte(`{"product": "a", "partition": "1", "tags": {"x": 7}, "metadata": {"u": {"type": "url", "value": "https://x"}}}`))
	f.Add([]byte(`{"expectation": "e", "ok": true, "severity": "error"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		fact, err := facts.Parse(text)
		if err != nil {
			if model.CodeOf(err) != model.Invalid {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		again, err := facts.FromMap(fact.Data())
		if err != nil || !again.Data().Equal(fact.Data()) {
			t.Errorf("%q is kept as %v, which is read as %v (%v)", text, fact.Data(), again.Data(), err)
		}
	})
}
