package params_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
)

const huge = json.Number("9223372036854775808")

func TestScalarsConvert(t *testing.T) {
	t.Parallel()
	type none struct{} // does not convert
	no := none{}
	list, object := []params.Value{}, params.Map{}
	for _, tt := range []struct {
		in                 params.Value
		asString, asInt    any
		asFloat, asBoolean any
	}{
		{nil, no, no, no, no},
		{list, no, no, no, no},
		{object, no, no, no, no},
		{true, "true", no, no, true},
		{false, "false", no, no, false},
		{int64(0), "0", int64(0), 0.0, false},
		{int64(-7), "-7", int64(-7), -7.0, true},
		{huge, string(huge), no, 9223372036854775808.0, true},
		{1.9, "1.9", int64(1), 1.9, no},
		{-1.9, "-1.9", int64(-1), -1.9, no},
		{1e30, "1.0E30", no, 1e30, no},
		{-9223372036854775808.0, "-9.223372036854776E18", int64(math.MinInt64), -9223372036854775808.0, no},
		{9223372036854775808.0, "9.223372036854776E18", no, 9223372036854775808.0, no},
		{"", "", int64(0), 0.0, false},
		{" \t", " \t", int64(0), 0.0, false},
		{"null", "null", int64(0), 0.0, false},
		{" 12\n", " 12\n", int64(12), 12.0, no},
		{"+5", "+5", int64(5), 5.0, no},
		{"1.5", "1.5", no, 1.5, no},
		{"1_000", "1_000", no, no, no},
		{"0x10", "0x10", no, no, no},
		{string(huge), string(huge), no, 9223372036854775808.0, no},
		{"1e999", "1e999", no, no, no},
		{"inf", "inf", no, no, no},
		{"NaN", "NaN", no, no, no},
		{"true", "true", no, no, true},
		{" True ", " True ", no, no, true},
		{"TRUE", "TRUE", no, no, no},
		{"false", "false", no, no, false},
		{"False", "False", no, no, false},
		{"yes", "yes", no, no, no},
		{"1", "1", int64(1), 1.0, no},
	} {
		check := func(to string, want, got any, ok bool) {
			if !ok {
				got = no
			}
			if got != want {
				t.Errorf("%#v as %s: got %#v, want %#v", tt.in, to, got, want)
			}
		}
		s, ok := params.ToString(tt.in)
		check("string", tt.asString, s, ok)
		i, ok := params.ToInt(tt.in)
		check("int", tt.asInt, i, ok)
		f, ok := params.ToFloat(tt.in)
		check("float", tt.asFloat, f, ok)
		b, ok := params.ToBool(tt.in)
		check("bool", tt.asBoolean, b, ok)
	}
}

// readers are the required and the optional reader of each type; the optional
// one has a default that no value here equals.
var readers = map[string]struct {
	required, optional func(params.Map, string) (any, error)
	def                any
}{
	"string":    {erase(params.Map.String), eraseOr(params.Map.StringOr, "def"), "def"},
	"int":       {erase(params.Map.Int), eraseOr(params.Map.IntOr, 99), int64(99)},
	"float":     {erase(params.Map.Float), eraseOr(params.Map.FloatOr, 9.5), 9.5},
	"bool":      {erase(params.Map.Bool), eraseOr(params.Map.BoolOr, true), true},
	"map":       {erase(params.Map.MapAt), eraseOr(params.Map.MapOr, params.Of("def", 1)), params.Of("def", 1)},
	"list":      {erase(params.Map.List), eraseOr(params.Map.ListOr, []params.Value{"def"}), []params.Value{"def"}},
	"map text":  {erase(params.Map.ParseMap), eraseOr(params.Map.ParseMapOr, params.Of("def", 1)), params.Of("def", 1)},
	"list text": {erase(params.Map.ParseList), eraseOr(params.Map.ParseListOr, []params.Value{"def"}), []params.Value{"def"}},
}

func erase[T any](f func(params.Map, string) (T, error)) func(params.Map, string) (any, error) {
	return func(m params.Map, key string) (any, error) { return f(m, key) }
}

