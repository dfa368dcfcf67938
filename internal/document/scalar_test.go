package document_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

func TestDigdagScalars(t *testing.T) {
	t.Parallel()
	values := map[string]params.Value{
		"":     nil,
		"~":    nil,
		"null": nil, "Null": nil, "NULL": nil,

		"true": true, "True": true, "false": false, "False": false,

		"0": int64(0), "-0": int64(0), "+0": int64(0), "42": int64(42), "-42": int64(-42), "+42": int64(42),
		"1_000": int64(1000), "1__0_": int64(10),
		"010": int64(8), "0_1": int64(1), "-010": int64(-8),
		"0x1F": int64(31), "0b101": int64(5), "-0x10": int64(-16), "+0b1": int64(1),
		"9223372036854775807":  int64(9223372036854775807),
		"-9223372036854775808": int64(-9223372036854775808),
		"9223372036854775808":  json.Number("9223372036854775808"),
		"-9223372036854775809": json.Number("-9223372036854775809"),
		"0xFFFFFFFFFFFFFFFF":   json.Number("18446744073709551615"),

		"1.5": 1.5, "-1.5": -1.5, "1e3": 1000.0, "1E-2": 0.01, ".5": 0.5, "-.5": -0.5, "1.": 1.0, "1_0.2_5": 10.25,
	}
	for text, want := range values {
		got, ok := document.Digdag(text)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%q, %v (-want +got):\n%s", text, ok, diff)
		}
	}
}

func TestDigdagLeavesOtherScalarsAsText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"TRUE", "FALSE", "tRUE", "yes", "no", "on", "off", "nULL",
		"10:00:00", "1:30", "1:30.5", "2015-01-01", "2015-01-01 00:00:00", "2015-01-01T00:00:00Z",
		"0.5", "-0.5", "0.", "00.5", ".", "1e", "1e400", ".inf", "-.inf", ".nan", "1.5.2",
		"08", "0o17", "0x", "0b_", "0xG", "0b2", "+", "-", "--1", "1 000", "1,000", "_1",
		"٣", "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999",
	} {
		if got, ok := document.Digdag(text); ok {
			t.Errorf("%q became %#v", text, got)
		}
	}
}
