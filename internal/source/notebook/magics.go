package notebook

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// magicForms are the patterns of lines that are commands of Jupyter and no
// code, commented or not.
type magicForms struct {
	percent, keep, shell, assign, help, escaped *regexp.Regexp
}

var magics = sync.OnceValue(func() magicForms {
	const signs = `(?:#\s?)*`
	const percent = `^\s*(?:# |#)*%{1,3}[a-zA-Z]`
	return magicForms{
		percent: regexp.MustCompile(percent),
		keep:    regexp.MustCompile(percent + `.*#\s*noescape`),
		shell:   regexp.MustCompile(`^\s*(?:(?:# |#)+\s*)?[?!]\s*[A-Za-z.~$\\/{}]`),
		assign:  regexp.MustCompile(`^(?:# |#)*\s*[a-zA-Z_][a-zA-Z_$0-9]*\s*=\s*(?:%{1,3}|!)[a-zA-Z]`),
		help:    regexp.MustCompile(`^\s*(?:# )*\S*\?\s*$`),
		escaped: regexp.MustCompile(`^` + signs + `#\s?\+`),
	}
})

// isMagic tells whether a line is a magic. Where it is sure to be in a code
// cell, that takes in requests for help (name?).
func isMagic(l, language string, inCode bool) bool {
	if language != "python" && language != "R" {
		return false
	}
	if language == "python" && isCommand(l) {
		return true
	}
	if !strings.ContainsAny(l, "%!?") { // nearly all lines
		return false
	}
	m := magics()
	if m.percent.MatchString(l) {
		return !m.keep.MatchString(l)
	}
	if language != "python" {
		return false
	}
	return m.shell.MatchString(l) || m.assign.MatchString(l) || inCode && m.help.MatchString(l)
}

// isCommand tells whether a line is a command of the shell that Jupyter knows
// without a sign: ls, but not ls = 1.
func isCommand(l string) bool {
	for strings.HasPrefix(l, "#") {
		l = strings.TrimPrefix(l[1:], " ")
	}
	end := strings.IndexFunc(l, unicode.IsSpace)
	word, rest := l, ""
	if end >= 0 {
		word, rest = l[:end], l[end:]
	}
	switch word {
	case "cat", "cd", "cp", "mv", "rm", "rmdir", "mkdir", "copy", "ddir", "echo", "ls", "ldir", "ren":
		return len(rest) < 2 || rest[1] != '=' && rest[1] != ','
	}
	return false
}

// uncommentMagics removes one comment sign from magics, and from the lines that
// continue them.
func uncommentMagics(lines []string, language string, inCode bool) []string {
	return eachMagic(lines, language, inCode, func(l string, _ bool) string { return unescape(l) })
}

// commentMagics is the inverse of uncommentMagics.
func commentMagics(lines []string, language string, inCode bool) []string {
	return eachMagic(lines, language, inCode, func(l string, continues bool) string {
		if continues {
			return "# " + l
		}
		body := strings.TrimLeftFunc(l, unicode.IsSpace)
		return l[:len(l)-len(body)] + "# " + body
	})
}

func eachMagic(lines []string, language string, inCode bool, change func(l string, continues bool) string) []string {
	q := newQuotes(language)
	out := make([]string, len(lines))
	continues := false
	for i, l := range lines {
		out[i] = l
		if !q.open() && (continues || isMagic(l, language, inCode)) {
			out[i] = change(l, continues)
			continues = language == "python" && strings.HasSuffix(strings.TrimRightFunc(l, unicode.IsSpace), `\`)
		}
		q.read(l)
	}
	return out
}

// unescape removes one comment sign behind the indentation.
func unescape(l string) string {
	body := strings.TrimLeftFunc(l, unicode.IsSpace)
	rest, ok := strings.CutPrefix(body, "#")
	if !ok {
		return l
	}
	return l[:len(l)-len(body)] + strings.TrimPrefix(rest, " ")
}

// unescapeMarkers removes one comment sign from lines that look like commented
// markers of cells.
func unescapeMarkers(lines []string, language string) []string {
	q := newQuotes(language)
	for i, l := range lines {
		if !q.open() && strings.HasPrefix(l, "#") && magics().escaped.MatchString(l) {
			if plain := unescape(l); magics().escaped.MatchString(plain) {
				lines[i] = plain
			}
		}
		q.read(l)
	}
	return lines
}
