package cli

import (
	"io"
	"strings"
	"unicode/utf8"
)

// table is text in columns, as Ploomber prints it: a line of dashes under the
// titles, two spaces between columns, numbers right-aligned by their points.
type table struct {
	columns []column
	rows    [][]string
}

// column is one of a table.
type column struct {
	title string
	// number has the cells aligned by their decimal points.
	number bool
	// fixed keeps the cells from being wrapped.
	fixed bool
}

// gap is what is between two columns, and titlePad what a column has at least
// beside its title.
const (
	gap      = "  "
	titlePad = 2
)

// write prints the table to a terminal of that width; 0 is as wide as it needs.
func (t *table) write(w io.Writer, width int) error {
	cells := t.cells(t.limits(width))
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = utf8.RuneCountInString(c.title) + titlePad
		for _, row := range cells {
			for _, line := range row[i] {
				widths[i] = max(widths[i], utf8.RuneCountInString(line))
			}
		}
	}
	var b strings.Builder
	line := func(cell func(i int) string) {
		var l strings.Builder
		for i, c := range t.columns {
			if i > 0 {
				l.WriteString(gap)
			}
			text := cell(i)
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if c.number {
				l.WriteString(pad + text)
			} else {
				l.WriteString(text + pad)
			}
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(func(i int) string { return t.columns[i].title })
	line(func(i int) string { return strings.Repeat("-", widths[i]) })
	for _, row := range cells {
		for n := range tallest(row) {
			line(func(i int) string {
				if n < len(row[i]) {
					return row[i][n]
				}
				return ""
			})
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func tallest(row [][]string) int {
	n := 0
	for _, lines := range row {
		n = max(n, len(lines))
	}
	return n
}

// limits returns how wide the cells of each column may be; 0 is any width. What
// the fixed columns leave is shared by the others.
func (t *table) limits(width int) []int {
	limits := make([]int, len(t.columns))
	natural := make([]int, len(t.columns))
	left, flexible := width-len(gap)*(len(t.columns)-1), 0
	for i, c := range t.columns {
		natural[i] = utf8.RuneCountInString(c.title) + titlePad
		for _, row := range t.rows {
			natural[i] = max(natural[i], utf8.RuneCountInString(row[i]))
		}
		if c.fixed || c.number {
			left -= natural[i]
		} else {
			flexible++
		}
	}
	if width <= 0 {
		return limits
	}
	// Columns that need less than their share leave the rest to the others.
	for settled := true; settled && flexible > 0; {
		settled = false
		share := left / flexible
		for i, c := range t.columns {
			if !c.fixed && !c.number && limits[i] == 0 && natural[i] <= share {
				limits[i], settled = natural[i], true
				left -= natural[i]
				flexible--
			}
		}
	}
	for i, c := range t.columns {
		if !c.fixed && !c.number && limits[i] == 0 {
			limits[i] = max(left/max(flexible, 1), utf8.RuneCountInString(c.title)+titlePad)
		}
	}
	return limits
}

// cells returns the lines of each cell.
func (t *table) cells(limits []int) [][][]string {
	cells := make([][][]string, len(t.rows))
	for r, row := range t.rows {
		cells[r] = make([][]string, len(row))
		for i, text := range row {
			cells[r][i] = wrapped(text, limits[i])
		}
	}
	for i, c := range t.columns {
		if c.number {
			alignPoints(cells, i)
		}
	}
	return cells
}

// alignPoints pads the numbers of a column behind, so that their points are
// below each other once they are right-aligned.
func alignPoints(cells [][][]string, column int) {
	most := 0
	behind := func(s string) int {
		if i := strings.IndexByte(s, '.'); i >= 0 {
			return len(s) - i
		}
		return 0
	}
	for _, row := range cells {
		most = max(most, behind(row[column][0]))
	}
	for _, row := range cells {
		s := row[column][0]
		row[column][0] = s + strings.Repeat(" ", most-behind(s))
	}
}

// wrapped breaks a text into lines of at most that many characters, between
// words where it can; 0 leaves it whole.
func wrapped(text string, limit int) []string {
	if limit <= 0 || utf8.RuneCountInString(text) <= limit {
		return []string{text}
	}
	var lines []string
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
