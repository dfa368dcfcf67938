package document

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	quotesHint    = `a text with ": " in it needs quotes around it`
	includeHint   = "write '!include : FILE', with a blank before the colon"
	openQuoteHint = "a quote in a line before is not closed"
	columnHint    = "check the indentation: the keys of a mapping begin in the same column"
)

// startHint is for texts that begin with what has a meaning of its own.
func startHint(r rune) string {
	return fmt.Sprintf("a text that starts with %q needs quotes around it", r)
}

// explained adds to a fault of syntax, which has the library's words, what is
// behind the messages that puzzle people most. The fault that caused it may
// stand in the line before.
func (f *file) explained(message string, e *Error) *Error {
	begins := e.Column == indentOf(e.Source)+1
	switch {
	case strings.HasPrefix(message, "mapping values are not allowed"):
		return f.explainColon(e)
	case strings.HasPrefix(message, "could not find expected ':'"):
		if glued().MatchString(strings.TrimSpace(e.Source)) {
			return f.gluedColon(e.Line)
		}
		return e.Hint("check the indentation, and that a colon comes after each key")
	case strings.HasPrefix(message, "did not find expected <document start>"):
		return e.Hint(columnHint)
	case strings.HasPrefix(message, "did not find expected key") && begins:
		return e.Hint(columnHint)
	case strings.HasPrefix(message, "did not find expected key"):
		return e.Hint("%s", quoteHint(e))
	case strings.HasPrefix(message, "found unexpected end of stream") && strings.Contains(e.Message, "quoted"):
		return e.Hint("the quote that opens here is not closed")
	case strings.HasPrefix(message, "block sequence entries are not allowed"):
		return e.Hint(`a text that starts with "- " needs quotes around it`)
	case strings.HasPrefix(message, "unknown anchor"):
		return e.Hint("%s", startHint('*'))
	case strings.HasPrefix(message, "found character that cannot start any token"):
		if runes := []rune(e.Source); e.Column <= len(runes) && runes[e.Column-1] != '\t' {
			return e.Hint("%s", startHint(runes[e.Column-1]))
		}
		return e.Hint("indent with spaces, not tabs")
	}
	return e
}

var (
	// keyed matches a line that begins with a key and its colon, glued one whose
	// colon has the value right behind it.
	keyed = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^#"':]+:(?:[ \t]|$)`) })
	glued = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^#"'{\[: ]+:[^ \t:/]`) })
)

// explainColon explains a colon where none is allowed: in a text, or behind a
// key that is taken for more of the text in the line before.
func (f *file) explainColon(e *Error) *Error {
	if keyed().MatchString(strings.TrimLeft(untilColumn(e), " -")) {
		return e.Hint(quotesHint)
	}
	number := e.Line - 1
	for number > 0 && strings.TrimSpace(f.line(number)) == "" {
		number--
	}
	line := f.line(number)
	text := strings.TrimSpace(line)
	switch {
	case number == 0:
		return e.Hint(quotesHint)
	case strings.HasPrefix(text, includeTag):
		return f.inLine(number, "!include is a key of its own").Hint(includeHint)
	case glued().MatchString(text):
		return f.gluedColon(number)
	case !strings.Contains(text, ":") && (indentOf(e.Source) > indentOf(line) || strings.HasSuffix(f.line(number-1), ":")):
		return f.inLine(number, "there is no colon after the key")
	case indentOf(e.Source) > indentOf(line):
		return e.Hint("check the indentation: it is taken for more of the text in line %d", number)
	}
	return e.Hint(quotesHint)
}

// gluedColon is the error of a line whose key is not seen.
func (f *file) gluedColon(number int) *Error {
	return f.inLine(number, "the colon of a key needs a blank after it")
}

// inLine returns an error about a line.
func (f *file) inLine(number int, message string) *Error {
	return place{file: f, line: int32(number), column: int32(indentOf(f.line(number)) + 1)}.Errorf("%s", message)
}

// quoteHint explains what stands behind a quote that closes a text.
func quoteHint(e *Error) string {
	before := untilColumn(e)
	last := strings.LastIndexAny(before, `"'`)
	if last < 0 {
		return ""
	}
	if strings.Count(before, before[last:last+1])%2 == 1 {
		return openQuoteHint
	}
	return "what belongs to a text in quotes stands between them"
}

// untilColumn returns what stands before an error in its line.
func untilColumn(e *Error) string {
	runes := []rune(e.Source)
	return string(runes[:max(0, min(e.Column-1, len(runes)))])
}

func indentOf(line string) int {
	return utf8.RuneCountInString(line) - utf8.RuneCountInString(strings.TrimLeft(line, " "))
}
