package plot

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// fewNodes is up to how many nodes a flowchart reads better from left to
// right than from top to bottom.
const fewNodes = 9

// Mermaid writes g as a Mermaid flowchart: from left to right below ten
// nodes, else from top to bottom. It fails when SVG does.
func Mermaid(w io.Writer, g Graph) error {
	t, err := newTree(g)
	if err != nil {
		return err
	}
	direction := "TD"
	if len(t.nodes) <= fewNodes {
		direction = "LR"
	}
	b := new(bytes.Buffer)
	fmt.Fprintf(b, "flowchart %s\n", direction)
	t.mermaidLevel(b, root, "  ")
	if g.Legend {
		mermaidLegend(b, t.looks())
	}
	t.mermaidStates(b)
	_, err = b.WriteTo(w)
	return err
}

// mermaidLevel writes the children of parent and the edges between them.
func (t *tree) mermaidLevel(w *bytes.Buffer, parent int, indent string) {
	for _, n := range t.children[parent] {
		if !t.group(n) {
			fmt.Fprintf(w, "%sn%d(%s)\n", indent, n, quoteMermaid(lines(t.nodes[n])))
			continue
		}
		fmt.Fprintf(w, "%ssubgraph n%d [%s]\n", indent, n, quoteMermaid(lines(t.nodes[n])))
		t.mermaidLevel(w, n, indent+"  ")
		fmt.Fprintf(w, "%send\n", indent)
	}
	for _, a := range t.edges[parent] {
		line := "-->"
		if a.dashed {
			line = "-.->"
		}
		if a.label != "" {
			line += "|" + quoteMermaid(oneLine(a.label)) + "|"
		}
		fmt.Fprintf(w, "%sn%d %s n%d\n", indent, a.from, line, a.to)
	}
}

// mermaidStates colours the boxes by state. Frames only get the line.
func (t *tree) mermaidStates(w *bytes.Buffer) {
	for _, l := range looks {
		var boxes, frames []string
		for i, n := range t.nodes {
			switch {
			case n.State != l.state:
			case t.group(i):
				frames = append(frames, fmt.Sprintf("n%d", i))
			default:
				boxes = append(boxes, fmt.Sprintf("n%d", i))
			}
		}
		if boxes != nil {
			fmt.Fprintf(w, "  classDef %s fill:%s,stroke:%s,color:%s\n", l.state, l.light.fill, l.light.line, lightTheme.text)
			fmt.Fprintf(w, "  class %s %s\n", strings.Join(boxes, ","), l.state)
		}
		if frames != nil {
			fmt.Fprintf(w, "  classDef %s_group stroke:%s\n", l.state, l.light.line)
			fmt.Fprintf(w, "  class %s %s_group\n", strings.Join(frames, ","), l.state)
		}
	}
}

// quoteMermaid writes what is not plain text as character codes, since Mermaid
// reads directives, Markdown, formulas, icons and HTML in quoted texts too.
func quoteMermaid(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.Map(printable, s) {
		switch {
		case r == '\n':
			b.WriteString("<br/>")
		case r < 0x80 && strings.ContainsRune("\"#&<>`%{}*$;\\", r):
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return strings.ReplaceAll(b.String(), ":fa-", "#58;fa-")
}
