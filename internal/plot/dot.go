package plot

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// DOT writes g in the language of Graphviz. It fails when SVG does.
func DOT(w io.Writer, g Graph) error {
	t, err := newTree(g)
	if err != nil {
		return err
	}
	b := new(bytes.Buffer)
	fmt.Fprintf(b, "digraph %s {\n", quoteDOT(g.Title))
	b.WriteString("  graph [compound=true, fontname=\"sans-serif\"];\n")
	b.WriteString("  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n")
	b.WriteString("  edge [color=\"" + lightTheme.edge + "\", fontname=\"sans-serif\", fontsize=10];\n")
	t.dotLevel(b, root, "  ")
	if g.Legend {
		dotLegend(b, t.looks())
	}
	b.WriteString("}\n")
	_, err = b.WriteTo(w)
	return err
}

// dotLevel writes the children of parent and the edges between them.
func (t *tree) dotLevel(w *bytes.Buffer, parent int, indent string) {
	for _, n := range t.children[parent] {
		l := lookOf(t.nodes[n].State)
		if !t.group(n) {
			fmt.Fprintf(w, "%sn%d [label=%s, tooltip=%s, fillcolor=%q, color=%q];\n",
				indent, n, quoteDOT(lines(t.nodes[n])), quoteDOT(t.nodes[n].hover()), l.light.fill, l.light.line)
			continue
		}
		fmt.Fprintf(w, "%ssubgraph cluster_%d {\n", indent, n)
		fmt.Fprintf(w, "%s  label=%s; tooltip=%s; style=\"rounded,filled\"; fillcolor=%q; color=%q;\n",
			indent, quoteDOT(lines(t.nodes[n])), quoteDOT(t.nodes[n].hover()), lightTheme.frame, l.light.line)
		t.dotLevel(w, n, indent+"  ")
		fmt.Fprintf(w, "%s}\n", indent)
	}
	for _, a := range t.edges[parent] {
		var attributes []string
		if a.label != "" {
			attributes = append(attributes, "label="+quoteDOT(oneLine(a.label)))
		}
		if a.dashed {
			attributes = append(attributes, "style=dashed")
		}
		if t.group(a.from) {
			attributes = append(attributes, fmt.Sprintf("ltail=cluster_%d", a.from))
		}
		if t.group(a.to) {
			attributes = append(attributes, fmt.Sprintf("lhead=cluster_%d", a.to))
		}
		fmt.Fprintf(w, "%sn%d -> n%d", indent, t.last(a.from), t.first(a.to))
		if len(attributes) > 0 {
			fmt.Fprintf(w, " [%s]", strings.Join(attributes, ", "))
		}
		w.WriteString(";\n")
	}
}

// first and last return nodes inside n that are not groups: in Graphviz edges
// join such nodes only.
func (t *tree) first(n int) int {
	for t.group(n) {
		n = t.children[n][0]
	}
	return n
}

func (t *tree) last(n int) int {
	for t.group(n) {
		n = t.children[n][len(t.children[n])-1]
	}
	return n
}

// lines is the text of the box of n.
func lines(n Node) string {
	s := oneLine(n.label())
	if d := oneLine(n.detail()); d != "" {
		s += "\n" + d
	}
	return s
}

var dotEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "&", "&amp;")

func quoteDOT(s string) string {
	return `"` + dotEscapes.Replace(strings.Map(printable, s)) + `"`
}
