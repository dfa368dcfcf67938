package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTablesAlignNumbersByTheirPoints(t *testing.T) {
	t.Parallel()
	tab := table{
		columns: []column{{title: "name"}, {title: "Ran?", fixed: true}, {title: "Elapsed (s)", number: true}, {title: "Percentage", number: true}},
		rows: [][]string{
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
	if err := tab.write(&got, 80); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTablesWrapWhatIsTooWide(t *testing.T) {
	t.Parallel()
	tab := table{
		columns: []column{{title: "name"}, {title: "Product"}, {title: "Outdated?", fixed: true}},
		rows:    [][]string{{"fit", "File('/a/path/without/an/end.csv') and more", "Source code"}, {"x", "y", "False"}},
	}
	want := `name    Product                Outdated?
------  ---------------------  -----------
fit     File('/a/path/without  Source code
        /an/end.csv') and
        more
x       y                      False
`
	var got strings.Builder
	if err := tab.write(&got, 42); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}
