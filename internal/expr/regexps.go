package expr

import (
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
)

// maxTime is the largest Limits.Time.
const maxTime = 10 * time.Second

// Regular expressions that go back and forth can take for ever, and the engine
// can neither be interrupted in one nor be told a limit. It takes a match that
// was given up for none, so that must not happen before an evaluation ends.
func init() { regexp2.DefaultMatchTimeout = maxTime }

// javaRegexp compiles a pattern of Java, which but for rare features looks like
// the library's.
func (m *machine) javaRegexp(pattern string) *regexp2.Regexp {
	re, err := regexp2.Compile(pattern, regexp2.None)
	if err != nil {
		m.throw(err)
	}
	return re
}

func javaMatches(m *machine, this string, args []goja.Value) goja.Value {
	re := m.javaRegexp(`\A(?:` + argument(args, 0).String() + `)\z`)
	ok, err := re.MatchString(this)
	if err != nil {
		m.throw(err)
	}
	return m.vm.ToValue(ok)
}

func javaReplaceFirst(m *machine, this string, args []goja.Value) goja.Value {
	return m.javaReplace(this, argument(args, 0).String(), argument(args, 1).String(), 1)
}

// javaReplaceAll takes a pattern of Java. With a regular expression or a
// function, which Java does not know, it is what JavaScript has by that name.
func javaReplaceAll(m *machine, this string, args []goja.Value) goja.Value {
	pattern, replacement := argument(args, 0), argument(args, 1)
	if re, ok := pattern.(*goja.Object); ok {
		if re.ClassName() == "RegExp" && !re.Get("global").ToBoolean() {
			panic(m.vm.NewTypeError("replaceAll must be called with a global RegExp"))
		}
		return m.method(m.vm.ToValue(this).ToObject(m.vm), "replace", pattern, replacement)
	}
	if f, ok := goja.AssertFunction(replacement); ok {
		return m.replaceEach(this, pattern.String(), f)
	}
	return m.javaReplace(this, pattern.String(), replacement.String(), -1)
}

// replaceEach replaces all occurrences of a text by what a function returns.
func (m *machine) replaceEach(text, old string, f goja.Callable) goja.Value {
	var b strings.Builder
	rest := text
	for old != "" {
		i := strings.Index(rest, old)
		if i < 0 {
			break
		}
		at := utf16Length(text[:len(text)-len(rest)+i])
		v, err := f(goja.Undefined(), m.vm.ToValue(old), m.vm.ToValue(at), m.vm.ToValue(text))
		if err != nil {
			m.throw(err)
		}
		b.WriteString(rest[:i])
		b.WriteString(v.String())
		rest = rest[i+len(old):]
		m.checkLength(float64(b.Len()))
	}
	return m.vm.ToValue(b.String() + rest)
}

func (m *machine) javaReplace(text, pattern, replacement string, count int) goja.Value {
	re := m.javaRegexp(pattern)
	var b strings.Builder
	runes, done := []rune(text), 0
	match, err := re.FindRunesMatch(runes)
	for ; match != nil && err == nil && count != 0; count-- {
		b.WriteString(string(runes[done:match.RuneIndex]))
		m.expand(&b, replacement, match)
		done = match.RuneIndex + match.RuneLength
		m.checkLength(float64(b.Len()))
		match, err = re.FindNextMatch(match)
	}
	if err != nil {
		m.throw(err)
	}
	b.WriteString(string(runes[done:]))
	return m.vm.ToValue(b.String())
}

// expand writes a replacement, in which "$1" and "${name}" stand for groups and
// a backslash takes the next character's meaning.
func (m *machine) expand(b *strings.Builder, replacement string, match *regexp2.Match) {
	for replacement != "" {
		n := 1
		switch c := replacement[0]; {
		case c == '\\' && len(replacement) > 1:
			b.WriteByte(replacement[1])
			n = 2
		case c == '$':
			var group string
			group, n = m.group(replacement, match)
			b.WriteString(group)
		default:
			b.WriteByte(c)
		}
		replacement = replacement[n:]
	}
}

// group returns the group that a replacement begins with and the length of its
// name there.
func (m *machine) group(replacement string, match *regexp2.Match) (string, int) {
	if strings.HasPrefix(replacement, "${") {
		if end := strings.IndexByte(replacement, '}'); end > 0 {
			if g := match.GroupByName(replacement[2:end]); g != nil {
				return g.String(), end + 1
			}
		}
		panic(m.vm.NewTypeError("No such group in %s", replacement))
	}
	number, n := -1, 1
	for n < len(replacement) && '0' <= replacement[n] && replacement[n] <= '9' {
		next := max(number, 0)*10 + int(replacement[n]-'0')
		if number >= 0 && next >= match.GroupCount() {
			break
		}
		number = next
		n++
	}
	if number < 0 || number >= match.GroupCount() {
		panic(m.vm.NewTypeError("Illegal group reference in %s", replacement))
	}
	return match.GroupByNumber(number).String(), n
}
