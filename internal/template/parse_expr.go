package template

import "strings"

// tupleForm says what a list of expressions without brackets may hold.
type tupleForm struct {
	simple  bool // names and literals alone
	members bool // of names also "ns.name"
	noCond  bool // no "a if b else c"
	parens  bool // it is in parentheses, so it may be empty
}

// tuple reads an expression, or several as a tuple.
func (p *parser) tuple(form tupleForm) expr {
	start := pos(p.current().pos)
	var items []expr
	for isTuple := false; ; isTuple = true {
		if p.tupleEnd() {
			if !isTuple && !form.parens {
				p.fail(p.current().pos, "Expected an expression, got %s", repr(p.current().describe()))
				return &constExpr{pos: start}
			}
			break
		}
		items = append(items, p.tupleItem(form))
		if !p.skipOp(",") {
			if !isTuple {
				return items[0]
			}
			break
		}
	}
	return &tupleExpr{start, items}
}

func (p *parser) tupleEnd() bool {
	return p.isKind(tokenClose) || p.isKind(tokenBlockClose) || p.isOp(")")
}

func (p *parser) tupleItem(form tupleForm) expr {
	switch {
	case form.members && p.isKind(tokenName) && p.follows(tokenOperator, "."):
		t := p.next()
		p.next()
		return &memberTarget{pos(t.pos), t.text, p.expectName().text}
	case form.simple:
		p.enter()
		defer p.leave()
		return p.primary()
	case form.noCond:
		return p.or()
	}
	return p.expression()
}

func (p *parser) expression() expr {
	p.enter()
	defer p.leave()
	at := pos(p.current().pos)
	e := p.or()
	for n := 0; p.chain(n, p.skipName("if")); n++ {
		p.soft++
		test := p.or()
		var no expr
		if p.skipName("else") {
			no = p.expression()
		}
		p.soft--
		e = &condExpr{at, test, e, no}
	}
	return e
}

// chain limits how often a loop may go on.
func (p *parser) chain(n int, more bool) bool {
	if more && n >= maxChain {
		p.fail(p.current().pos, "more than %d operators follow each other", maxChain)
		return false
	}
	return more
}

func (p *parser) or() expr {
	at := pos(p.current().pos)
	e := p.and()
	for n := 0; p.chain(n, p.skipName("or")); n++ {
		e = &logicExpr{at, false, e, p.and()}
	}
	return e
}

func (p *parser) and() expr {
	at := pos(p.current().pos)
	e := p.not()
	for n := 0; p.chain(n, p.skipName("and")); n++ {
		e = &logicExpr{at, true, e, p.not()}
	}
	return e
}

func (p *parser) not() expr {
	t := p.current()
	if !p.skipName("not") {
		return p.comparison()
	}
	p.enter()
	defer p.leave()
	return &notExpr{pos(t.pos), p.not()}
}

var comparisons = []string{"==", "!=", "<", "<=", ">", ">="}

func (p *parser) comparison() expr {
	at := pos(p.current().pos)
	first := p.sum()
	var rest []comparison
	for {
		op := ""
		switch {
		case p.isOneOf(comparisons):
			op = p.next().text
		case p.skipName("in"):
			op = "in"
		case p.isName("not") && p.follows(tokenName, "in"):
			p.at += 2
			op = "not in"
		}
		if op == "" {
			break
		}
		rest = append(rest, comparison{op, p.sum()})
	}
	if rest == nil {
		return first
	}
	return &compareExpr{at, first, rest}
}

func (p *parser) sum() expr     { return p.binary([]string{"+", "-"}, p.concat) }
func (p *parser) product() expr { return p.binary([]string{"*", "/", "//", "%"}, p.power) }
func (p *parser) power() expr   { return p.binary([]string{"**"}, func() expr { return p.unary(true) }) }

