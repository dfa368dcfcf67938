package syntax

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/template/value"
)

// unsupportedTag tells what to do instead of a tag that Jinja2 has and the
// package has not.
func unsupportedTag(name string) string {
	switch name {
	case "extends":
		return "use import or include"
	case "block":
		return "use macros"
	case "autoescape":
		return "nothing is escaped"
	}
	return ""
}

// statement reads what is between {% and %}.
func (p *parser) statement() Node {
	t := *p.current()
	if t.kind != tokenName {
		p.fail(t.pos, "tag name expected")
		return nil
	}
	if instead := unsupportedTag(t.text); instead != "" {
		p.fail(t.pos, "tag %s is not supported: %s", value.Repr(t.text), instead)
		return nil
	}
	read := statementReader(t.text)
	if read == nil {
		p.unknownTag(t.text, t.pos)
		return nil
	}
	p.tags = append(p.tags, t.text)
	defer func() { p.tags = p.tags[:len(p.tags)-1] }()
	p.next()
	return read(p, Pos(t.pos))
}

// statementReader returns what reads the rest of a statement, or nil.
func statementReader(name string) func(*parser, Pos) Node {
	switch name {
	case "print":
		return (*parser).printStatement
	case "if":
		return (*parser).ifStatement
	case "for":
		return (*parser).forStatement
	case "set":
		return (*parser).setStatement
	case "with":
		return (*parser).withStatement
	case "macro":
		return (*parser).macroStatement
	case "call":
		return (*parser).callStatement
	case "filter":
		return (*parser).filterStatement
	case "include":
		return (*parser).includeStatement
	case "import":
		return (*parser).importStatement
	case "from":
		return (*parser).fromStatement
	case "raise":
		return (*parser).raiseStatement
	}
	return nil
}

func (p *parser) printStatement(at Pos) Node {
	n := &PrintNode{Pos: at}
	for !p.isKind(tokenBlockClose) && !p.ended() {
		if n.Values != nil {
			p.expectOp(",")
		}
		n.Values = append(n.Values, p.expression())
	}
	return n
}

func (p *parser) ifStatement(at Pos) Node {
	p.soft++
	defer func() { p.soft-- }()
	n := &IfNode{Pos: at}
	for {
		test := p.tuple(tupleForm{noCond: true})
		body, end := p.body("elif", "else", "endif")
		n.Branches = append(n.Branches, Branch{test, body})
		switch end {
		case "elif":
			continue
		case "else":
			n.Otherwise = p.content("endif")
		}
		return n
	}
}

func (p *parser) forStatement(at Pos) Node {
	n := &ForNode{Pos: at, Target: p.target()}
	p.expectWord("in")
	n.Over = p.tuple(tupleForm{noCond: true})
	if p.skipName("if") {
		n.Test = p.expression()
	}
	n.Recursive = p.skipName("recursive")
	var end string
	if n.Body, end = p.body("endfor", "else"); end == "else" {
		n.Otherwise = p.content("endfor")
	}
	for _, name := range targetNames(n.Target, nil) {
		if name == "loop" {
			p.fail(int(at), "Can't assign to special loop variable in for-loop target")
		}
	}
	return n
}

func (p *parser) setStatement(at Pos) Node {
	target := p.memberOrTarget()
	if p.skipOp("=") {
		return &SetNode{at, target, p.tuple(tupleForm{})}
	}
	var filter Expr
	if p.isOp("|") {
		filter = p.filters(nil)
	}
	return &SetBlock{at, target, filter, p.content("endset")}
}

// memberOrTarget reads what a set assigns to.
func (p *parser) memberOrTarget() Expr {
	return p.assignable(p.tuple(tupleForm{simple: true, members: true}))
}

// target reads names to assign to.
func (p *parser) target() Expr {
	return p.assignable(p.tuple(tupleForm{simple: true}))
}

func (p *parser) assignable(e Expr) Expr {
	switch t := e.(type) {
	case *NameExpr, *MemberTarget:
		return e
	case *TupleExpr:
		for _, item := range t.Items {
			p.assignable(item)
		}
		return e
	}
	if p.fault == nil {
		p.fail(e.At(), "can't assign to %s", value.Repr(kindOf(e)))
	}
	return e
}

// kindOf names a literal in messages.
func kindOf(e Expr) string {
	switch e.(type) {
	case *ConstExpr:
		return "const"
	case *ListExpr:
		return "list"
	case *DictExpr:
		return "dict"
	}
	return "expression"
}

