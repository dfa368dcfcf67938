package notebook_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/source/notebook"
)

// vector is a file and what jupytext, papermill and the peer make of it.
type vector struct {
	Name, Text, Format, Kernel, Error string
	Cells                             [][]any
	Code                              *string
	Upstream                          []string
	Extracts                          bool
	Injected                          []string
}

func vectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "notebooks.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if len(out) < 120 {
		t.Fatalf("only %d files", len(out))
	}
	return out
}

var kinds = map[notebook.CellKind]string{notebook.Code: "code", notebook.Markdown: "markdown", notebook.Raw: "raw"}

func cellsOf(n *notebook.Notebook) [][]any {
	var out [][]any
	for _, c := range n.Cells {
		tags := []any{}
		for _, tag := range c.Tags {
			tags = append(tags, tag)
		}
		out = append(out, []any{kinds[c.Kind], c.Text, tags})
	}
	return out
}

func TestFilesAreReadAsThePeerReadsThem(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		if v.Error != "" {
			continue
		}
		n, err := notebook.Read(v.Name, []byte(v.Text))
		if err != nil {
			t.Errorf("%q: %v", v.Text, err)
			continue
		}
		if diff := cmp.Diff(v.Cells, cellsOf(n), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (%s here %s)\n%s\n(-peer +pawl)\n%s", v.Name, v.Format, n.Format(), v.Text, diff)
			continue
		}
		if v.Code != nil && *v.Code != n.Code() {
			t.Errorf("%s\n%s\ncode (-peer +pawl)\n%s", v.Name, v.Text, cmp.Diff(*v.Code, n.Code()))
		}
		if got := n.Kernel(""); v.Code != nil && got != v.Kernel {
			t.Errorf("%s: kernel %q, the peer says %q\n%s", v.Name, got, v.Kernel, v.Text)
		}
		if v.Format != "" && !strings.HasSuffix(string(n.Format()), ":"+v.Format) {
			t.Errorf("%s: format %s, the peer says %s\n%s", v.Name, n.Format(), v.Format, v.Text)
		}
	}
}

func TestUpstreamIsWhatThePeerExtracts(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		if !v.Extracts {
			continue
		}
		n, err := notebook.Read(v.Name, []byte(v.Text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := n.Upstream()
		if diff := cmp.Diff(v.Upstream, got, cmpopts.EquateEmpty(), cmpopts.SortSlices(strings.Compare)); diff != "" || err != nil {
			t.Errorf("%s\n%s\n%v\n(-peer +pawl)\n%s", v.Name, v.Text, err, diff)
		}
	}
}

// The peer passes what it injects through a formatter, which changes nothing in
// these values.
func TestParametersAreInjectedWhereThePeerInjectsThem(t *testing.T) {
	t.Parallel()
	p := params.Of("n", 1, "upstream", params.Of("a", "/x/a.csv"), "product", "/x/out.csv")
	for _, v := range vectors(t) {
		if v.Injected == nil {
			continue
		}
		n, err := notebook.Read(v.Name, []byte(v.Text))
		if err != nil {
			t.Fatal(err)
		}
		out, err := n.Inject(p)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range out.Cells {
			got = append(got, c.Text)
		}
		if n.Parameters().Found {
			if diff := cmp.Diff(v.Injected, got); diff != "" {
				t.Errorf("%s\n%s\n(-peer +pawl)\n%s", v.Name, v.Text, diff)
			}
		}
	}
}
