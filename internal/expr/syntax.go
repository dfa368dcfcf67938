package expr

import (
	"regexp"
	"strings"
	"sync"
)

// Fault is an expression that can't be evaluated whatever the parameters are.
type Fault struct {
	// Offset is where its "${" stands in the text, in bytes, and Source is all
	// of it, the braces included.
	Offset int
	Source string
	// Reason says what is wrong, mostly in JavaScript's words.
	Reason string
	// Open is set where no brace closes it: it is taken for what it says, not
	// for an expression.
	Open bool
}

// Faults returns what is wrong with the expressions in a text as far as it
// shows without evaluating them.
func Faults(text string) (found []Fault) {
	if strings.IndexByte(text, '$') < 0 {
		return nil
	}
	limits := Limits{}.withDefaults()
	if len(text) > limits.Text {
		return []Fault{{Reason: tooLong("the text", len(text), limits.Text).Error()}}
	}
	sound := sync.OnceValue(func() bool { return isSound(text, limits) })
	for i := 0; ; {
		start, length := nextExpression(text, i)
		if start < 0 {
			return found
		}
		if length < 0 {
			return append(found, Fault{Offset: start, Source: text[start:], Reason: "no brace closes the expression", Open: true})
		}
		i = start + 2 + length + 1
		source := text[start+2 : i-1]
		if source == "" || isPath(source) || sound() {
			continue
		}
		if _, err := parseExpression(source, limits); err != nil {
			found = append(found, Fault{Offset: start, Source: text[start:i], Reason: reason(source, err)})
		}
	}
}

// isSound tells whether all expressions in a text are some. It is going to be
// evaluated, so what was learnt is kept.
func isSound(text string, limits Limits) bool {
	if templates.get(text) != nil {
		return true
	}
	t, err := parseTemplate(text, limits)
	if err == nil {
		templates.put(text, t)
	}
	return err == nil
}

// isPath tells of most expressions at a glance that they are sound: names of
// parameters, and paths in them.
func isPath(source string) bool {
	return path().MatchString(source) && !reserved().MatchString(firstName().FindString(source))
}

var (
	path = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^ *[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)* *$`)
	})
	firstName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9_]+`) })
	// reserved finds the words of JavaScript that may be no names.
	reserved = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|` +
			`export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|` +
			`private|protected|public|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield)$`)
	})
)

// reason says what is wrong with an expression. The parser sees a bracket behind
// its end.
func reason(source string, err error) string {
	text := err.Error()
	if text == "SyntaxError: Unexpected token )" && !strings.Contains(source, ")") {
		return "SyntaxError: it ends too early"
	}
	return text
}
