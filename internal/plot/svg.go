package plot

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// SVG writes a picture of g, in light or dark colours as its viewer prefers.
// It fails if g is not a graph: an identifier is missing or used twice, an
// edge or a group leads to no node, or groups enclose each other; or if w
// fails. Nothing is written if g is at fault.
func SVG(w io.Writer, g Graph) error {
	p, err := lay(g)
	if err != nil {
		return err
	}
	b := new(bytes.Buffer)
	p.draw(b, g.Title, g.Legend)
	_, err = b.WriteTo(w)
	return err
}

// draw writes the whole picture, with a legend below it where that is wanted.
func (p *picture) draw(w *bytes.Buffer, title string, legend bool) {
	bottom := p.height
	if legend {
		p.width, p.height = max(p.width, legendWidth(p.looks())), p.height+legendH
	}
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" class="pawl" role="img" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d">`+"\n",
		p.width, p.height)
	if title != "" {
		fmt.Fprintf(w, "<title>%s</title>\n", escapeXML(title))
	}
	writeStyle(w, p.looks())
	fmt.Fprintf(w, `<rect class="page" width="%d" height="%d"/>`+"\n", p.width, p.height)
	p.drawLevel(w, root, point{margin, margin})
	if legend {
		drawLegend(w, p.looks(), bottom)
	}
	w.WriteString("</svg>\n")
}

// looks returns the looks that the nodes use.
func (t *tree) looks() []look {
	used := make(map[string]bool)
	for _, n := range t.nodes {
		used[lookOf(n.State).state] = true
	}
	var list []look
	for _, l := range append([]look{neutral}, looks...) {
		if used[l.state] {
			list = append(list, l)
		}
	}
	return list
}

// drawLevel draws the children of parent, whose inner corner is given, and
// all they contain.
func (p *picture) drawLevel(w *bytes.Buffer, parent int, at point) {
	ground := "page"
	if parent != root {
		ground = "frame"
	}
	for _, r := range p.routes[parent] {
		p.drawRoute(w, r, at, ground)
	}
	for _, n := range p.children[parent] {
		b := p.boxes[n]
		b.x, b.y = b.x+at.x, b.y+at.y
		if p.group(n) {
			p.drawBox(w, n, b, "g", 10, titleH/2+4)
			p.drawLevel(w, n, point{b.x + b.inset, b.y + titleH + padding})
		} else {
			p.drawBox(w, n, b, "n", 7, b.h/2)
		}
	}
}

// drawBox draws a node; middle is how far below its upper edge its text is
// centred.
func (p *picture) drawBox(w *bytes.Buffer, n int, b box, class string, radius, middle int) {
	node, l := p.nodes[n], lookOf(p.nodes[n].State)
	fmt.Fprintf(w, `<g class="%s %s" data-id="%s"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="%d"/>`,
		class, l.state, escapeXML(node.ID), escapeXML(node.hover()), b.x, b.y, b.w, b.h, radius)
	textX, baseline := b.x+textLeft(node), b.y+middle+labelSize*7/20
	if l.sign != "" {
		fmt.Fprintf(w, `<path class="s" transform="translate(%d %d)" d="%s"/>`, b.x+10, b.y+middle-6, l.sign)
	}
	label, detail := p.texts(n)
	if detail != "" {
		detailX, detailY := textX, baseline+8
		if class == "g" {
			detailX, detailY = textX+textWidth(label, labelSize)*boldWider/100+detailGap, baseline
		} else {
			baseline -= 8
		}
		fmt.Fprintf(w, `<text class="d" x="%d" y="%d">%s</text>`, detailX, detailY, escapeXML(detail))
	}
	fmt.Fprintf(w, `<text class="l" x="%d" y="%d">%s</text></g>`+"\n", textX, baseline, escapeXML(label))
}

// drawRoute draws an edge, its arrowhead and, on a patch of the ground, its
// label.
func (p *picture) drawRoute(w *bytes.Buffer, r route, at point, ground string) {
	class := "e"
	if r.dashed {
		class = "e dash"
	}
	from, to := p.nodes[r.from], p.nodes[r.to]
	fmt.Fprintf(w, `<g class="%s" data-from="%s" data-to="%s">`, class, escapeXML(from.ID), escapeXML(to.ID))
	if r.from == r.to {
		b := p.boxes[r.from]
		x, y := at.x+b.x+b.w, at.y+b.y+b.h/2
		fmt.Fprintf(w, `<path class="p" d="M%d %dc16 -10 16 14 5 14"/><path class="a" d="M%d %dl7 -4v8z"/>`, x, y-7, x, y+7)
	} else {
		fmt.Fprintf(w, `<path class="p" d="%s"/><path class="a" d="%s"/>`, curve(r.points, at), arrowhead(r.points, at))
	}
	if r.labelled {
		text := shorten(oneLine(r.label), detailSize, textMax)
		x, y, width := at.x+r.labelAt.x, at.y+r.labelAt.y, labelWidth(r.label)
		fmt.Fprintf(w, `<rect class="%s" x="%d" y="%d" width="%d" height="%d"/><text x="%d" y="%d">%s</text>`,
			ground, x-width/2, y-labelHeight/2, width, labelHeight, x, y+4, escapeXML(text))
	}
	w.WriteString("</g>\n")
}

// headSize is how long an arrowhead is.
const headSize = 7

// curve returns the path through the points, short of the arrowhead.
func curve(points []point, at point) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%d %d", points[0].x+at.x, points[0].y+at.y)
	for i, q := range points[1:] {
		p := points[i]
		if i == len(points)-2 {
			q.y -= direction(points) * headSize
		}
		if straightOn := i < len(points)-2 && p.x == q.x && points[i+2].x == q.x; straightOn {
			continue
		}
		x, y := q.x+at.x, q.y+at.y
		if p.x == q.x {
			fmt.Fprintf(&b, "V%d", y)
			continue
		}
		middle := (p.y+q.y)/2 + at.y
		fmt.Fprintf(&b, "C%d %d %d %d %d %d", p.x+at.x, middle, x, middle, x, y)
	}
	return b.String()
}

// direction is 1 if the way ends downwards and -1 if it ends upwards.
func direction(points []point) int {
	if points[len(points)-1].y < points[0].y {
		return -1
	}
	return 1
}

// arrowhead returns the outline of the head at the end of the way.
func arrowhead(points []point, at point) string {
	end := points[len(points)-1]
	return fmt.Sprintf("M%d %dl-4 %dh8z", end.x+at.x, end.y+at.y, -direction(points)*headSize)
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;", "\n", "&#10;", "\t", "&#9;")

// escapeXML makes s fit for the text and the attributes of a document.
func escapeXML(s string) string {
	return xmlEscapes.Replace(strings.Map(printable, s))
}
