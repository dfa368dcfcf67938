package progress_test

import (
	"fmt"
	"strings"
	"testing"
)

// terminal is a screen that knows the sequences that the tree uses.
type terminal struct {
	t             *testing.T
	width, height int
	rows          [][]rune // with those that were scrolled out
	row, column   int
}

func newTerminal(t *testing.T, width, height int) *terminal {
	return &terminal{t: t, width: width, height: height, rows: [][]rune{nil}}
}

func (v *terminal) size() (int, int) { return v.width, v.height }

func (v *terminal) Write(p []byte) (int, error) {
	text := string(p)
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
			v.control(rest[:end], rest[end])
			text = rest[end+1:]
			continue
		}
		for _, r := range text {
			v.put(r)
			text = text[len(string(r)):]
			break
		}
	}
	return len(p), nil
}

func (v *terminal) control(arg string, what byte) {
	switch what {
	case 'A':
		n := 0
		_, _ = fmt.Sscan(arg, &n)
		v.row -= n
		if v.row < len(v.rows)-v.height {
			v.t.Errorf("the cursor leaves the screen")
			v.row = len(v.rows) - v.height
		}
	case 'K':
		v.rows[v.row] = v.rows[v.row][:min(v.column, len(v.rows[v.row]))]
	case 'J':
		v.rows[v.row] = v.rows[v.row][:min(v.column, len(v.rows[v.row]))]
		v.rows = v.rows[:v.row+1]
	case 'm':
	default:
		v.t.Errorf("unknown sequence %q%c", arg, what)
	}
}

func (v *terminal) put(r rune) {
	switch r {
	case '\n':
		v.down()
		v.column = 0
	case '\r':
		v.column = 0
	default:
		if v.column == v.width {
			v.down()
			v.column = 0
		}
		line := v.rows[v.row]
		for len(line) <= v.column {
			line = append(line, ' ')
		}
		line[v.column] = r
		v.rows[v.row] = line
		v.column++
	}
}

func (v *terminal) down() {
	v.row++
	if v.row == len(v.rows) {
		v.rows = append(v.rows, nil)
	}
}

// resize makes the screen as wide as it says and breaks longer lines anew.
func (v *terminal) resize(width int) {
	v.width = width
	var rows [][]rune
	for _, line := range v.rows {
		for len(line) > width {
			rows = append(rows, line[:width:width])
			line = line[width:]
		}
		rows = append(rows, line)
	}
	v.rows, v.row = rows, len(rows)-1
}

func (v *terminal) text() string {
	var b strings.Builder
	for _, line := range v.rows {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
