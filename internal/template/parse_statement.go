package template

import (
	"slices"
	"strings"
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
func (p *parser) statement() node {
	t := *p.current()
	if t.kind != tokenName {
		p.fail(t.pos, "tag name expected")
		return nil
	}
	if instead := unsupportedTag(t.text); instead != "" {
		p.fail(t.pos, "tag %s is not supported: %s", repr(t.text), instead)
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
	return read(p, pos(t.pos))
}

// statementReader returns what reads the rest of a statement, or nil.
func statementReader(name string) func(*parser, pos) node {
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

func (p *parser) printStatement(at pos) node {
	n := &printNode{pos: at}
	for !p.isKind(tokenBlockClose) && !p.ended() {
		if n.values != nil {
			p.expectOp(",")
		}
		n.values = append(n.values, p.expression())
	}
	return n
}

func (p *parser) ifStatement(at pos) node {
	p.soft++
	defer func() { p.soft-- }()
	n := &ifNode{pos: at}
	for {
		test := p.tuple(tupleForm{noCond: true})
		body, end := p.body("elif", "else", "endif")
		n.branches = append(n.branches, branch{test, body})
		switch end {
		case "elif":
			continue
		case "else":
			n.otherwise = p.content("endif")
		}
		return n
	}
}

func (p *parser) forStatement(at pos) node {
	n := &forNode{pos: at, target: p.target()}
	p.expectWord("in")
	n.over = p.tuple(tupleForm{noCond: true})
	if p.skipName("if") {
		n.test = p.expression()
	}
	n.recursive = p.skipName("recursive")
	var end string
	if n.body, end = p.body("endfor", "else"); end == "else" {
		n.otherwise = p.content("endfor")
	}
	for _, name := range targetNames(n.target, nil) {
		if name == "loop" {
			p.fail(int(at), "Can't assign to special loop variable in for-loop target")
		}
	}
	return n
}

func (p *parser) setStatement(at pos) node {
	target := p.memberOrTarget()
	if p.skipOp("=") {
		return &setNode{at, target, p.tuple(tupleForm{})}
	}
	var filter expr
	if p.isOp("|") {
		filter = p.filters(nil)
	}
	return &setBlock{at, target, filter, p.content("endset")}
}

// memberOrTarget reads what a set assigns to.
func (p *parser) memberOrTarget() expr {
	return p.assignable(p.tuple(tupleForm{simple: true, members: true}))
}

// target reads names to assign to.
func (p *parser) target() expr {
	return p.assignable(p.tuple(tupleForm{simple: true}))
}

func (p *parser) assignable(e expr) expr {
	switch t := e.(type) {
	case *nameExpr, *memberTarget:
		return e
	case *tupleExpr:
		for _, item := range t.items {
			p.assignable(item)
		}
		return e
	}
	if p.fault == nil {
		p.fail(e.at(), "can't assign to %s", repr(kindOf(e)))
	}
	return e
}

// kindOf names a literal in messages.
func kindOf(e expr) string {
	switch e.(type) {
	case *constExpr:
		return "const"
	case *listExpr:
		return "list"
	case *dictExpr:
		return "dict"
	}
	return "expression"
}

// targetNames appends the names that a target gives values to.
func targetNames(target expr, names []string) []string {
	switch t := target.(type) {
	case *nameExpr:
		names = append(names, t.name)
	case *tupleExpr:
		for _, item := range t.items {
			names = targetNames(item, names)
		}
	}
	return names
}

func (p *parser) withStatement(at pos) node {
	n := &withNode{pos: at}
	for !p.isKind(tokenBlockClose) && !p.ended() {
		if n.targets != nil {
			p.expectOp(",")
		}
		n.targets = append(n.targets, p.target())
		p.expectOp("=")
		n.values = append(n.values, p.expression())
	}
	n.body = p.content("endwith")
	return n
}

func (p *parser) signature() signature {
	var s signature
	p.expectOp("(")
	for !p.isOp(")") && !p.ended() {
		if s.params != nil {
			p.expectOp(",")
		}
		name := p.expectName()
		s.params = append(s.params, name.text)
		if p.skipOp("=") {
			s.defaults = append(s.defaults, p.expression())
		} else if s.defaults != nil {
			p.fail(p.current().pos, "non-default argument follows default argument")
		}
	}
	p.expectOp(")")
	return s
}

// complete notes which special names the body of a macro uses.
func (s *signature) complete(p *parser, at pos, body []node) {
	if p.fault != nil {
		return // the body may lack parts
	}
	has := func(name string) bool { return slices.Contains(s.params, name) }
	used := usedNames(body)
	s.varargs = used["varargs"] && !has("varargs")
	s.kwargs = used["kwargs"] && !has("kwargs")
	s.callable = used["caller"]
	for i, param := range s.params {
		if param == "caller" && s.callable && i < len(s.params)-len(s.defaults) {
			p.fail(int(at), `When defining macros or call blocks the special "caller" argument must be omitted or be given a default.`)
		}
	}
}

func (p *parser) macroStatement(at pos) node {
	n := &macroNode{pos: at, name: p.expectName().text, signature: p.signature()}
	n.body = p.content("endmacro")
	n.complete(p, at, n.body)
	return n
}

func (p *parser) callStatement(at pos) node {
	n := &callNode{pos: at}
	if p.isOp("(") {
		n.signature = p.signature()
	}
	call, ok := p.expression().(*callExpr)
	if !ok {
		p.fail(int(at), "expected call")
		return n
	}
	n.call = call
	n.body = p.content("endcall")
	n.complete(p, at, n.body)
	return n
}

func (p *parser) filterStatement(at pos) node {
	n := &filterNode{pos: at, filter: p.filters(p.filter(nil))}
	n.body = p.content("endfilter")
	return n
}

func (p *parser) includeStatement(at pos) node {
	n := &includeNode{pos: at, name: p.expression()}
	if p.isName("ignore") && p.follows(tokenName, "missing") {
		p.at += 2
		n.ignoreMissing = true
	}
	n.withContext = p.context(true)
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

func (p *parser) importStatement(at pos) node {
	n := &importNode{pos: at, name: p.expression()}
	p.expectWord("as")
	n.target = p.expectName().text
	n.withContext = p.context(false)
	return n
}

func (p *parser) fromStatement(at pos) node {
	n := &fromNode{pos: at, name: p.expression()}
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
		n.names = append(n.names, importedName{name.text, as.text})
		if !p.skipOp(",") {
			break
		}
	}
	n.withContext = p.context(false)
	return n
}

func (p *parser) raiseStatement(at pos) node {
	return &raiseNode{at, p.expression()}
}
