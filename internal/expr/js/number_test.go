package js_test

import (
	"math"
	"testing"

	"github.com/pawlhq/pawl/internal/expr/js"
)

func TestNumbersAsText(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]float64{
		"0": math.Copysign(0, -1), "1": 1, "-1.5": -1.5, "0.1": 0.1, "123456789012345680000": 123456789012345678901,
		"1e+21": 1e21, "1.5e+300": 1.5e300, "0.000001": 1e-6, "1e-7": 1e-7, "1.5e-10": 1.5e-10, "-1e-7": -1e-7,
		"9007199254740991": js.MaxSafeInteger, "5e-324": math.SmallestNonzeroFloat64,
		"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1),
	} {
		if got := js.FormatNumber(f); got != want {
			t.Errorf("%v is %q, want %q", f, got, want)
		}
	}
}

func TestTextAsNumbers(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, c := range []struct {
		text                    string
		number, integer, prefix float64
	}{
		{"", 0, nan, nan},
		{" \u00a0\n", 0, nan, nan},
		{"12", 12, 12, 12},
		{" 12 ", 12, 12, 12},
		{"-1.5e3", -1500, -1, -1500},
		{".5", .5, nan, .5},
		{"5.", 5, 5, 5},
		{".", nan, nan, nan},
		{"1e", nan, 1, 1},
		{"12px", nan, 12, 12},
		{"0x1F", 31, 0, 0},
		{"0b101", 5, 0, 0},
		{"0o17", 15, 0, 0},
		{"0xg", nan, 0, 0},
		{"Infinity", math.Inf(1), nan, math.Inf(1)},
		{"-Infinity", math.Inf(-1), nan, math.Inf(-1)},
		{"inf", nan, nan, nan},
		{"nan", nan, nan, nan},
		{"1_000", nan, 1, 1},
		{"1e400", math.Inf(1), 1, math.Inf(1)},
		{"+-1", nan, nan, nan},
	} {
		for name, f := range map[string]struct {
			parse func(string) float64
			want  float64
		}{
			"ParseNumber": {js.ParseNumber, c.number}, "ParseInt": {js.ParseInt, c.integer}, "ParseFloat": {js.ParseFloat, c.prefix},
		} {
			got := f.parse(c.text)
			if got != f.want && !(math.IsNaN(got) && math.IsNaN(f.want)) {
				t.Errorf("%s(%q) is %v, want %v", name, c.text, got, f.want)
			}
		}
	}
}
