package params_test

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
)

func TestParseJSON(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]params.Value{
		"null": nil, " true\n": true, "false": false, "\"\"": "",
		"0": int64(0), "-0": int64(0), "-12": int64(-12),
		"9223372036854775807": int64(math.MaxInt64), "9223372036854775808": json.Number("9223372036854775808"),
		"1.0": 1.0, "1e2": 100.0, "-1.5E-1": -0.15, "1e-999": 0.0,
		`"a\"\\\/\b\f\n\r\t"`:     "a\"\\/\b\f\n\r\t",
		`"\u00e9\ud83d\ude00"`:    "é😀",
		`"\ud83d"`:                "\uFFFD",
		`"\ud83dA\ude00"`:         "\uFFFDA\uFFFD",
		`"\ud83d\u0041"`:          "\uFFFDA",
		"\"a\xffb\"":              "a\uFFFDb",
		"[ ]":                     []params.Value{},
		`[1, [null] , {"a" : 1}]`: []params.Value{int64(1), []params.Value{nil}, params.Of("a", 1)},
	} {
		got, err := params.ParseJSON([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", in, diff)
		}
	}
}

func TestParseJSONKeepsOrderAndLastDuplicate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"b":1,"a":2}`:               `{"b":1,"a":2}`,
		`{"a":1,"b":"$","a":{"c":2}}`: `{"a":{"c":2},"b":"$"}`,
		manyKeys(`"k3":"x"`):          strings.Replace(manyKeys(`"k100":100`), `"k3":3`, `"k3":"x"`, 1),
	} {
		in = strings.Replace(in, `,"k100":100`, "", 1)
		want = strings.Replace(want, `,"k100":100`, "", 1)
		v, err := params.ParseJSON([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		wantText(t, v.(params.Map), want)
	}
}

// manyKeys is an object of a hundred keys and one more entry.
func manyKeys(last string) string {
	var b strings.Builder
	for i := range 100 {
		b.WriteString(`"k` + strconv.Itoa(i) + `":` + strconv.Itoa(i) + ",")
	}
	return "{" + b.String() + last + "}"
}

func TestParseJSONErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in     string
		offset int
		reason string
	}{
		{"", 0, "expected a value but the text ends"},
		{"nul", 0, "expected a value but found 'n'"},
		{"NaN", 0, "expected a value but found 'N'"},
		{"1 2", 2, "expected the end but found '2'"},
		{"01", 1, "expected the end but found '1'"},
		{"1.", 1, "expected the end but found '.'"},
		{"1e+", 1, "expected the end but found 'e'"},
		{"-", 1, "expected a digit but the text ends"},
		{"-x", 1, "expected a digit but found 'x'"},
		{"1e999", 0, "number 1e999 is out of range"},
		{"[1", 2, "expected ',' or ']' but the text ends"},
		{"[1,]", 3, "expected a value but found ']'"},
		{"[1 é]", 3, "expected ',' or ']' but found 'é'"},
		{`{"a":1,}`, 7, "expected a key in double quotes but found '}'"},
		{`{'a':1}`, 1, "expected a key in double quotes but found '\\''"},
		{`{"a" 1}`, 5, "expected ':' but found '1'"},
		{`{"a":1]`, 6, "expected ',' or '}' but found ']'"},
		{`{"a":x}`, 5, "expected a value but found 'x'"},
		{`{"\x":1}`, 3, "expected an escape sequence but found 'x'"},
		{`"a`, 2, "expected the end of the string but the text ends"},
		{"\"a\nb\"", 2, "expected the end of the string but found '\\n'"},
		{`"\x"`, 2, "expected an escape sequence but found 'x'"},
		{`"\u12g4"`, 2, "expected four hexadecimal digits after \\u"},
		{`"\u12`, 2, "expected four hexadecimal digits after \\u"},
		{`"\u+123"`, 2, "expected four hexadecimal digits after \\u"},
		{strings.Repeat("[", 2000), 1001, "nested deeper than 1000 levels"},
	} {
		_, err := params.ParseJSON([]byte(tt.in))
		var syntax *params.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.20s: %v", tt.in, err)
		} else if diff := cmp.Diff(&params.SyntaxError{Offset: tt.offset, Reason: tt.reason}, syntax); diff != "" {
			t.Errorf("%.20s: %s", tt.in, diff)
		}
	}
}

func TestAppendJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   any
		want string
	}{
		{1.0, "1.0"}, {-0.5, "-0.5"}, {0.0, "0.0"}, {1e20, "100000000000000000000.0"},
		{1e21, "1e+21"}, {1.5e-7, "1.5e-7"}, {1e-6, "0.000001"}, {5e-324, "5e-324"}, {1e-10, "1e-10"},
		{12, "12"}, {uint64(1 << 63), "9223372036854775808"}, {true, "true"}, {nil, "null"},
		{"a\"\\/<&>\b\f\n\r\t\x00\x1f\x7fé\u2028\xff", `"a\"\\/<&>\b\f\n\r\t\u0000\u001f` + "\x7fé\u2028\uFFFD" + `"`},
		{[]any{}, "[]"}, {[]any{1, []any{nil}}, "[1,[null]]"},
		{params.Of("a", params.Of(), "é", []any{1.5}), `{"a":{},"é":[1.5]}`},
	} {
		if got := string(params.AppendJSON([]byte("x"), from(t, tt.in))); got != "x"+tt.want {
			t.Errorf("%v: got %s, want %s", tt.in, got[1:], tt.want)
		}
	}
	if got := string(params.AppendJSON(nil, math.NaN())); got != "null" {
		t.Errorf("NaN is printed as %s", got)
	}
}

func TestMapInsideOtherTypesIsJSON(t *testing.T) {
	t.Parallel()
	type record struct {
		Params params.Map `json:"params,omitzero"`
	}
	for _, in := range []string{`{}`, `{"params":{"b":1.0,"a":[{"z":1,"y":2}]}}`} {
		var r record
		if err := json.Unmarshal([]byte(in), &r); err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(r)
		if err != nil || string(out) != in {
			t.Errorf("got %s, %v, want %s", out, err, in)
		}
	}
	r := record{Params: params.Of("a", 1)}
	if err := json.Unmarshal([]byte(`{"params":null}`), &r); err != nil || r.Params.Len() != 1 {
		t.Errorf("null: got %v, %v", r.Params, err)
	}
	if err := json.Unmarshal([]byte(`{"params":[1]}`), &r); err == nil || !strings.Contains(err.Error(), "expected a JSON object but got array") {
		t.Errorf("list: %v", err)
	}
}

func TestLiteral(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   any
		want string
	}{
		{"a\"b", `a"b`}, {12, "12"}, {true, "true"}, {nil, "null"}, {uint64(1 << 63), "9223372036854775808"},
		{1.0, "1.0"}, {1.5, "1.5"}, {0.0, "0.0"}, {-2.25, "-2.25"}, {0.001, "0.001"}, {9999999.0, "9999999.0"},
		{1e7, "1.0E7"}, {123456789.5, "1.234567895E8"}, {0.00025, "2.5E-4"}, {-1e300, "-1.0E300"},
		{[]any{1.0, "x"}, `[1.0,"x"]`}, {params.Of("a", 1), `{"a":1}`},
	} {
		if got := params.Literal(from(t, tt.in)); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.in, got, tt.want)
		}
	}
}
