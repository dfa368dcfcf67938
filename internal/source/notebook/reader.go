package notebook

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// found is a cell as a reader of a style found it in lines.
type found struct {
	kind     CellKind
	language string
	meta     params.Map
	first    int      // the first line of the source
	text     []string // the source
	next     int      // where the next cell begins; more than 0
}

// readText reads a notebook from a text.
func readText(name, ext, src string) (*Notebook, error) {
	whole := split(src)
	lines := make([]string, len(whole))
	for i, l := range whole {
		lines[i] = l.text
	}
	s, h, err := styleOf(name, ext, lines)
	if err != nil {
		return nil, err
	}
	n := &Notebook{src: src, style: s, meta: h.meta}
	n.format = Format(strings.TrimPrefix(ext, ".") + ":" + s.name)
	offset := func(i int) int {
		if i == 0 {
			return 0
		}
		return whole[min(i, len(whole))-1].end
	}
	n.before = src[:offset(h.next)]
	if h.raw != nil {
		n.Cells = append(n.Cells, Cell{Kind: Raw, Text: strings.Join(h.raw, "\n"), Line: h.open + 1})
	}
	if s.name == "sphinx" {
		n.Cells = append(n.Cells, Cell{Text: "%matplotlib inline"})
	}
	if err := n.readCells(lines, h.next, offset); err != nil {
		return nil, err
	}
	if n.style.language == "" {
		n.style.language = mostUsed(n.Cells)
	}
	foreign(n.Cells, n.style.language)
	for i := range n.Cells {
		n.Cells[i].Tags = tagsOf(n.Cells[i].Metadata)
	}
	if s.name == "sphinx" {
		n.Cells = withoutEmpty(n.Cells)
	}
	return n, nil
}

// styleOf decides on the style of a text and reads the header that it has in
// that style.
func styleOf(name, ext string, lines []string) (style, header, error) {
	prefix := "#"
	if styles[ext][0] == "rmarkdown" || styles[ext][0] == "quarto" {
		prefix = ""
	}
	h, err := readHeader(name, lines, prefix)
	if err != nil {
		return style{}, h, err
	}
	meta := h.meta
	var spin header
	if ext == ".R" || ext == ".r" {
		if spin, err = readHeader(name, lines, "#'"); err != nil {
			return style{}, h, err
		}
		if meta.Len() == 0 {
			meta = spin.meta
		}
	}
	s := guess(ext, lines, meta)
	if s.name == "spin" {
		h = spin
	}
	return s, h, nil
}

// readCells reads the cells from line at on.
func (n *Notebook) readCells(lines []string, at int, offset func(int) int) error {
	for at < len(lines) {
		var f found
		switch n.style.name {
		case "percent", "hydrogen":
			f = n.style.percent(lines[at:])
		case "light", "nomarker":
			f = n.style.light(lines[at:])
		case "spin":
			f = n.style.spin(lines[at:])
		case "sphinx":
			f = n.style.sphinx(lines[at:])
		default:
			f = n.style.chunk(lines[at:])
		}
		if f.next <= 0 {
			return fmt.Errorf("line %d: no cell can be read here", at+1)
		}
		if f.language != "" {
			f.meta = f.meta.Set("language", f.language)
		}
		n.Cells = append(n.Cells, Cell{
			Kind: f.kind, Text: strings.Join(f.text, "\n"), Metadata: f.meta, Line: at + f.first + 1,
			raw: n.src[offset(at):offset(at+f.next)],
		})
		at += f.next
	}
	return nil
}

// withoutEmpty drops empty cells that are not beside a markdown cell.
func withoutEmpty(cells []Cell) []Cell {
	var out []Cell
	for i, c := range cells {
		if c.Text == "" && i > 0 && i+1 < len(cells) && cells[i-1].Kind != Markdown && cells[i+1].Kind != Markdown {
			continue
		}
		out = append(out, c)
	}
	return out
}

// takeLanguage moves the language from metadata to the cell.
func (f *found) takeLanguage() {
	if v, ok := f.meta.Get("language"); ok {
		f.language, _ = v.(string)
		f.meta = f.meta.Delete("language")
	}
}

// setKind sets the kind by the name that a marker gave, "" being code.
func (f *found) setKind(name string) {
	switch name {
	case "markdown":
		f.kind = Markdown
	case "raw":
		f.kind = Raw
	default:
		f.kind = Code
	}
}

// extract makes the text of a cell of a script from its lines. marked tells
// that a marker said that it is code.
func (s *style) extract(f *found, lines []string, marked bool, comment string) {
	if s.ext == ".py" && !isActive(s.ext, f.meta, f.kind == Code) {
		if text, ok := unquoted(lines); ok {
			f.text = text
			return
		}
	}
	active := isActive(s.ext, f.meta, true)
	if !active || !f.meta.Has("active") && f.language != "" && f.language != s.language {
		f.text = uncomment(lines, "#")
		return
	}
	if !s.plainMagics {
		lines = uncommentMagics(lines, orText(f.language, s.language), marked)
	}
	if f.kind == Code {
		f.text = unescapeMarkers(append([]string(nil), lines...), s.language)
		return
	}
	f.text = uncomment(lines, comment)
}

func orText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// unquoted returns what is between triple quotes if lines are one such string.
func unquoted(lines []string) ([]string, bool) {
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	for _, prefix := range []string{"", "r", "R"} {
		for _, quote := range []string{`"""`, "'''"} {
			left := prefix + quote
			if len(text) < len(left)+3 || !strings.HasPrefix(text, left) || !strings.HasSuffix(text, quote) {
				continue
			}
			body := text[len(left) : len(text)-3]
			body = strings.TrimPrefix(body, "\n")
			body = strings.TrimSuffix(body, "\n")
			var out []string
			for _, l := range split(body) {
				out = append(out, l.text)
			}
			return out, true
		}
	}
	return nil, false
}
