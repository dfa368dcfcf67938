package plot

import (
	"bytes"
	"fmt"
)

// legendH is how high the legend of a picture is, legendGap what is between two
// of its entries.
const (
	legendH   = 34
	legendGap = 18
)

// legendWidth is how wide a picture has to be for its legend.
func legendWidth(used []look) int {
	width := 2*margin - legendGap
	for _, l := range used {
		width += entryWidth(l)
	}
	return width
}

func entryWidth(l look) int { return signW + textWidth(l.name(), detailSize) + legendGap }

// drawLegend explains the colours and signs in use, in a row below a picture.
func drawLegend(w *bytes.Buffer, used []look, y int) {
	x := margin
	for _, l := range used {
		fmt.Fprintf(w, `<g class="n %s"><rect x="%d" y="%d" width="20" height="20" rx="5"/><path class="s" transform="translate(%d %d)" d="%s"/>`,
			l.state, x, y, x+4, y+4, l.sign)
		fmt.Fprintf(w, `<text class="d" x="%d" y="%d">%s</text></g>`+"\n", x+signW-4, y+14, escapeXML(l.name()))
		x += entryWidth(l)
	}
}

// mermaidLegend adds a group with a box for each state.
func mermaidLegend(w *bytes.Buffer, used []look) {
	w.WriteString("  subgraph legend\n")
	for _, l := range used {
		fmt.Fprintf(w, "    legend_%s(%s)\n", l.state, quoteMermaid(l.name()))
	}
	w.WriteString("  end\n")
	for _, l := range used {
		fmt.Fprintf(w, "  style legend_%s fill:%s,stroke:%s,color:%s\n", l.state, l.light.fill, l.light.line, lightTheme.text)
	}
}

// dotLegend adds a group with a box for each state.
func dotLegend(w *bytes.Buffer, used []look) {
	w.WriteString("  subgraph cluster_legend {\n    label=\"legend\"; style=\"rounded\";\n")
	for _, l := range used {
		fmt.Fprintf(w, "    legend_%s [label=%s, fillcolor=%q, color=%q];\n", l.state, quoteDOT(l.name()), l.light.fill, l.light.line)
	}
	w.WriteString("  }\n")
}
