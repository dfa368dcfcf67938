package product_test

import (
	"encoding/json"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
)

// python is what Python made of many inputs; see testdata/vectors.py.
type python struct {
	JSON []struct {
		Text  string
		Dumps *string
	}
	Equal []struct {
		A, B  string
		Equal bool
	}
	Records []string
	Moments []struct {
		Micros    int64
		Timestamp float64
	}
	Patterns []struct {
		Pattern, Name string
		Match         bool
	}
}

var loadPython = sync.OnceValues(func() (v python, err error) {
	text, err := os.ReadFile("testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	return v, err
})

func vectors(t *testing.T) python {
	t.Helper()
	v, err := loadPython()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestJSONIsReadAndWrittenAsPythonDoes(t *testing.T) {
	t.Parallel()
	list := vectors(t).JSON
	if len(list) < 300 {
		t.Fatalf("only %d vectors", len(list))
	}
	for _, v := range list {
		got, err := product.ParseJSON([]byte(v.Text))
		switch {
		case v.Dumps == nil && err == nil:
			t.Errorf("%q: got %v, Python refuses it", v.Text, got)
		case v.Dumps != nil && err != nil:
			t.Errorf("%q: %v", v.Text, err)
		case v.Dumps != nil:
			if text := string(product.AppendJSON(nil, got)); text != *v.Dumps {
				t.Errorf("%q: got %s, Python writes %s", v.Text, text, *v.Dumps)
			}
		}
	}
}

func TestValuesAreEqualWhereTheyAreForPython(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t).Equal {
		a, b := parse(t, v.A), parse(t, v.B)
		if product.Equal(a, b) != v.Equal || product.Equal(b, a) != v.Equal {
			t.Errorf("%s == %s: got %v, Python says %v", v.A, v.B, !v.Equal, v.Equal)
		}
	}
}

func TestRecordsKeepTheBytesThatPythonWrites(t *testing.T) {
	t.Parallel()
	for _, text := range vectors(t).Records {
		r, err := product.ParseRecord([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := string(product.AppendRecord(nil, r)); got != text {
			t.Error(cmp.Diff(text, got))
		}
	}
}

func TestTimestampsAreThoseOfPython(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t).Moments {
		if got := product.Timestamp(time.UnixMicro(v.Micros)); got != v.Timestamp {
			t.Errorf("%d: got %v, Python says %v", v.Micros, got, v.Timestamp)
		}
	}
}

func TestPatternsMatchAsInPython(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t).Patterns {
		if got := product.Match(v.Pattern, v.Name); got != v.Match {
			t.Errorf("%q, %q: got %v, Python says %v", v.Pattern, v.Name, got, v.Match)
		}
	}
}

func parse(t *testing.T, text string) params.Value {
	t.Helper()
	v, err := product.ParseJSON([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
