package dig

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// IgnoreFile is the file in a project's folder that says what is no part of it.
const IgnoreFile = ".digdagignore"

// Ignore says which files of a folder are no part of the project: those whose
// name, or that of a folder they are in, starts with a dot, and those that the
// patterns of .digdagignore match. Patterns are those of gitignore. The zero
// Ignore has no patterns.
type Ignore struct{ rules []ignoreRule }

type ignoreRule struct {
	pattern *regexp.Regexp
	negated bool
	folder  bool // matches folders only
}

// ReadIgnore reads the .digdagignore in the root of a project, if there is one.
func ReadIgnore(project fs.FS) (Ignore, error) {
	return newLoader(project).ignore()
}

// ParseIgnore reads patterns, one a line. As for git, a pattern that makes no
// sense matches nothing.
func ParseIgnore(text string) Ignore {
	var ig Ignore
	for line := range strings.Lines(text) {
		if r, ok := parseRule(strings.TrimRight(line, "\r\n")); ok {
			ig.rules = append(ig.rules, r)
		}
	}
	return ig
}

// Match tells whether a file, or a folder if folder is set, is ignored. The
// path is relative to the project. What is in an ignored folder is ignored,
// whatever later patterns say.
func (ig Ignore) Match(name string, folder bool) bool {
	if name == "." || name == "" {
		return false
	}
	if ig.Match(path.Dir(name), true) || strings.HasPrefix(path.Base(name), ".") {
		return true
	}
	ignored := false
	for _, r := range ig.rules {
		if r.negated == ignored && (folder || !r.folder) && r.pattern.MatchString(name) {
			ignored = !ignored
		}
	}
	return ignored
}

func parseRule(line string) (r ignoreRule, ok bool) {
	line = trimBlanks(line)
	if line == "" || line[0] == '#' {
		return r, false
	}
	line, r.negated = strings.CutPrefix(line, "!")
	line, r.folder = strings.CutSuffix(line, "/")
	if line == "" {
		return r, false
	}
	// Only a pattern with a slash is tied to the root of the project.
	if rest, anchored := strings.CutPrefix(line, "/"); anchored {
		line = rest
	} else if !strings.Contains(line, "/") {
		line = "**/" + line
	}
	pattern, err := regexp.Compile("^" + globSource(line) + "$")
	r.pattern = pattern
	return r, err == nil
}

// trimBlanks removes blanks at the end unless the last one is escaped.
func trimBlanks(line string) string {
	trimmed := strings.TrimRight(line, " ")
	if len(trimmed) < len(line) && strings.HasSuffix(trimmed, `\`) {
		return trimmed + " "
	}
	return trimmed
}

// globSource translates a glob to a regular expression, which matches in
// linear time whatever the pattern.
func globSource(glob string) string {
	var b strings.Builder
	for i := 0; i < len(glob); {
		rest := glob[i:]
		atStart := i == 0 || glob[i-1] == '/'
		switch {
		case atStart && strings.HasPrefix(rest, "**/"):
			b.WriteString("(?:.*/)?")
			i += 3
		case atStart && rest == "**":
			b.WriteString(".+")
			i += 2
		case rest[0] == '*':
			b.WriteString("[^/]*")
			i += len(rest) - len(strings.TrimLeft(rest, "*"))
		case rest[0] == '?':
			b.WriteString("[^/]")
			i++
		case rest[0] == '[':
			class, n := classSource(rest)
			b.WriteString(class)
			i += n
		default:
			if rest[0] == '\\' && len(rest) > 1 {
				i, rest = i+1, rest[1:]
			}
			b.WriteString(regexp.QuoteMeta(rest[:1]))
			i++
		}
	}
	return b.String()
}

// classSource translates a character class such as "[!a-z]" and returns the
// length of what it read. A bracket that is not closed matches nothing.
func classSource(glob string) (source string, n int) {
	i, negated := 1, false
	if i < len(glob) && (glob[i] == '!' || glob[i] == '^') {
		i, negated = i+1, true
	}
	end := strings.IndexByte(glob[min(i+1, len(glob)):], ']') // a first ] is a member
	if end < 0 {
		return `[^\x00-\x{10FFFF}]`, len(glob)
	}
	end += i + 1
	members := strings.NewReplacer(`[`, `\[`, `]`, `\]`, `^`, `\^`, `&`, `\&`, `~`, `\~`).Replace(glob[i:end])
	if negated {
		return "[^/" + members + "]", end + 1
	}
	return "[" + members + "]", end + 1
}
