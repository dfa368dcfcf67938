package product_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/product"
)

func FuzzJSON(f *testing.F) {
	for _, text := range []string{`{"a": [1, 2.5, NaN, -Infinity, "\ud800é\u0000"], "a": 1e400}`, `-0`, "\"\xff\xed\xa0\x80\"", `[[{}]]`,
		"{\"\xff\": 1, \"\xfe\": 2}", "{\"\xed\xa0\xbd\xed\xb8\x80\": 1, \"\U0001F600\": 2}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := product.ParseJSON(text)
		if err != nil {
			return
		}
		written := product.AppendJSON(nil, v)
		again, err := product.ParseJSON(written)
		if err != nil {
			t.Fatalf("%q was written as %q: %v", text, written, err)
		}
		if twice := product.AppendJSON(nil, again); string(twice) != string(written) {
			t.Errorf("%q, then %q", written, twice)
		}
		if !product.Equal(again, again) {
			t.Errorf("%q does not equal itself", written)
		}
		_, _ = product.ParseRecord(text) // must not panic
	})
}
