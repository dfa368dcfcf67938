package plot_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/plot"
)

var built = plot.Graph{
	Title: "sales <1>", Legend: true,
	Nodes: []plot.Node{{ID: "a", State: "up_to_date"}, {ID: "b", State: "outdated"}},
	Edges: []plot.Edge{{From: "a", To: "b"}},
}

// A report has the picture and the table, and nothing of either is taken for HTML.
func TestReportHasPictureAndTable(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	err := plot.Report(&b, built, plot.Table{Columns: []string{"name", "Outdated?"}, Rows: [][]string{{"a & b", "<no>"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"<h1>sales &lt;1&gt;</h1>", "<svg ", "<tr><th>name</th><th>Outdated?</th></tr>", "<tr><td>a &amp; b</td><td>&lt;no&gt;</td></tr>",
	} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("there is no %s in\n%s", part, b.String())
		}
	}
	if strings.Contains(b.String(), "http://") && strings.Count(b.String(), "http://") != strings.Count(b.String(), `xmlns="http://`) {
		t.Error("the page needs something from elsewhere")
	}
	if err := plot.Report(io.Discard, plot.Graph{Nodes: []plot.Node{{}}}, plot.Table{}); err == nil {
		t.Error("a node without an id is drawn")
	}
}

// A legend names the states in use, and no others.
func TestLegendExplainsTheStatesInUse(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(io.Writer, plot.Graph) error{"svg": plot.SVG, "dot": plot.DOT, "mermaid": plot.Mermaid} {
		with, without := new(bytes.Buffer), new(bytes.Buffer)
		plain := built
		plain.Legend = false
		if err := errors.Join(write(with, built), write(without, plain)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(without.String(), "up to date") || strings.Contains(with.String(), "running") {
			t.Errorf("%s: the legend is wrong:\n%s", name, with.String())
		}
		for _, state := range []string{"up to date", "outdated"} {
			if strings.Count(with.String(), state) <= strings.Count(without.String(), state) {
				t.Errorf("%s: %s is not explained in\n%s", name, state, with.String())
			}
		}
		if name == "svg" {
			if err := xml.Unmarshal(with.Bytes(), new(struct{})); err != nil {
				t.Error(err)
			}
		}
	}
}
