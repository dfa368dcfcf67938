package console

import (
	"bufio"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// Table is text in columns, as Ploomber prints it: a line of dashes under the
// titles, two spaces between columns, numbers right-aligned by their points.
type Table struct {
	Columns []Column
	Rows    [][]string
}

// Column is one of a table.
type Column struct {
	Title string
	// number has the cells aligned by their decimal points.
	Number bool
	// fixed keeps the cells from being wrapped.
	Fixed bool
}

// gap is what is between two columns, and titlePad what a column has at least
// beside its title.
const (
	gap      = "  "
	titlePad = 2
)

// bufferSize is how much of a table is written at a time: a report of many tasks
// takes a few calls of the system.
const bufferSize = 64 << 10

// Write prints the table to a terminal of that width; 0 is as wide as it needs.
func (t *Table) Write(w io.Writer, width int) error {
	p := t.printer(w, width)
	for i, c := range t.Columns {
		p.cells[i] = append(p.cells[i][:0], c.Title)
	}
	p.line(0, false)
	for i := range t.Columns {
		p.cells[i] = append(p.cells[i][:0], strings.Repeat("-", p.widths[i]))
	}
	p.line(0, false)
	for _, row := range t.Rows {
		for n := range p.set(row) {
			p.line(n, true)
		}
	}
	return p.to.Flush()
}

// tablePrinter prints a table row by row: there may be many.
type tablePrinter struct {
	to      *bufio.Writer
	columns []Column
	limits  []int // how wide cells may be; 0 is any width
	points  []int // most characters that are behind and at a decimal point
	widths  []int

	cells [][]string // the lines of each cell of a row
}

func (t *Table) printer(w io.Writer, width int) *tablePrinter {
	n := len(t.Columns)
	p := &tablePrinter{bufio.NewWriterSize(w, bufferSize), t.Columns, t.limits(width), make([]int, n), make([]int, n), make([][]string, n)}
	for i, c := range t.Columns {
		p.widths[i] = utf8.RuneCountInString(c.Title) + titlePad
		if !c.Number {
			continue
		}
		for _, row := range t.Rows {
			p.points[i] = max(p.points[i], behind(row[i]))
		}
	}
	for _, row := range t.Rows {
		p.set(row)
		for i, lines := range p.cells {
			for _, text := range lines {
				p.widths[i] = max(p.widths[i], utf8.RuneCountInString(text)+p.after(i, text))
			}
		}
	}
	return p
}

// set breaks the cells of a row into lines, and returns how many there are.
func (p *tablePrinter) set(row []string) (lines int) {
	for i, text := range row {
		cell := append(p.cells[i][:0], text)
		if limit := p.limits[i]; limit > 0 && utf8.RuneCountInString(text) > limit {
			cell = appendWrapped(cell[:0], text, limit)
		}
		p.cells[i] = cell
		lines = max(lines, len(cell))
	}
	return lines
}

// after returns how many spaces come after a number, so that the points of its
// column are below each other once it is right-aligned.
func (p *tablePrinter) after(column int, text string) int {
	if !p.columns[column].Number {
		return 0
	}
	return p.points[column] - behind(text)
}

// behind returns how many characters of a number are at and behind its point.
func behind(number string) int {
	if i := strings.IndexByte(number, '.'); i >= 0 {
		return len(number) - i
	}
	return 0
}

// line prints a line of the row that was set, with numbers aligned or not.
func (p *tablePrinter) line(n int, aligned bool) {
	spaces := 0 // to be printed before something else
	line := p.to.AvailableBuffer()
	for i := range p.columns {
		text := ""
		if n < len(p.cells[i]) {
			text = p.cells[i][n]
		}
		left, right := 0, p.widths[i]-utf8.RuneCountInString(text)
		if p.columns[i].Number {
			left, right = right, 0
			if aligned {
				right = p.after(i, text)
				left -= right
			}
		}
		line, spaces = appendAfter(line, spaces+left, text)
		spaces += right + len(gap)
	}
	_, _ = p.to.Write(append(line, '\n')) // Flush tells of errors
}

// appendAfter appends a text after so many spaces. It returns how many the text
// ends with, which are not appended yet.
func appendAfter(line []byte, spaces int, text string) (all []byte, more int) {
	trimmed := strings.TrimRight(text, " ")
	if trimmed == "" {
		return line, spaces + len(text)
	}
	for range spaces {
		line = append(line, ' ')
	}
	return append(line, trimmed...), len(text) - len(trimmed)
}

// limits returns how wide the cells of each column may be; 0 is any width. What
// the fixed columns leave is shared by the others.
func (t *Table) limits(width int) []int {
	limits := make([]int, len(t.Columns))
	if width <= 0 {
		return limits
	}
	natural := make([]int, len(t.Columns))
	left, flexible := width-len(gap)*(len(t.Columns)-1), 0
	for i, c := range t.Columns {
		natural[i] = utf8.RuneCountInString(c.Title) + titlePad
		for _, row := range t.Rows {
			natural[i] = max(natural[i], utf8.RuneCountInString(row[i]))
		}
		if c.Fixed || c.Number {
			left -= natural[i]
		} else {
			flexible++
		}
	}
	// Columns that need less than their share leave the rest to the others.
	for settled := true; settled && flexible > 0; {
		settled = false
		share := left / flexible
		for i, c := range t.Columns {
			if !c.Fixed && !c.Number && limits[i] == 0 && natural[i] <= share {
				limits[i], settled = natural[i], true
				left -= natural[i]
				flexible--
			}
		}
	}
	for i, c := range t.Columns {
		if !c.Fixed && !c.Number && limits[i] == 0 {
			limits[i] = max(left/max(flexible, 1), utf8.RuneCountInString(c.Title)+titlePad)
		}
	}
	return limits
}

// appendWrapped breaks a text into lines of at most that many characters, between
// words where it can.
func appendWrapped(lines []string, text string, limit int) []string {
	line := []rune(nil)
	for word := range strings.SplitSeq(text, " ") {
		r := []rune(word)
		if len(line) > 0 && len(line)+1+len(r) <= limit {
			line = append(append(line, ' '), r...)
			continue
		}
		if len(line) > 0 {
			lines = append(lines, string(line))
		}
		for len(r) > limit {
			lines = append(lines, string(r[:limit]))
			r = r[limit:]
		}
		line = r
	}
	if len(line) > 0 {
		lines = append(lines, string(line))
	}
	return lines
}

// JSON is a table for programs: a report whose rows have the columns by name.
func (t *Table) JSON() params.Map {
	list := make([]any, len(t.Rows))
	for i, row := range t.Rows {
		var m params.Map
		for k, c := range t.Columns {
			m = m.Set(c.Title, row[k])
		}
		list[i] = m
	}
	return params.Of("type", "report", "report", list)
}

// TableWidth returns how wide tables may be: as the terminal is, or as wide as
// they need where they are not for one.
func TableWidth(world IO) int {
	f, ok := world.Stdout.(*os.File)
	if !ok || !IsTerminal(f) {
		return 0
	}
	width, _ := TerminalSize(f)
	return width
}
