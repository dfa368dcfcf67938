package notebook

import "strings"

// textMark returns the mark with which l begins a text cell of a gallery script.
func textMark(l string) string {
	switch {
	case l == `""` || l == "''":
		return l
	case strings.HasPrefix(l, `"""`):
		return `"""`
	case strings.HasPrefix(l, "'''"):
		return "'''"
	case markPatterns().hashes.MatchString(l):
		return "#"
	}
	return ""
}

// sphinx reads a cell of a gallery script: text in triple quotes or below a
// line of hashes, and the code between.
func (s *style) sphinx(lines []string) found {
	var f found
	mark := textMark(lines[0])
	if mark == "" {
		return s.galleryCode(lines)
	}
	f.kind = Markdown
	switch mark {
	case "#":
		end := 1
		for end < len(lines) && strings.HasPrefix(lines[end], "#") {
			end++
		}
		f.first, f.next = 1, end
		f.text = uncomment(lines[1:end], "#")
		if end < len(lines) && isBlank(lines[end]) {
			f.next++
		}
	case `""`, "''":
		f.next = 1
		if len(lines) == 1 || isBlank(lines[1]) {
			f.next = min(2, len(lines))
		}
	default:
		s.galleryText(&f, lines, mark)
	}
	return f
}

// galleryText reads a text in triple quotes.
func (s *style) galleryText(f *found, lines []string, mark string) {
	text := append([]string(nil), lines...)
	if strings.TrimSpace(text[0]) == mark {
		f.first = 1
	} else {
		text[0] = text[0][3:]
	}
	end := len(lines)
	f.next = end
	for i, l := range lines {
		if i == 0 && strings.TrimSpace(l) == mark || !strings.HasSuffix(strings.TrimSpace(l), mark) || i == 0 && len(strings.TrimSpace(l)) < 6 {
			continue
		}
		end = i
		if strings.TrimSpace(l) != mark {
			text[i] = text[i][:strings.LastIndex(text[i], mark)]
			end++
		}
		f.next = i + 1
		if i+1 < len(lines) && isBlank(lines[i+1]) {
			f.next++
		}
		break
	}
	f.text = text[f.first:max(end, f.first)]
}

func (s *style) galleryCode(lines []string) found {
	f := found{next: len(lines)}
	end := len(lines)
	q := newQuotes("python")
	for i, l := range lines {
		if q.open() {
			q.read(l)
			continue
		}
		if textMark(l) != "" {
			f.next, end = i, i
			if i > 0 && isBlank(lines[i-1]) {
				end--
			}
			break
		}
		q.read(l)
	}
	f.text = uncommentMagics(lines[:end], s.language, true)
	return f
}