func eraseOr[T any](f func(params.Map, string, T) (T, error), def T) func(params.Map, string) (any, error) {
	return func(m params.Map, key string) (any, error) { return f(m, key, def) }
}

func TestReadersNeedAValueUnlessTheyHaveADefault(t *testing.T) {
	t.Parallel()
	m := params.Of("null", nil)
	for name, r := range readers {
		var missing *params.MissingError
		if _, err := r.required(m, "k"); !errors.As(err, &missing) || err.Error() != "Parameter 'k' is required but not set" {
			t.Errorf("%s, absent: %v", name, err)
		}
		if _, err := r.required(m, "null"); !errors.As(err, &missing) || err.Error() != "Parameter 'null' is required but null" {
			t.Errorf("%s, null: %v", name, err)
		}
		for _, key := range []string{"k", "null"} {
			got, err := r.optional(m, key)
			if diff := cmp.Diff(r.def, got); diff != "" || err != nil {
				t.Errorf("%s with default, %s: %v %s", name, key, err, diff)
			}
		}
	}
}

func TestReadersConvert(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		reader string
		in     any
		want   params.Value
	}{
		{"string", 1.0, "1.0"},
		{"int", "12", int64(12)},
		{"float", 1, 1.0},
		{"bool", "False", false},
		{"map", params.Of("a", 1), params.Of("a", 1)},
		{"list", []any{1}, []params.Value{int64(1)}},
		{"map text", params.Of("a", 1), params.Of("a", 1)},
		{"map text", ` {"a": 1} `, params.Of("a", 1)},
		{"list text", []any{1}, []params.Value{int64(1)}},
		{"list text", `[1]`, []params.Value{int64(1)}},
	} {
		m := params.Of("k", tt.in)
		for _, read := range []func(params.Map, string) (any, error){readers[tt.reader].required, readers[tt.reader].optional} {
			got, err := read(m, "k")
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%s of %v: %v %s", tt.reader, tt.in, err, diff)
			}
		}
	}
}

func TestReadersNameTheWrongValue(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 60)
	for _, tt := range []struct {
		reader string
		in     any
		want   string
	}{
		{"string", params.Of("a", 1), `Expected string type for key 'k' but got {"a":1} (object)`},
		{"int", "x", `Expected integer (long) type for key 'k' but got "x" (string)`},
		{"int", true, `Expected integer (long) type for key 'k' but got true (boolean)`},
		{"float", []any{1, nil}, `Expected number type for key 'k' but got [1,null] (array)`},
		{"bool", 1.5, `Expected 'true' or 'false' for key 'k' but got 1.5 (number)`},
		{"map", `{}`, `Expected object type for key 'k' but got "{}" (string)`},
		{"list", huge, `Expected array type for key 'k' but got 9223372036854775808 (number)`},
		{"map text", `[1]`, `Expected object type for key 'k' but got "[1]" (string)`},
		{"list text", ``, `Expected array type for key 'k' but got "" (string): invalid JSON at offset 0: expected a value but the text ends`},
		{"map text", `null`, `Expected object type for key 'k' but got "null" (string)`},
		{"int", long, `Expected integer (long) type for key 'k' but got "` + strings.Repeat("é", 48) + `... (string)`},
		{"int", "x" + long, `Expected integer (long) type for key 'k' but got "x` + strings.Repeat("é", 47) + `... (string)`},
		{"int", strings.Repeat("x", 97), `Expected integer (long) type for key 'k' but got "` + strings.Repeat("x", 97) + `" (string)`},
		{"int", strings.Repeat("x", 98), `Expected integer (long) type for key 'k' but got "` + strings.Repeat("x", 96) + `... (string)`},
	} {
		m := params.Of("k", tt.in)
		for _, read := range []func(params.Map, string) (any, error){readers[tt.reader].required, readers[tt.reader].optional} {
			_, err := read(m, "k")
			var wrong *params.TypeError
			if !errors.As(err, &wrong) || wrong.Key != "k" || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		}
	}
	_, err := params.Of("k", "[").ParseList("k")
	var syntax *params.SyntaxError
	if !errors.As(err, &syntax) {
		t.Errorf("%v does not wrap the syntax error", err)
	}
}
