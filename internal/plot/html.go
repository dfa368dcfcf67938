package plot

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
)

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// HTML writes a page that shows g and needs nothing from elsewhere: the
// picture can be moved and zoomed, and resting on a box shows its full text
// and its edges. It fails when SVG does.
func HTML(w io.Writer, g Graph) error {
	p, err := lay(g)
	if err != nil {
		return err
	}
	b := new(bytes.Buffer)
	writeHead(b, g.Title, pageStyle)
	b.WriteString("<main>\n")
	p.draw(b, g.Title, false)
	b.WriteString("</main>\n")
	writeLegend(b, p.looks())
	fmt.Fprintf(b, "<script>\n%s</script>\n</body>\n</html>\n", pageScript)
	_, err = b.WriteTo(w)
	return err
}

// writeHead begins a page.
func writeHead(w *bytes.Buffer, title, style string) {
	if title == "" {
		title = "graph"
	}
	fmt.Fprintf(w, `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%s</title>
<style>
%s</style>
</head>
<body>
`, escapeXML(title), style)
}

// writeLegend explains the signs of the states in use.
func writeLegend(w *bytes.Buffer, used []look) {
	w.WriteString("<footer>")
	for _, l := range used {
		if l.sign != "" {
			fmt.Fprintf(w, `<span><svg class="pawl" width="12" height="12"><g class="%s"><path class="s" d="%s"/></g></svg> %s</span>`,
				l.state, l.sign, l.name())
		}
	}
	w.WriteString(`<nav><button type="button" value="0.8" title="zoom out">−</button><button type="button" value="1.25" title="zoom in">+</button>` +
		`<button type="button">fit</button></nav></footer>` + "\n")
}
