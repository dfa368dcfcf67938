package syntax

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/template/value"
)

const (
	// maxNesting is how deep expressions and statements may be nested.
	maxNesting = 150
	// maxChain is how many operators of one kind may follow each other.
	maxChain = 2000
)

// Fault is an error at an offset.
type Fault struct {
	Pos     int
	Message string
}

func failf(pos int, format string, args ...any) *Fault {
	return &Fault{pos, fmt.Sprintf(format, args...)}
}

// parser reads tokens. After its first fault it is at the end, so that every
// loop ends.
type parser struct {
	tokens []token // the last is tokenEnd
	at     int
	depth  int
	soft   int // statements and expressions around that may not be executed
	tags   []string
	ends   [][]string // what ends the statements around
	fault  *Fault
	broken *Fault // why the tokens end too early
}

// Parse reads a text that Normalize returned, with the marks around expressions; if
// they are empty, {{ and }}.
func Parse(text, open, shut string) ([]Node, *Fault) {
	p := &parser{}
	p.tokens, p.broken = tokens(text, open, shut)
	body := p.nodes(nil)
	if p.fault == nil {
		p.fault = p.broken
	}
	return body, p.fault
}

func (p *parser) fail(pos int, format string, args ...any) {
	switch {
	case p.fault != nil:
	case p.broken != nil && p.ended():
		p.fault = p.broken
	default:
		p.fault = failf(pos, format, args...)
	}
	p.at = len(p.tokens) - 1
}

func (p *parser) current() *token { return &p.tokens[p.at] }

func (p *parser) ended() bool { return p.current().kind == tokenEnd }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

func (t *token) is(kind tokenKind, text string) bool { return t.kind == kind && t.text == text }

func (p *parser) isName(name string) bool { return p.current().is(tokenName, name) }
func (p *parser) isOp(op string) bool     { return p.current().is(tokenOperator, op) }
func (p *parser) isKind(k tokenKind) bool { return p.current().kind == k }
func (p *parser) isOneOf(ops []string) bool {
	return p.isKind(tokenOperator) && slices.Contains(ops, p.current().text)
}

// follows tells whether the token after the current one is as given.
func (p *parser) follows(kind tokenKind, text string) bool {
	return !p.ended() && p.tokens[p.at+1].is(kind, text)
}

func (p *parser) skipName(name string) bool { return p.skip(tokenName, name) }
func (p *parser) skipOp(op string) bool     { return p.skip(tokenOperator, op) }

func (p *parser) skip(kind tokenKind, text string) bool {
	if !p.current().is(kind, text) {
		return false
	}
	p.at++
	return true
}

func (p *parser) expectOp(op string) token {
	if !p.isOp(op) {
		p.unexpected(op)
	}
	return p.next()
}

func (p *parser) expectName() token {
	if !p.isKind(tokenName) {
		p.unexpected("name")
	}
	return p.next()
}

func (p *parser) expectWord(word string) {
	if !p.isName(word) {
		p.unexpected(word)
	}
	p.next()
}

func (p *parser) expectClose(kind tokenKind) {
	if !p.isKind(kind) {
		p.unexpected((&token{kind: kind}).describe())
	}
	p.next()
}

func (p *parser) unexpected(want string) {
	t := p.current()
	if t.kind == tokenEnd {
		p.fail(t.pos, "unexpected end of template, expected %s.", value.Repr(want))
		return
	}
	p.fail(t.pos, "expected token %s, got %s", value.Repr(want), value.Repr(t.describe()))
}

func (t *token) describe() string {
	switch t.kind {
	case tokenEnd:
		return "end of template"
	case tokenData:
		return "template data / text"
	case tokenOpen:
		return "begin of print statement"
	case tokenClose:
		return "end of print statement"
	case tokenBlockOpen:
		return "begin of statement block"
	case tokenBlockClose:
		return "end of statement block"
	case tokenString:
		return "string"
	case tokenInteger:
		return "integer"
	case tokenFloat:
		return "float"
	}
	return t.text
}

// enter counts the nesting; leave must follow.
func (p *parser) enter() {
	if p.depth++; p.depth > maxNesting {
		p.fail(p.current().pos, "template is nested more than %d levels deep", maxNesting)
	}
}

func (p *parser) leave() { p.depth-- }

// nodes reads text and statements up to a tag with one of the names, or to the
// end if there are none. The current token is then the name.
func (p *parser) nodes(ends []string) []Node {
	p.enter()
	defer p.leave()
	if ends != nil {
		p.ends = append(p.ends, ends)
		defer func() { p.ends = p.ends[:len(p.ends)-1] }()
	}
	var list []Node
	for !p.ended() {
		t := p.next()
		switch t.kind {
		case tokenData:
			list = append(list, &TextNode{Pos(t.pos), t.text})
		case tokenOpen:
			list = append(list, &PrintNode{Pos(t.pos), []Expr{p.tuple(tupleForm{})}})
			p.expectClose(tokenClose)
		case tokenBlockOpen:
			if p.isKind(tokenName) && slices.Contains(ends, p.current().text) {
				return list
			}
			list = append(list, p.statement())
			p.expectClose(tokenBlockClose)
		}
	}
	if ends != nil && p.fault == nil {
		p.unknownTag("", p.current().pos)
	}
	return list
}

// body reads the content of a statement and the name of the tag that ends it.
func (p *parser) body(ends ...string) (list []Node, end string) {
	p.skipOp(":")
	p.expectClose(tokenBlockClose)
	list = p.nodes(ends)
	return list, p.next().text
}

// content reads the content of a statement that one tag can end.
func (p *parser) content(end string) []Node {
	list, _ := p.body(end)
	return list
}

// unknownTag fails because of a tag, or because the template ended.
func (p *parser) unknownTag(name string, at int) {
	message := "Unexpected end of template."
	if name != "" {
		message = fmt.Sprintf("Encountered unknown tag %s.", value.Repr(name))
	}
	if len(p.ends) > 0 {
		message += p.lookingFor(name)
	}
	if len(p.tags) > 0 {
		message += fmt.Sprintf(" The innermost block that needs to be closed is %s.", value.Repr(p.tags[len(p.tags)-1]))
	}
	p.fail(at, "%s", message)
}

func (p *parser) lookingFor(name string) string {
	var quoted []string
	for _, end := range p.ends[len(p.ends)-1] {
		quoted = append(quoted, value.Repr(end))
	}
	looking := strings.Join(quoted, " or ")
	for _, ends := range p.ends {
		if slices.Contains(ends, name) {
			return " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for " + looking + "."
		}
	}
	return " Jinja was looking for the following tags: " + looking + "."
}
