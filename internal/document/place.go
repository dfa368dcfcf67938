package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// place is where something was written. The zero place is nowhere.
type place struct {
	file         *file
	line, column int32
}

// Pos returns where it was written.
func (p place) Pos() Pos {
	if p.file == nil {
		return Pos{}
	}
	return Pos{File: p.file.name, Line: int(p.line), Column: int(p.column)}
}

// Errorf returns an error that points to where it was written.
func (p place) Errorf(format string, args ...any) *Error {
	e := &Error{Pos: p.Pos(), Message: fmt.Sprintf(format, args...)}
	if p.file != nil {
		e.Source = p.file.line(int(p.line))
		e.Moot = p.file.isMoot(int(p.line))
	}
	return e
}

// file is a source that error messages quote.
type file struct {
	name   string
	source string

	once  sync.Once
	lines []string

	moot [][2]int // first and last lines of what was left out
}

func (f *file) isMoot(line int) bool {
	return slices.ContainsFunc(f.moot, func(part [2]int) bool { return part[0] <= line && line <= part[1] })
}

// line returns a line by its number from 1, or "" if there is none.
func (f *file) line(number int) string {
	f.once.Do(func() { f.lines = splitLines(f.source) })
	if number < 1 || number > len(f.lines) {
		return ""
	}
	return f.lines[number-1]
}

// splitLines splits at what YAML takes for a line break.
func splitLines(s string) []string {
	var lines []string
	for {
		i := strings.IndexAny(s, "\n\r\u0085\u2028\u2029")
		if i < 0 {
			return append(lines, s)
		}
		lines = append(lines, s[:i])
		s = s[i:]
		switch {
		case strings.HasPrefix(s, "\r\n"):
			s = s[2:]
		case s[0] < 0x80:
			s = s[1:]
		case s[0] == 0xC2:
			s = s[2:]
		default:
			s = s[3:]
		}
	}
}

func quote(s string) string { return strconv.Quote(s) }