// targetNames appends the names that a target gives values to.
func targetNames(target Expr, names []string) []string {
	switch t := target.(type) {
	case *NameExpr:
		names = append(names, t.Name)
	case *TupleExpr:
		for _, item := range t.Items {
			names = targetNames(item, names)
		}
	}
	return names
}

func (p *parser) withStatement(at Pos) Node {
	n := &WithNode{Pos: at}
	for !p.isKind(tokenBlockClose) && !p.ended() {
		if n.Targets != nil {
			p.expectOp(",")
		}
		n.Targets = append(n.Targets, p.target())
		p.expectOp("=")
		n.Values = append(n.Values, p.expression())
	}
	n.Body = p.content("endwith")
	return n
}

func (p *parser) signature() Signature {
	var s Signature
	p.expectOp("(")
	for !p.isOp(")") && !p.ended() {
		if s.Params != nil {
			p.expectOp(",")
		}
		name := p.expectName()
		s.Params = append(s.Params, name.text)
		if p.skipOp("=") {
			s.Defaults = append(s.Defaults, p.expression())
		} else if s.Defaults != nil {
			p.fail(p.current().pos, "non-default argument follows default argument")
		}
	}
	p.expectOp(")")
	return s
}

// complete notes which special names the body of a macro uses.
func (s *Signature) complete(p *parser, at Pos, body []Node) {
	if p.fault != nil {
		return // the body may lack parts
	}
	has := func(name string) bool { return slices.Contains(s.Params, name) }
	used := usedNames(body)
	s.Varargs = used["varargs"] && !has("varargs")
	s.Kwargs = used["kwargs"] && !has("kwargs")
	s.Callable = used["caller"]
	for i, param := range s.Params {
		if param == "caller" && s.Callable && i < len(s.Params)-len(s.Defaults) {
			p.fail(int(at), `When defining macros or call blocks the special "caller" argument must be omitted or be given a default.`)
		}
	}
}

func (p *parser) macroStatement(at Pos) Node {
	n := &MacroNode{Pos: at, Name: p.expectName().text, Signature: p.signature()}
	n.Body = p.content("endmacro")
	n.complete(p, at, n.Body)
	return n
}

func (p *parser) callStatement(at Pos) Node {
	n := &CallNode{Pos: at}
	if p.isOp("(") {
		n.Signature = p.signature()
	}
	call, ok := p.expression().(*CallExpr)
	if !ok {
		p.fail(int(at), "expected call")
		return n
	}
	n.Call = call
	n.Body = p.content("endcall")
	n.complete(p, at, n.Body)
	return n
}

func (p *parser) filterStatement(at Pos) Node {
	n := &FilterNode{Pos: at, Filter: p.filters(p.filter(nil))}
	n.Body = p.content("endfilter")
	return n
}

func (p *parser) includeStatement(at Pos) Node {
	n := &IncludeNode{Pos: at, Name: p.expression()}
	if p.isName("ignore") && p.follows(tokenName, "missing") {
		p.at += 2
		n.IgnoreMissing = true
	}
	n.WithContext = p.context(true)
	return n
}

func (p *parser) contextFollows() bool {
	return (p.isName("with") || p.isName("without")) && p.follows(tokenName, "context")
}

// context reads "with context" and "without context".
func (p *parser) context(missing bool) bool {
	if p.contextFollows() {
		with := p.isName("with")
		p.at += 2
		return with
	}
	return missing
}

func (p *parser) importStatement(at Pos) Node {
	n := &ImportNode{Pos: at, Name: p.expression()}
	p.expectWord("as")
	n.Target = p.expectName().text
	n.WithContext = p.context(false)
	return n
}

func (p *parser) fromStatement(at Pos) Node {
	n := &FromNode{Pos: at, Name: p.expression()}
	p.expectWord("import")
	for !p.contextFollows() {
		name := p.expectName()
		if strings.HasPrefix(name.text, "_") {
			p.fail(name.pos, "names starting with an underline can not be imported")
		}
		as := name
		if p.skipName("as") {
			as = p.expectName()
		}
		n.Names = append(n.Names, ImportedName{name.text, as.text})
		if !p.skipOp(",") {
			break
		}
	}
	n.WithContext = p.context(false)
	return n
}

func (p *parser) raiseStatement(at Pos) Node {
	return &RaiseNode{at, p.expression()}
}
