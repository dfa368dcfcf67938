package console

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTablesAlignNumbersByTheirPoints(t *testing.T) {
	t.Parallel()
	tab := Table{
		Columns: []Column{{Title: "name"}, {Title: "Ran?", Fixed: true}, {Title: "Elapsed (s)", Number: true}, {Title: "Percentage", Number: true}},
		Rows: [][]string{
			{"raw", "True", "0.000444", "0.0299836"},
			{"fit", "True", "1.46861", "99.1759"},
			{"count", "False", "0", "0"},
		},
	}
	want := `name    Ran?      Elapsed (s)    Percentage
------  ------  -------------  ------------
raw     True         0.000444     0.0299836
fit     True         1.46861     99.1759
count   False        0            0
`
	var got strings.Builder
	if err := tab.Write(&got, 80); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTablesWrapWhatIsTooWide(t *testing.T) {
	t.Parallel()
	tab := Table{
		Columns: []Column{{Title: "name"}, {Title: "Product"}, {Title: "Outdated?", Fixed: true}},
		Rows:    [][]string{{"fit", "File('/a/path/without/an/end.csv') and more", "Source code"}, {"x", "y", "False"}},
	}
	want := `name    Product                Outdated?
------  ---------------------  -----------
fit     File('/a/path/without  Source code
        /an/end.csv') and
        more
x       y                      False
`
	var got strings.Builder
	if err := tab.Write(&got, 42); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}
