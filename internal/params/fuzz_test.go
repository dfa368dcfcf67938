package params_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

var samples = []string{
	`null`, `[1, -2.5e3, "x\u00e9\ud83d\ude00", true]`, `{"a": {"b": ["$"]}, "a": 1.0, "": null}`,
	`18446744073709551616`, `"\ud800"`, `[[[[`, `{"a":`, "\"\xff\"", `"True"`, `" 12 "`, `1e400`,
}

// FuzzParseJSON holds the parser against the standard library's and prints what
// it read to read it again.
func FuzzParseJSON(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, err := params.ParseJSON(in)
		if err != nil {
			var syntax *params.SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(in) {
				t.Fatalf("bad error: %v", err)
			}
			if std := new(any); json.Unmarshal(in, std) == nil && nesting(in) < 1000 {
				t.Fatalf("refuses valid JSON: %v", err)
			}
			return
		}
		if !json.Valid(in) {
			t.Fatalf("accepts invalid JSON as %v", v)
		}
		printed := params.AppendJSON(nil, v)
		if !json.Valid(printed) || !utf8.Valid(printed) {
			t.Fatalf("prints invalid JSON: %q", printed)
		}
		again, err := params.ParseJSON(printed)
		if err != nil || !params.Equal(v, again) || !bytes.Equal(params.AppendJSON(nil, again), printed) {
			t.Fatalf("%q reads as %v, %v", printed, again, err)
		}
	})
}

func nesting(text []byte) int {
	return bytes.Count(text, []byte("[")) + bytes.Count(text, []byte("{"))
}

func FuzzDecodeBinary(f *testing.F) {
	for _, s := range samples {
		v, err := params.ParseJSON([]byte(s))
		if err != nil {
			continue
		}
		f.Add(params.AppendBinary(nil, v))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, rest, err := params.DecodeBinary(in)
		shared, end, sharedErr := params.NewDecoder(in).Value(0)
		if (err == nil) != (sharedErr == nil) || !params.Equal(v, shared) {
			t.Fatalf("DecodeBinary gives %v, %v, a decoder %v, %v", v, err, shared, sharedErr)
		}
		if err != nil {
			return
		}
		if end != len(in)-len(rest) {
			t.Fatalf("DecodeBinary ends at %d, a decoder at %d", len(in)-len(rest), end)
		}
		if !bytes.HasSuffix(in, rest) {
			t.Fatalf("the rest %q is not of %q", rest, in)
		}
		encoded := params.AppendBinary(nil, v)
		again, rest, err := params.DecodeBinary(encoded)
		if err != nil || len(rest) > 0 || !params.Equal(v, again) {
			t.Fatalf("%q reads as %v, %v", encoded, again, err)
		}
	})
}

// FuzzCoerce reads one value in all ways: they must agree with each other and
// fail only with their own errors.
func FuzzCoerce(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, err := params.ParseJSON(in)
		if err != nil {
			v = string(in)
		}
		m := params.Map{}.Set("k", v)
		for name, r := range readers {
			got, err := r.required(m, "k")
			var missing *params.MissingError
			var wrong *params.TypeError
			switch {
			case errors.As(err, &missing):
				if v != nil {
					t.Errorf("%s: %v is missing", name, v)
				}
				continue
			case err != nil && !errors.As(err, &wrong):
				t.Errorf("%s: unexpected error %v", name, err)
			}
			withDefault, errDefault := r.optional(m, "k")
			if (err == nil) != (errDefault == nil) || !params.Equal(got, withDefault) {
				t.Errorf("%s: %v, %v with a default but %v, %v without", name, withDefault, errDefault, got, err)
			}
		}
		if i, ok := params.ToInt(v); ok {
			if s, ok := params.ToString(i); !ok || params.Literal(i) != s {
				t.Errorf("%v is %d but prints %s", v, i, s)
			}
			if _, ok := params.ToFloat(v); !ok {
				t.Errorf("%v is an integer but no number", v)
			}
		}
	})
}
