package plot

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
)

//go:embed report.css
var reportStyle string

// Table is what a report says in words.
type Table struct {
	Columns []string
	Rows    [][]string
}

// Report writes a page that shows g and a table below it, and needs nothing from
// elsewhere. It fails when SVG does.
func Report(w io.Writer, g Graph, t Table) error {
	p, err := lay(g)
	if err != nil {
		return err
	}
	b := new(bytes.Buffer)
	writeHead(b, g.Title, reportStyle)
	picture := new(bytes.Buffer)
	p.draw(picture, g.Title, g.Legend) // which settles the width
	fmt.Fprintf(b, "<h1>%s</h1>\n<figure style=\"--width:%dpx\">\n%s</figure>\n<div><table>\n", escapeXML(g.Title), p.width, picture)
	writeRow(b, "th", t.Columns)
	for _, row := range t.Rows {
		writeRow(b, "td", row)
	}
	b.WriteString("</table></div>\n</body>\n</html>\n")
	_, err = b.WriteTo(w)
	return err
}

func writeRow(w *bytes.Buffer, cell string, texts []string) {
	w.WriteString("<tr>")
	for _, text := range texts {
		fmt.Fprintf(w, "<%s>%s</%[1]s>", cell, escapeXML(text))
	}
	w.WriteString("</tr>\n")
}
