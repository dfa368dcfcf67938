package plot_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/plot"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var formats = []struct {
	name  string
	write func(io.Writer, plot.Graph) error
}{
	{"svg", plot.SVG},
	{"html", plot.HTML},
	{"dot", plot.DOT},
	{"mmd", plot.Mermaid},
}

// sales has a bit of everything.
var sales = plot.Graph{
	Title: "daily sales",
	Nodes: []plot.Node{
		{ID: "+daily+prepare", Label: "+prepare", Kind: "sh", Detail: "./prepare.sh", State: "success"},
		{ID: "+daily+load", Label: "+load", Kind: "for_each", State: "running"},
		{ID: "+daily+load+orders", Label: "+orders", Group: "+daily+load", Kind: "sql", State: "failed"},
		{ID: "+daily+load+users", Label: "+users", Group: "+daily+load", State: "waiting"},
		{ID: "+daily+load+join", Label: "+join", Group: "+daily+load", State: "not_reached"},
		{ID: "+daily+report", Label: "+report", Kind: "notebook", Detail: "a report with a name that is far too long to fit.ipynb"},
		{ID: "+daily+mail", State: "skipped"},
	},
	Edges: []plot.Edge{
		{From: "+daily+prepare", To: "+daily+load"},
		{From: "+daily+load+orders", To: "+daily+load+join"},
		{From: "+daily+load+users", To: "+daily+load+join"},
		{From: "+daily+load+join", To: "+daily+report"},
		{From: "+daily+load", To: "+daily+mail", Label: "on failure", Dashed: true},
		{From: "+daily+prepare", To: "+daily+report"},
	},
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, f := range formats {
		var got bytes.Buffer
		if err := f.write(&got, sales); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		path := filepath.Join("testdata", "sales."+f.name)
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s differs; run go test -update if that is right (-want +got):\n%s", path, diff)
		}
	}
}

func TestEmptyGraphIsDrawn(t *testing.T) {
	t.Parallel()
	for _, f := range formats {
		var b bytes.Buffer
		if err := f.write(&b, plot.Graph{}); err != nil || b.Len() == 0 {
			t.Errorf("%s of no nodes: %d bytes, error %v", f.name, b.Len(), err)
		}
	}
}

func TestFaultyGraphsAreRefused(t *testing.T) {
	t.Parallel()
	a, b := plot.Node{ID: "a"}, plot.Node{ID: "b"}
	for _, tt := range []struct {
		name  string
		graph plot.Graph
		want  string
	}{
		{"no id", plot.Graph{Nodes: []plot.Node{a, {Label: "x"}}}, "node 1 of the graph has no id"},
		{"id used twice", plot.Graph{Nodes: []plot.Node{a, a}}, `two nodes of the graph have the id "a"`},
		{"unknown group", plot.Graph{Nodes: []plot.Node{{ID: "a", Group: "z"}}}, `group "z" of node "a" is not in the graph`},
		{"unknown start", plot.Graph{Nodes: []plot.Node{a, b}, Edges: []plot.Edge{{From: "z", To: "a"}}}, `edge from "z" to "a": "z" is not in the graph`},
		{"unknown end", plot.Graph{Nodes: []plot.Node{a, b}, Edges: []plot.Edge{{From: "b", To: "z"}}}, `edge from "b" to "z": "z" is not in the graph`},
		{"its own group", plot.Graph{Nodes: []plot.Node{b, {ID: "a", Group: "a"}}}, `the groups around node "a" enclose each other`},
		{"groups in a ring", plot.Graph{Nodes: []plot.Node{{ID: "a", Group: "b"}, {ID: "b", Group: "a"}}}, `the groups around node "a" enclose each other`},
	} {
		for _, f := range formats {
			err := f.write(io.Discard, tt.graph)
			if err == nil || err.Error() != tt.want {
				t.Errorf("%s as %s: error %v, want %s", tt.name, f.name, err, tt.want)
			}
		}
	}
}

// full is a writer that takes no more than n bytes.
type full struct{ n int }

var errFull = errors.New("disk full")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.n {
		return 0, errFull
	}
	f.n -= len(p)
	return len(p), nil
}

func TestFailureOfTheWriterIsReported(t *testing.T) {
	t.Parallel()
	for _, f := range formats {
		if err := f.write(&full{n: 100}, sales); !errors.Is(err, errFull) {
			t.Errorf("%s to a full disk: error %v", f.name, err)
		}
	}
}

var hostile = []string{
	`</text></svg><script>alert(1)</script>`,
	`" onload="alert(1)`,
	`' & " < > &lt; ]]> <!-- -->`,
	"%%{init: {'theme':'dark'}}%%",
	"a\"]\nclick n0 href \"javascript:alert(1)\"",
	"`**bold**` #35; end subgraph",
	"fa:fa-car $$x$$ 1. - *item*",
	"line one\r\nline two\u2028line three",
	"back\\slash\\N \\\" \\",
	"null\x00 bell\x07 escape\x1b[31m \uffff",
	"not utf-8: \xff\xfe",
	"\u202eright to left\u202c",
	strings.Repeat("long", 200),
	strings.Repeat("長い", 200),
}

