package document_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

func TestScalarsOfTheCoreDialect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]params.Value{
		"": nil, "~": nil, "null": nil, "true": true, "FALSE": false,
		"0": int64(0), "010": int64(10), "-07": int64(-7), "+3": int64(3), "0o10": int64(8), "0x1F": int64(31), "000": int64(0),
		"0.5": 0.5, ".5": 0.5, "1.": 1.0, "1e3": 1000.0, "-2.5E-1": -0.25,
	} {
		if got, ok := document.Core(text); !ok || got != want {
			t.Errorf("%q is %v (%T), %v, want %v", text, got, got, ok, want)
		}
	}
	for _, text := range []string{"yes", "off", "1_000", "1:30", "2026-01-30", ".inf", "nan", "02:00:00", "0o8", "1e400", "-", "+", "word", "0b1"} {
		if got, ok := document.Core(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
	if got, ok := document.Core("123456789012345678901234567890"); !ok || params.Literal(got) != "123456789012345678901234567890" {
		t.Errorf("a large integer is %v", got)
	}
}
