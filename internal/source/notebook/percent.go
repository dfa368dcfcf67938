package notebook

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// percentMarks are the lines that begin cells: with options, and without.
var percentMarks = sync.OnceValue(func() [2]*regexp.Regexp {
	return [2]*regexp.Regexp{
		regexp.MustCompile(`^\s*#\s*%%%*\s`),
		regexp.MustCompile(`^\s*#\s*(?:%%|<codecell>|In\[[0-9 ]*\]:?)\s*$`),
	}
})

// percentMark tells whether a line begins a cell, and whether options follow.
func percentMark(l string) (mark, options bool) {
	body := strings.TrimLeftFunc(l, unicode.IsSpace)
	if !strings.HasPrefix(body, "#") || !strings.ContainsAny(body, "%<I") {
		return false, false
	}
	p := percentMarks()
	options = p[0].MatchString(l)
	return options || p[1].MatchString(l), options
}

// percent reads a cell that begins with # %%, up to the next one.
func (s *style) percent(lines []string) found {
	var f found
	mark, options := percentMark(lines[0])
	kind := ""
	if options {
		l := lines[0]
		kind, f.meta = scriptOptions(l[strings.Index(l, "%%")+2:])
	}
	f.takeLanguage()
	comment := "#"
	switch {
	case kind != "":
		f.setKind(kind)
	case !isActive(".ipynb", f.meta, true):
		if textAt(f.meta, "active") == "" {
			f.meta = f.meta.Delete("active")
		}
		f.kind = Raw
		if isActive(s.ext, f.meta, true) {
			comment = ""
		}
	}
	f.next = s.percentEnd(&f, lines)
	end := f.next
	switch {
	case twoBlanks(lines[:end]):
		end -= 2
	case end > 0 && lines[end-1] == "":
		end--
	}
	if mark {
		f.first = 1
	}
	s.extract(&f, lines[f.first:max(end, f.first)], true, comment)
	return f
}

// percentEnd returns the line at which the next cell begins.
func (s *style) percentEnd(f *found, lines []string) int {
	q := newQuotes(orText(f.language, s.language))
	fence := ""
	for i, l := range lines {
		open := q.open()
		q.read(l)
		if open {
			continue
		}
		if f.kind != Code {
			text := uncommentLine(l, "#")
			if fence != "" {
				if closesFence(text, fence) {
					fence = ""
				}
				continue
			}
			if fence = openedFence(text); fence != "" && s.closedLater(fence, lines[i+1:]) {
				continue
			}
			fence = ""
		}
		if i == 0 {
			continue
		}
		if mark, _ := percentMark(l); mark {
			return i
		}
	}
	return len(lines)
}

// openedFence returns the fence of a block of code in markdown that l may open.
func openedFence(l string) string {
	fence, rest := cutFence(l)
	if fence != "" && fence[0] == '`' && strings.Contains(rest, "`") {
		return ""
	}
	return fence
}

// closedLater tells whether one of the lines, which are the rest of the text,
// closes a fence. It notes the shortest fence that none does, so that the rest
// is not searched again for each.
func (s *style) closedLater(fence string, lines []string) bool {
	shortest := &s.unclosed[strings.IndexByte("`~", fence[0])]
	if *shortest > 0 && len(fence) >= *shortest {
		return false
	}
	for _, l := range lines {
		if closesFence(uncommentLine(l, "#"), fence) {
			return true
		}
	}
	*shortest = len(fence)
	return false
}

func closesFence(l, fence string) bool {
	end, rest := cutFence(l)
	return end != "" && end[0] == fence[0] && len(end) >= len(fence) && isBlank(rest)
}

// cutFence cuts three or more ` or ~ from the beginning of l.
func cutFence(l string) (fence, rest string) {
	body := strings.TrimLeft(l, " ")
	if len(l)-len(body) > 3 || body == "" || body[0] != '`' && body[0] != '~' {
		return "", ""
	}
	rest = strings.TrimLeft(body, body[:1])
	if len(body)-len(rest) < 3 {
		return "", ""
	}
	return body[:len(body)-len(rest)], rest
}
