package notebook

import "strings"

// spin reads a cell of an R script with #' before text and #+ before code.
func (s *style) spin(lines []string) found {
	var f found
	options, marked := strings.CutPrefix(lines[0], "#+")
	if marked {
		_, f.meta = chunkOptions("r " + options)
		f.takeLanguage()
	}
	if !marked && strings.HasPrefix(lines[0], "#'") {
		f.kind = Markdown
		end := 0
		for end < len(lines) && strings.HasPrefix(lines[end], "#'") {
			end++
		}
		f.next = end
		if end < len(lines) && isBlank(lines[end]) {
			f.next++
		}
		f.text = uncomment(lines[:end], "#'")
		f.next = behindBlanks(lines, f.next, false)
		return f
	}
	end := s.spinEnd(&f, lines, marked)
	return s.lightCell(f, lines, marked, end, false)
}

// spinEnd looks for the end of a code cell and sets f.next.
func (s *style) spinEnd(f *found, lines []string, marked bool) int {
	indented := 0 // up to here blank lines are inside of a block
	for i, l := range lines {
		if marked && i == 0 {
			continue
		}
		if strings.HasPrefix(l, "#+") || strings.HasPrefix(l, "#'") {
			f.next = i
			return i - blanksBefore(lines, i)
		}
		if !isBlank(l) || i < indented {
			continue
		}
		if indented = nextIndented(lines, i); indented < 0 {
			return s.paragraphEnd(f, lines, i)
		}
	}
	f.next = len(lines)
	return len(lines)
}