func TestHostileTextsStayTexts(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		g := plot.Graph{
			Title: text,
			Nodes: []plot.Node{
				{ID: text, Label: text, Detail: text, State: "success"},
				{ID: text + "group", Label: text, Kind: text, State: text},
				{ID: text + "child", Group: text + "group", Label: text},
			},
			Edges: []plot.Edge{{From: text, To: text + "group", Label: text}},
		}
		t.Run("SVG", func(t *testing.T) {
			d := svg(t, g)
			if len(d.boxes) != 3 || len(d.edges) != 1 {
				t.Errorf("%q: %d boxes and %d edges, want 3 and 1", text, len(d.boxes), len(d.edges))
			}
		})
		t.Run("HTML", func(t *testing.T) {
			var b bytes.Buffer
			if err := plot.HTML(&b, g); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(b.String(), "<script>"); n != 1 {
				t.Errorf("%q: %d scripts on the page, want only its own", text, n)
			}
			if n := strings.Count(b.String(), "<title>"); n != 5 { // page, picture, boxes
				t.Errorf("%q: %d titles on the page, want 5", text, n)
			}
		})
		t.Run("DOT", func(t *testing.T) { checkDOT(t, g) })
		t.Run("Mermaid", func(t *testing.T) { checkMermaid(t, g) })
	}
}

var (
	dotString = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"`)
	dotLine   = regexp.MustCompile(`^(digraph S \{|\}|(graph|node|edge) \[[^\]]*\];|` +
		`n\d+ \[label=S, tooltip=S, fillcolor=S, color=S\];|subgraph cluster_\d+ \{|` +
		`label=S; tooltip=S; style=S; fillcolor=S; color=S;|n\d+ -> n\d+ \[label=S, lhead=cluster_1\];)$`)
)

// checkDOT reads every line of a document with all strings taken out.
func checkDOT(t *testing.T, g plot.Graph) {
	var b bytes.Buffer
	if err := plot.DOT(&b, g); err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(b.Bytes()) {
		t.Errorf("%q: not UTF-8", g.Title)
	}
	for line := range strings.Lines(b.String()) {
		if bare := strings.TrimSpace(dotString.ReplaceAllString(line, "S")); !dotLine.MatchString(bare) {
			t.Errorf("%q gives a strange line: %s", g.Title, line)
		}
	}
}

var mermaidLine = regexp.MustCompile(`^(flowchart (LR|TD)|end|n\d+\("L"\)|subgraph n\d+ \["L"\]|n\d+ -->\|"L"\| n\d+|` +
	`classDef [a-z_]+ [a-z#0-9:,]+|class [n0-9,]+ [a-z_]+)$`)

// checkMermaid reads every line of a document, whose quoted texts may hold
// nothing that Mermaid gives a meaning to.
func checkMermaid(t *testing.T, g plot.Graph) {
	var b bytes.Buffer
	if err := plot.Mermaid(&b, g); err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`"(?:[^"&<>` + "`" + `%{}*$\\;#]|#\d+;|<br/>)*"`)
	if strings.Contains(b.String(), "fa:fa-") {
		t.Errorf("%q: an icon is left", g.Title)
	}
	for line := range strings.Lines(b.String()) {
		if bare := strings.TrimSpace(text.ReplaceAllString(line, `"L"`)); !mermaidLine.MatchString(bare) {
			t.Errorf("%q gives a strange line: %s", g.Title, line)
		}
	}
}

func TestLongTextIsShortenedAndShownInFullOnHovering(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a very long name ", 20) + "end"
	d := svg(t, plot.Graph{Nodes: []plot.Node{{ID: "a", Label: long, Kind: "sh", Detail: long, State: "failed"}}})
	if box := d.boxes["a"]; box.w > 320 {
		t.Errorf("box is %d pixels wide", box.w)
	}
	for _, text := range d.texts["a"] {
		if !strings.HasSuffix(text, "…") {
			t.Errorf("text %q is not marked as cut", text)
		}
	}
	if want := long + "\nsh · " + long + "\nfailed"; d.hover["a"] != want {
		t.Errorf("hovering shows %q, want %q", d.hover["a"], want)
	}
}

func TestMermaidReadsFromLeftToRightIfSmall(t *testing.T) {
	t.Parallel()
	for nodes, want := range map[int]string{9: "flowchart LR\n", 10: "flowchart TD\n"} {
		var b bytes.Buffer
		if err := plot.Mermaid(&b, chain(nodes)); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.String(), want) {
			t.Errorf("%d nodes give %.12q, want %q", nodes, b.String(), want)
		}
	}
}

func BenchmarkSVG(b *testing.B) {
	for _, size := range []int{200, 10_000} {
		wide := plot.Graph{Nodes: chain(size).Nodes}
		tangled := plot.Graph{Nodes: wide.Nodes}
		for i := 1; i < size; i++ {
			wide.Edges = append(wide.Edges, plot.Edge{From: "0", To: fmt.Sprint(i)})
			// Two earlier nodes, spread evenly and without a random source.
			for _, prime := range []int{7919, 104_729} {
				tangled.Edges = append(tangled.Edges, plot.Edge{From: fmt.Sprint(i * prime % i), To: fmt.Sprint(i)})
				tangled.Edges = append(tangled.Edges, plot.Edge{From: fmt.Sprint(prime % i), To: fmt.Sprint(i)})
			}
		}
		for name, g := range map[string]plot.Graph{"chain": chain(size), "wide": wide, "tangled": tangled} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				for b.Loop() {
					if err := plot.SVG(io.Discard, g); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