// binary reads operators that bind equally, from left to right.
func (p *parser) binary(ops []string, operand func() expr) expr {
	at := pos(p.current().pos)
	e := operand()
	for n := 0; p.chain(n, p.isOneOf(ops)); n++ {
		op := p.next().text
		e = &binaryExpr{at, op, e, operand()}
	}
	return e
}

func (p *parser) concat() expr {
	at := pos(p.current().pos)
	parts := []expr{p.product()}
	for p.skipOp("~") {
		parts = append(parts, p.product())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return &concatExpr{at, parts}
}

func (p *parser) unary(filtered bool) expr {
	p.enter()
	defer p.leave()
	var e expr
	if t := p.current(); p.isOp("-") || p.isOp("+") {
		p.next()
		e = &signExpr{pos(t.pos), t.text, p.unary(false)}
	} else {
		e = p.primary()
	}
	e = p.postfix(e)
	if filtered {
		e = p.filtered(e)
	}
	return e
}

func (p *parser) primary() expr {
	t := p.current()
	at := pos(t.pos)
	switch t.kind {
	case tokenName:
		p.next()
		return nameOrConst(at, t.text)
	case tokenString:
		var b strings.Builder
		for p.isKind(tokenString) {
			b.WriteString(p.next().text)
		}
		return &constExpr{at, b.String()}
	case tokenInteger, tokenFloat:
		return &constExpr{at, p.next().value}
	case tokenOperator:
		switch t.text {
		case "(":
			p.next()
			e := p.tuple(tupleForm{parens: true})
			p.expectOp(")")
			return e
		case "[":
			return p.list()
		case "{":
			return p.dict()
		}
	}
	p.fail(t.pos, "unexpected %s", repr(t.describe()))
	return &constExpr{pos: at}
}

func nameOrConst(at pos, name string) expr {
	switch name {
	case "true", "True":
		return &constExpr{at, true}
	case "false", "False":
		return &constExpr{at, false}
	case "none", "None":
		return &constExpr{at, nil}
	}
	return &nameExpr{at, name}
}

func (p *parser) list() expr {
	e := &listExpr{pos: pos(p.next().pos)}
	p.items("]", func() { e.items = append(e.items, p.expression()) })
	return e
}

func (p *parser) dict() expr {
	e := &dictExpr{pos: pos(p.next().pos)}
	p.items("}", func() {
		e.keys = append(e.keys, p.expression())
		p.expectOp(":")
		e.values = append(e.values, p.expression())
	})
	return e
}

// items reads what commas separate, up to the closing bracket.
func (p *parser) items(end string, read func()) {
	for first := true; !p.isOp(end) && !p.ended(); first = false {
		if !first {
			p.expectOp(",")
			if p.isOp(end) {
				break
			}
		}
		read()
	}
	p.expectOp(end)
}

func (p *parser) postfix(e expr) expr {
	for n := 0; p.chain(n, p.isOp(".") || p.isOp("[") || p.isOp("(")); n++ {
		if p.isOp("(") {
			e = p.call(e)
		} else {
			e = p.subscript(e)
		}
	}
	return e
}

func (p *parser) filtered(e expr) expr {
	for n := 0; p.chain(n, p.isOp("|") || p.isName("is") || p.isOp("(")); n++ {
		switch {
		case p.isOp("|"):
			e = p.filters(e)
		case p.isOp("("):
			e = p.call(e)
		default:
			e = p.test(e)
		}
	}
	return e
}

func (p *parser) subscript(of expr) expr {
	t := p.next()
	if t.text == "." {
		name := p.next()
		switch name.kind {
		case tokenName:
			return &attrExpr{pos(t.pos), of, name.text}
		case tokenInteger:
			return &itemExpr{pos(t.pos), of, &constExpr{pos(name.pos), name.value}}
		}
		p.fail(name.pos, "expected name or number")
		return of
	}
	var keys []expr
	for !p.isOp("]") && !p.ended() {
		if keys != nil {
			p.expectOp(",")
		}
		keys = append(keys, p.key())
	}
	p.expectOp("]")
	if len(keys) == 1 {
		return &itemExpr{pos(t.pos), of, keys[0]}
	}
	return &itemExpr{pos(t.pos), of, &tupleExpr{pos(t.pos), keys}}
}

// key reads what is in [], which may be a slice.
func (p *parser) key() expr {
	at := pos(p.current().pos)
	part := func() expr {
		if p.isOp(":") || p.isOp("]") || p.isOp(",") {
			return nil
		}
		return p.expression()
	}
	low := part()
	if !p.skipOp(":") {
		if low == nil {
			p.fail(int(at), "unexpected %s", repr(p.current().describe()))
		}
		return low
	}
	s := &sliceExpr{pos: at, low: low, high: part()}
	if p.skipOp(":") {
		s.step = part()
	}
	return s
}

func (p *parser) call(fn expr) expr {
	return &callExpr{pos(fn.at()), fn, p.args()}
}

func (p *parser) args() callArgs {
	var a callArgs
	start := p.expectOp("(").pos
	ensure := func(ok bool) {
		if !ok {
			p.fail(start, "invalid syntax for function call expression")
		}
	}
	for first := true; !p.isOp(")") && !p.ended(); first = false {
		if !first {
			p.expectOp(",")
			if p.isOp(")") {
				break
			}
		}
		switch {
		case p.skipOp("*"):
			ensure(a.star == nil && a.stars == nil)
			a.star = p.expression()
		case p.skipOp("**"):
			ensure(a.stars == nil)
			a.stars = p.expression()
		case p.isKind(tokenName) && p.follows(tokenOperator, "="):
			ensure(a.stars == nil)
			name := p.next().text
			p.next()
			a.named = append(a.named, namedArg{name, p.expression()})
		default:
			ensure(a.star == nil && a.stars == nil && a.named == nil)
			a.positional = append(a.positional, p.expression())
		}
	}
	p.expectOp(")")
	return a
}

// filters reads the filters that follow an operand.
func (p *parser) filters(of expr) expr {
	for n := 0; p.chain(n, p.skipOp("|")); n++ {
		of = p.filter(of)
	}
	return of
}

func (p *parser) filter(of expr) expr {
	at, name := p.dotted()
	e := &filterExpr{pos: at, of: of, name: name}
	if p.fault == nil {
		if problem := filterProblem(name); problem != "" && p.soft == 0 {
			p.fail(int(at), "%s", problem)
		}
	}
	if p.isOp("(") {
		e.args = p.args()
	}
	return e
}

func (p *parser) dotted() (at pos, name string) {
	t := p.expectName()
	name = t.text
	for p.skipOp(".") {
		name += "." + p.expectName().text
	}
	return pos(t.pos), name
}

func (p *parser) test(of expr) expr {
	start := pos(p.next().pos)
	negated := p.skipName("not")
	at, name := p.dotted()
	e := &testExpr{pos: at, of: of, name: name}
	if p.fault == nil && p.soft == 0 && testNamed(name) == nil {
		p.fail(int(at), "No test named %s.", repr(name))
	}
	switch {
	case p.isOp("("):
		e.args = p.args()
	case p.argFollows():
		if p.isName("is") {
			p.fail(p.current().pos, "You cannot chain multiple tests with is")
		}
		p.enter()
		e.args.positional = []expr{p.postfix(p.primary())}
		p.leave()
	}
	if negated {
		return &notExpr{start, e}
	}
	return e
}

// argFollows tells whether the argument of a test follows without parentheses.
func (p *parser) argFollows() bool {
	switch t := p.current(); t.kind {
	case tokenName:
		return t.text != "else" && t.text != "or" && t.text != "and"
	case tokenString, tokenInteger, tokenFloat:
		return true
	case tokenOperator:
		return t.text == "[" || t.text == "{"
	}
	return false
}
