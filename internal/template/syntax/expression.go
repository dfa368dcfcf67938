package syntax

import (
	"strings"

	"github.com/pawlhq/pawl/internal/template/filter"
	"github.com/pawlhq/pawl/internal/template/value"
)

// tupleForm says what a list of expressions without brackets may hold.
type tupleForm struct {
	simple  bool // names and literals alone
	members bool // of names also "ns.name"
	noCond  bool // no "a if b else c"
	parens  bool // it is in parentheses, so it may be empty
}

// tuple reads an expression, or several as a tuple.
func (p *parser) tuple(form tupleForm) Expr {
	start := Pos(p.current().pos)
	var items []Expr
	for isTuple := false; ; isTuple = true {
		if p.tupleEnd() {
			if !isTuple && !form.parens {
				p.fail(p.current().pos, "Expected an expression, got %s", value.Repr(p.current().describe()))
				return &ConstExpr{Pos: start}
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
	return &TupleExpr{start, items}
}

func (p *parser) tupleEnd() bool {
	return p.isKind(tokenClose) || p.isKind(tokenBlockClose) || p.isOp(")")
}

func (p *parser) tupleItem(form tupleForm) Expr {
	switch {
	case form.members && p.isKind(tokenName) && p.follows(tokenOperator, "."):
		t := p.next()
		p.next()
		return &MemberTarget{Pos(t.pos), t.text, p.expectName().text}
	case form.simple:
		p.enter()
		defer p.leave()
		return p.primary()
	case form.noCond:
		return p.or()
	}
	return p.expression()
}

func (p *parser) expression() Expr {
	p.enter()
	defer p.leave()
	at := Pos(p.current().pos)
	e := p.or()
	for n := 0; p.chain(n, p.skipName("if")); n++ {
		p.soft++
		test := p.or()
		var no Expr
		if p.skipName("else") {
			no = p.expression()
		}
		p.soft--
		e = &CondExpr{at, test, e, no}
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

func (p *parser) or() Expr {
	at := Pos(p.current().pos)
	e := p.and()
	for n := 0; p.chain(n, p.skipName("or")); n++ {
		e = &LogicExpr{at, false, e, p.and()}
	}
	return e
}

func (p *parser) and() Expr {
	at := Pos(p.current().pos)
	e := p.not()
	for n := 0; p.chain(n, p.skipName("and")); n++ {
		e = &LogicExpr{at, true, e, p.not()}
	}
	return e
}

func (p *parser) not() Expr {
	t := p.current()
	if !p.skipName("not") {
		return p.comparison()
	}
	p.enter()
	defer p.leave()
	return &NotExpr{Pos(t.pos), p.not()}
}

var comparisons = []string{"==", "!=", "<", "<=", ">", ">="}

func (p *parser) comparison() Expr {
	at := Pos(p.current().pos)
	first := p.sum()
	var rest []Comparison
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
		rest = append(rest, Comparison{op, p.sum()})
	}
	if rest == nil {
		return first
	}
	return &CompareExpr{at, first, rest}
}

func (p *parser) sum() Expr     { return p.binary([]string{"+", "-"}, p.concat) }
func (p *parser) product() Expr { return p.binary([]string{"*", "/", "//", "%"}, p.power) }
func (p *parser) power() Expr   { return p.binary([]string{"**"}, func() Expr { return p.unary(true) }) }

// binary reads operators that bind equally, from left to right.
func (p *parser) binary(ops []string, operand func() Expr) Expr {
	at := Pos(p.current().pos)
	e := operand()
	for n := 0; p.chain(n, p.isOneOf(ops)); n++ {
		op := p.next().text
		e = &BinaryExpr{at, op, e, operand()}
	}
	return e
}

func (p *parser) concat() Expr {
	at := Pos(p.current().pos)
	parts := []Expr{p.product()}
	for p.skipOp("~") {
		parts = append(parts, p.product())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return &ConcatExpr{at, parts}
}

func (p *parser) unary(filtered bool) Expr {
	p.enter()
	defer p.leave()
	var e Expr
	if t := p.current(); p.isOp("-") || p.isOp("+") {
		p.next()
		e = &SignExpr{Pos(t.pos), t.text, p.unary(false)}
	} else {
		e = p.primary()
	}
	e = p.postfix(e)
	if filtered {
		e = p.filtered(e)
	}
	return e
}

func (p *parser) primary() Expr {
	t := p.current()
	at := Pos(t.pos)
	switch t.kind {
	case tokenName:
		p.next()
		return nameOrConst(at, t.text)
	case tokenString:
		var b strings.Builder
		for p.isKind(tokenString) {
			b.WriteString(p.next().text)
		}
		return &ConstExpr{at, b.String()}
	case tokenInteger, tokenFloat:
		return &ConstExpr{at, p.next().value}
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
	p.fail(t.pos, "unexpected %s", value.Repr(t.describe()))
	return &ConstExpr{Pos: at}
}

func nameOrConst(at Pos, name string) Expr {
	switch name {
	case "true", "True":
		return &ConstExpr{at, true}
	case "false", "False":
		return &ConstExpr{at, false}
	case "none", "None":
		return &ConstExpr{at, nil}
	}
	return &NameExpr{at, name}
}

func (p *parser) list() Expr {
	e := &ListExpr{Pos: Pos(p.next().pos)}
	p.items("]", func() { e.Items = append(e.Items, p.expression()) })
	return e
}

func (p *parser) dict() Expr {
	e := &DictExpr{Pos: Pos(p.next().pos)}
	p.items("}", func() {
		e.Keys = append(e.Keys, p.expression())
		p.expectOp(":")
		e.Values = append(e.Values, p.expression())
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

func (p *parser) postfix(e Expr) Expr {
	for n := 0; p.chain(n, p.isOp(".") || p.isOp("[") || p.isOp("(")); n++ {
		if p.isOp("(") {
			e = p.call(e)
		} else {
			e = p.subscript(e)
		}
	}
	return e
}

func (p *parser) filtered(e Expr) Expr {
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

func (p *parser) subscript(of Expr) Expr {
	t := p.next()
	if t.text == "." {
		name := p.next()
		switch name.kind {
		case tokenName:
			return &AttrExpr{Pos(t.pos), of, name.text}
		case tokenInteger:
			return &ItemExpr{Pos(t.pos), of, &ConstExpr{Pos(name.pos), name.value}}
		}
		p.fail(name.pos, "expected name or number")
		return of
	}
	var keys []Expr
	for !p.isOp("]") && !p.ended() {
		if keys != nil {
			p.expectOp(",")
		}
		keys = append(keys, p.key())
	}
	p.expectOp("]")
	if len(keys) == 1 {
		return &ItemExpr{Pos(t.pos), of, keys[0]}
	}
	return &ItemExpr{Pos(t.pos), of, &TupleExpr{Pos(t.pos), keys}}
}

// key reads what is in [], which may be a slice.
func (p *parser) key() Expr {
	at := Pos(p.current().pos)
	part := func() Expr {
		if p.isOp(":") || p.isOp("]") || p.isOp(",") {
			return nil
		}
		return p.expression()
	}
	low := part()
	if !p.skipOp(":") {
		if low == nil {
			p.fail(int(at), "unexpected %s", value.Repr(p.current().describe()))
		}
		return low
	}
	s := &SliceExpr{Pos: at, Low: low, High: part()}
	if p.skipOp(":") {
		s.Step = part()
	}
	return s
}

func (p *parser) call(fn Expr) Expr {
	return &CallExpr{Pos(fn.At()), fn, p.args()}
}

func (p *parser) args() CallArgs {
	var a CallArgs
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
			ensure(a.Star == nil && a.Stars == nil)
			a.Star = p.expression()
		case p.skipOp("**"):
			ensure(a.Stars == nil)
			a.Stars = p.expression()
		case p.isKind(tokenName) && p.follows(tokenOperator, "="):
			ensure(a.Stars == nil)
			name := p.next().text
			p.next()
			a.Named = append(a.Named, NamedArg{name, p.expression()})
		default:
			ensure(a.Star == nil && a.Stars == nil && a.Named == nil)
			a.Positional = append(a.Positional, p.expression())
		}
	}
	p.expectOp(")")
	return a
}

// filters reads the filters that follow an operand.
func (p *parser) filters(of Expr) Expr {
	for n := 0; p.chain(n, p.skipOp("|")); n++ {
		of = p.filter(of)
	}
	return of
}

func (p *parser) filter(of Expr) Expr {
	at, name := p.dotted()
	e := &FilterExpr{Pos: at, Of: of, Name: name}
	if p.fault == nil {
		if problem := filter.Problem(name); problem != "" && p.soft == 0 {
			p.fail(int(at), "%s", problem)
		}
	}
	if p.isOp("(") {
		e.Args = p.args()
	}
	return e
}

func (p *parser) dotted() (at Pos, name string) {
	t := p.expectName()
	name = t.text
	for p.skipOp(".") {
		name += "." + p.expectName().text
	}
	return Pos(t.pos), name
}

func (p *parser) test(of Expr) Expr {
	start := Pos(p.next().pos)
	negated := p.skipName("not")
	at, name := p.dotted()
	e := &TestExpr{Pos: at, Of: of, Name: name}
	if p.fault == nil && p.soft == 0 && !filter.IsTest(name) {
		p.fail(int(at), "No test named %s.", value.Repr(name))
	}
	switch {
	case p.isOp("("):
		e.Args = p.args()
	case p.argFollows():
		if p.isName("is") {
			p.fail(p.current().pos, "You cannot chain multiple tests with is")
		}
		p.enter()
		e.Args.Positional = []Expr{p.postfix(p.primary())}
		p.leave()
	}
	if negated {
		return &NotExpr{start, e}
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
