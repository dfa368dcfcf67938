package notebook

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/pawlhq/pawl/internal/params"
)

// regions are the comments of HTML around a text cell.
var regions = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^<!--\s*#(region|markdown|md|raw)(.*)-->\s*$`)
})

// chunkStart returns the options of the chunk of code that l begins.
func chunkStart(l string) (options string, ok bool) {
	if !strings.HasPrefix(l, "```{") {
		return "", false
	}
	l = strings.TrimRightFunc(l, unicode.IsSpace)
	if !strings.HasSuffix(l, "}") {
		return "", false
	}
	return l[len("```{") : len(l)-1], true
}

func chunkEnd(l string) bool {
	return strings.TrimRightFunc(l, unicode.IsSpace) == "```"
}

// chunk reads a cell of R Markdown or Quarto: a chunk of code, a region, or text
// up to either of them or to two blank lines.
func (s *style) chunk(lines []string) found {
	if m := regions().FindStringSubmatch(lines[0]); m != nil {
		return s.region(lines, m[1], m[2])
	}
	options, ok := chunkStart(lines[0])
	if !ok {
		return s.prose(lines)
	}
	f := found{first: 1, next: len(lines)}
	f.language, f.meta = chunkOptions(options)
	if v, ok := f.meta.Get("eval"); ok && v == false && !isActive(s.ext, f.meta, true) {
		f.meta = f.meta.Delete("eval")
	}
	end := len(lines)
	explicit := false
	q := newQuotes(orText(f.language, s.language))
	for i, l := range lines[1:] {
		open := q.open()
		q.read(l)
		if !open && chunkEnd(l) {
			end, f.next, explicit = i+1, i+2, true
			break
		}
	}
	f.text = append([]string(nil), lines[1:end]...)
	if s.name == "quarto" {
		s.chunkComments(&f)
	}
	if isActive(s.ext, f.meta, true) && !s.plainMagics {
		f.text = uncommentMagics(f.text, orText(f.language, s.language), true)
	}
	if !isActive(".ipynb", f.meta, true) {
		f.kind = Raw
	}
	f.next = behindBlanks(lines, f.next, explicit)
	return f
}

// chunkComments reads the options that Quarto has in comments (#| key: value)
// on top of a chunk.
func (s *style) chunkComments(f *found) {
	for len(f.text) > 0 {
		rest, ok := strings.CutPrefix(f.text[0], "#|")
		if !ok {
			return
		}
		if key, value, ok := strings.Cut(rest, ":"); ok {
			f.meta = f.meta.Set(strings.TrimSpace(key), quartoValue(strings.TrimSpace(value)))
		}
		f.text = f.text[1:]
		f.first++
	}
}

// quartoValue reads a scalar or a list in brackets, whose texts need no quotes.
func quartoValue(text string) any {
	switch text {
	case "true", "false":
		return text == "true"
	}
	if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' {
		return strings.Trim(text, `"'`)
	}
	list := []any{}
	for _, e := range strings.Split(text[1:len(text)-1], ",") {
		if e = strings.Trim(strings.TrimSpace(e), `"'`); e != "" {
			list = append(list, e)
		}
	}
	return list
}

// region reads a cell between comments of HTML.
func (s *style) region(lines []string, name, options string) found {
	f := found{kind: Markdown, first: 1, next: len(lines)}
	title, meta := cellOptions(options)
	if title != "" {
		meta = meta.Set("title", title)
	}
	if name == "raw" {
		f.kind = Raw
	}
	f.meta = meta
	end, explicit := len(lines), false
	for i, l := range lines {
		inner := strings.TrimSpace(strings.TrimSuffix(strings.TrimRightFunc(l, unicode.IsSpace), "-->"))
		if rest, ok := strings.CutPrefix(inner, "<!--"); ok && strings.TrimSpace(rest) == "#end"+name {
			end, f.next, explicit = i, i+1, true
			break
		}
	}
	f.text = lines[1:max(end, 1)]
	f.next = behindBlanks(lines, f.next, explicit)
	return f
}

// prose reads text up to a chunk, a region or two blank lines.
func (s *style) prose(lines []string) found {
	end, next, explicit := s.proseEnd(lines)
	f := found{kind: Markdown, text: lines[:end], next: behindBlanks(lines, next, explicit), meta: params.Map{}}
	return f
}

func (s *style) proseEnd(lines []string) (end, next int, explicit bool) {
	blank, fenced, indented := 0, false, false
	for i, l := range lines {
		text := !isBlank(l)
		switch {
		case fenced && chunkEnd(l):
			fenced = false
			continue
		case blank > 0 && text && strings.HasPrefix(l, "    "):
			indented, blank = true, 0
			continue
		case indented && text && !strings.HasPrefix(l, "    "):
			indented = false
		}
		if indented || fenced {
			continue
		}
		if s.beginsCell(l) {
			if i > 1 && blank > 0 {
				return i - 1, i, false
			}
			return i, i, false
		}
		if strings.HasPrefix(l, "```") {
			if blank >= 2 && !strings.HasPrefix(l, "```{") {
				return i - 2, i, true
			}
			fenced, blank = true, 0
			continue
		}
		switch {
		case s.splitHeadings && strings.HasPrefix(l, "#") && blank >= 1:
			return i - 1, i, false
		case !text:
			blank++
		case blank >= 2:
			return i - 2, i, true
		default:
			blank = 0
		}
	}
	return len(lines), len(lines), false
}

// beginsCell tells whether l begins a region or a chunk of a known language.
func (s *style) beginsCell(l string) bool {
	if regions().MatchString(l) {
		return true
	}
	options, ok := chunkStart(l)
	if !ok {
		return false
	}
	language, _ := chunkOptions(options)
	return isMagicLanguage(language) || isMagicLanguage(strings.ToLower(language))
}
