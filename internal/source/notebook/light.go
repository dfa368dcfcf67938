package notebook

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// start tells whether l begins a cell of a light script, and returns the
// options behind the mark.
func (s *style) start(l string) (options string, ok bool) {
	mark := s.startMark
	if mark == "" {
		mark = "+"
	}
	rest, ok := strings.CutPrefix(l, "#")
	if !ok {
		return "", false
	}
	return strings.CutPrefix(strings.TrimLeftFunc(rest, unicode.IsSpace), mark)
}

// ends tells whether l ends a cell whose end is marked with mark.
func (s *style) ends(l, mark string) bool {
	rest, ok := strings.CutPrefix(l, "#")
	if !ok {
		return false
	}
	if s.endMark != "" {
		return strings.TrimSpace(rest) == s.endMark
	}
	return strings.TrimRightFunc(rest, unicode.IsSpace) == " "+mark
}

// light reads a cell of a light script: between marks, or up to a blank line.
func (s *style) light(lines []string) found {
	var f found
	kind := ""
	options, marked := s.start(lines[0])
	stray := !marked && s.endMark != "" && s.ends(lines[0], s.endMark)
	if marked {
		kind, f.meta = scriptOptions(options)
		f.takeLanguage()
	}
	if !marked && !stray && s.isParagraph(lines) {
		f.kind = Markdown
		end := 0
		for end < len(lines) && !isBlank(lines[end]) {
			end++
		}
		f.next = min(end+1, len(lines))
		return s.lightCell(f, lines, false, end, false)
	}
	f.setKind(kind)
	mark := ""
	if marked {
		mark = orText(textAt(f.meta, "endofcell"), "-")
	}
	end, explicit, kept := s.lightEnd(&f, lines, marked, mark)
	if !kept { // the mark began another cell inside of which this one was
		f.meta, f.language, marked = params.Map{}, "", false
	}
	return s.lightCell(f, lines, marked, end, explicit)
}

// lightEnd looks for the end of a code cell and sets f.next. Of cells with both
// marks, those that begin before another one ended have none of their own.
func (s *style) lightEnd(f *found, lines []string, marked bool, mark string) (end int, explicit, kept bool) {
	q := newQuotes(orText(f.language, s.language))
	indented := 0 // up to here blank lines are inside of a block
	for i, l := range lines {
		if marked && i == 0 {
			continue
		}
		open := q.open()
		q.read(l)
		if open {
			continue
		}
		if _, ok := s.start(l); ok {
			f.next = i
			return i - blanksBefore(lines, i), false, !marked || s.startMark == ""
		}
		if mark != "" {
			if s.ends(l, mark) {
				f.next = i + 1
				return i, true, true
			}
			continue
		}
		if !isBlank(l) || i < indented {
			continue
		}
		if indented = nextIndented(lines, i); indented < 0 {
			return s.paragraphEnd(f, lines, i), false, true
		}
	}
	f.next = len(lines)
	return len(lines), false, true
}

// paragraphEnd ends a cell at the blank line i.
func (s *style) paragraphEnd(f *found, lines []string, i int) int {
	switch {
	case i > 0:
		f.next = i + 1
		return i
	case len(lines) > 1 && !isBlank(lines[1]):
		f.next = 1
	default:
		f.next = min(2, len(lines))
	}
	return 1
}

// blanksBefore counts the blank lines before i, two at most.
func blanksBefore(lines []string, i int) int {
	n := 0
	for n < 2 && i-n > 0 && isBlank(lines[i-n-1]) {
		n++
	}
	return n
}

// nextIndented returns the first line from i on that is not blank if it is
// indented, else -1.
func nextIndented(lines []string, i int) int {
	for ; i < len(lines); i++ {
		if !isBlank(lines[i]) {
			if r, _ := utf8.DecodeRuneInString(lines[i]); unicode.IsSpace(r) {
				return i
			}
			return -1
		}
	}
	return -1
}

// isParagraph tells whether lines begin with comments and nothing else up to a
// blank line. Magics are no comments.
func (s *style) isParagraph(lines []string) bool {
	for i, l := range lines {
		rest, ok := strings.CutPrefix(l, "#")
		if !ok {
			return i > 0 && isBlank(l)
		}
		if !strings.HasPrefix(strings.TrimLeftFunc(rest, unicode.IsSpace), "#") && isMagic(l, s.language, false) {
			return false
		}
	}
	return true
}

// lightCell makes the cell of lines up to end, and lets the blank lines behind
// it be part of it.
func (s *style) lightCell(f found, lines []string, marked bool, end int, explicit bool) found {
	if marked {
		f.first = 1
	}
	source := lines[f.first:max(end, f.first)]
	if s.ext == ".py" && explicit && twoBlanks(source) {
		source = source[:len(source)-2]
	}
	s.extract(&f, source, marked, "#")
	if f.kind == Code && !isActive(".ipynb", f.meta, true) {
		if textAt(f.meta, "active") == "" {
			f.meta = f.meta.Delete("active")
		}
		f.kind = Raw
	}
	f.next = behindBlanks(lines, f.next, explicit)
	return f
}

// behindBlanks skips one blank line at next, or two behind a marked end.
func behindBlanks(lines []string, next int, explicit bool) int {
	blank := func(i int) bool { return i < len(lines) && isBlank(lines[i]) }
	text := func(i int) bool { return i < len(lines) && !isBlank(lines[i]) }
	switch {
	case blank(next) && text(next+1):
		return next + 1
	case explicit && blank(next) && blank(next+1) && text(next+2):
		return next + 2
	}
	return next
}
