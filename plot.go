package pawl

import (
	"fmt"
	"io"

	"github.com/pawlhq/pawl/internal/picture/outline"
	"github.com/pawlhq/pawl/internal/plot"
)

// Format is a way to draw a process.
type Format string

// Formats of Plot.
const (
	// SVG is a picture, and HTML a page that has it.
	SVG  Format = "svg"
	HTML Format = "html"
	// DOT is for Graphviz, and Mermaid for Mermaid.
	DOT     Format = "dot"
	Mermaid Format = "mermaid"
)

// String returns the process for people: its steps as lines, each below its group,
// with what it does, its deadline and how it is tried again.
func (p *Process[P]) String() string {
	return fmt.Sprintf("process %s, version %s\n%s", p.of.name, p.of.version, outline.Text(p.of.definition))
}

// Plot draws the process. A format that there is not is ErrInvalid.
func (p *Process[P]) Plot(to io.Writer, as Format) error {
	draw, ok := map[Format]func(io.Writer, plot.Graph) error{SVG: plot.SVG, HTML: plot.HTML, DOT: plot.DOT, Mermaid: plot.Mermaid}[as]
	if !ok {
		return fmt.Errorf("plot process %s: there is no format %q: %w", p.of.name, as, ErrInvalid)
	}
	return draw(to, outline.Graph(p.of.definition, nil))
}
