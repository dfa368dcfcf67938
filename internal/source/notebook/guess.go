package notebook

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/params"
)

// style is how the cells of a text are marked.
type style struct {
	ext      string // ".py"
	name     string // "percent", "light", "hydrogen", "sphinx", "spin", "rmarkdown", "quarto"
	language string // of the code that is not marked otherwise; "" if chunks say it
	// What begins and ends cells instead of + and -; light only.
	startMark, endMark string
	plainMagics        bool // magics are not commented
	splitHeadings      bool

	unclosed [2]int // while reading: lengths from which on fences of ` and ~ are never closed
}

var styles = map[string][]string{
	".py":  {"light", "nomarker", "percent", "hydrogen", "sphinx"},
	".R":   {"light", "nomarker", "percent", "hydrogen", "spin"},
	".r":   {"light", "nomarker", "percent", "hydrogen", "spin"},
	".Rmd": {"rmarkdown"},
	".rmd": {"rmarkdown"},
	".qmd": {"quarto"},
}

// guess decides on the style of a text: its header says it, or its marks do.
func guess(ext string, lines []string, meta params.Map) style {
	s := style{ext: ext, name: styles[ext][0]}
	switch ext {
	case ".py":
		s.language = "python"
	case ".R", ".r":
		s.language = "R"
	}
	options := mapAt(meta, "jupytext")
	if name := namedStyle(options, ext); name != "" {
		s.name = name
	} else if s.language != "" {
		s.byMarks(lines)
	}
	if language := textAt(meta, "kernelspec", "language"); language != "" {
		s.language = languageOf(language)
	}
	if language := textAt(options, "main_language"); language != "" {
		s.language = languageOf(language)
	}
	if marks := textAt(options, "cell_markers"); strings.Contains(marks, ",") && marks != "+,-" {
		s.startMark, s.endMark, _ = strings.Cut(marks, ",")
	}
	if s.name != "light" && s.name != "nomarker" {
		s.startMark, s.endMark = "", ""
	}
	s.plainMagics = s.name == "hydrogen"
	if v, ok := options.Get("comment_magics"); ok {
		s.plainMagics = v == false
	}
	s.splitHeadings, _ = options.BoolOr("split_at_heading", false)
	return s
}

// namedStyle returns the style that the header names for files with suffix ext.
func namedStyle(options params.Map, ext string) string {
	if representation := mapAt(options, "text_representation"); textAt(representation, "extension") == ext {
		if name := textAt(representation, "format_name"); slices.Contains(styles[ext], name) {
			return name
		}
	}
	for _, f := range strings.Split(textAt(options, "formats"), ",") {
		f = f[strings.LastIndexByte(f, '/')+1:]
		if suffix, name, ok := strings.Cut(f, ":"); ok && "."+suffix == ext && slices.Contains(styles[ext], name) {
			return name
		}
	}
	return ""
}

// marks are the patterns by which styles are told apart.
type markForms struct{ cell, exported, vim, region, hashes *regexp.Regexp }

var markPatterns = sync.OnceValue(func() markForms {
	return markForms{
		cell:     regexp.MustCompile(`^# ?%%(\s|$)`),
		exported: regexp.MustCompile(`^#( <codecell>| In\[[0-9 ]*\]:?)`),
		vim:      regexp.MustCompile(`^#\s*\{\{\{`),
		region:   regexp.MustCompile(`^#\s*region`),
		hashes:   regexp.MustCompile(`^# ?#{19,}\s*$`),
	}
})

// byMarks decides on the style by what occurs in the text outside of strings.
func (s *style) byMarks(lines []string) {
	p := markPatterns()
	var cells, plain, hashes, spin, vim, region int
	q := newQuotes(s.language)
	for _, l := range lines {
		q.read(l)
		if q.open() {
			continue
		}
		if !strings.HasPrefix(l, "#") {
			if isMagic(l, s.language, false) {
				plain++
			}
			continue
		}
		switch {
		case p.cell.MatchString(l) || p.exported.MatchString(l):
			cells++
		case p.hashes.MatchString(l):
			hashes++
		case strings.HasPrefix(l, "#'"):
			spin++
		case p.vim.MatchString(l):
			vim++
		case p.region.MatchString(l):
			region++
		}
	}
	switch {
	case cells > 0 && plain > 0:
		s.name = "hydrogen"
	case cells > 0:
		s.name = "percent"
	case vim > 0:
		s.startMark, s.endMark = "{{{", "}}}"
	case region > 0:
		s.startMark, s.endMark = "region", "endregion"
	case hashes >= 2 && s.ext == ".py":
		s.name = "sphinx"
	case spin > 0 && s.language == "R":
		s.name = "spin"
	}
}
