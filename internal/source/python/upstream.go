package python

import "slices"

// Upstream returns the constant string keys by which text subscripts a plain
// name upstream (upstream['a'], also inside of f-strings), each once, in the
// order of their first use. Keys that are not constant strings are ignored.
func Upstream(text string) []string {
	u := upstream{}
	u.read(text, 0)
	return u.keys
}

type upstream struct {
	keys []string
}

func (u *upstream) add(key string) {
	if !slices.Contains(u.keys, key) {
		u.keys = append(u.keys, key)
	}
}

// read looks for subscripts in text, which is nested in level strings.
func (u *upstream) read(text string, level int) {
	var before token // the last one that means something
	r := newReader(text)
	for r.tok.kind != kindEnd {
		switch {
		case r.tok.kind == kindString:
			u.expressions(text[r.tok.start:r.tok.end], level)
		case r.word() == "upstream" && !isOp(text, before, "."):
			u.subscript(*r, before)
		}
		before = r.tok
		r.advance()
	}
}

// expressions looks into those of an f-string.
func (u *upstream) expressions(literal string, level int) {
	lit := literalAt(literal, 0)
	lit.level = level
	if !lit.formatted || level >= maxNesting {
		return
	}
	lit.formattedEnd(func(start, end int) {
		u.read("("+literal[start:end]+")", level+1)
	})
}

// subscript adds the key if what follows the name is [, strings and ]. The
// reader is a copy; before is the token before the name.
func (u *upstream) subscript(r reader, before token) {
	r.comment = nil
	r.advance()
	for r.is(")") && isOp(r.text, before, "(") { // (upstream)['a']
		at := before.start
		before = tokenBefore(r.text, at)
		if callable(r.text, before) {
			return
		}
		r.advance()
	}
	if !r.is("[") {
		return
	}
	r.advance()
	open := 0
	for ; r.is("("); r.advance() {
		open++
	}
	var strings []token
	for ; r.tok.kind == kindString; r.advance() {
		strings = append(strings, r.tok)
	}
	for ; open > 0 && r.is(")"); r.advance() {
		open--
	}
	if key, ok := joined(r.text, strings); ok && open == 0 && r.is("]") && len(strings) > 0 {
		u.add(key)
	}
}

func isOp(text string, t token, op string) bool {
	return t.kind == kindOp && text[t.start:t.end] == op
}

// tokenBefore returns the token that ends before i on the same line, as far as
// it matters for telling a call from a group.
func tokenBefore(text string, i int) token {
	for i > 0 && (text[i-1] == ' ' || text[i-1] == '\t') {
		i--
	}
	end := i
	for i > 0 && nameBytes[text[i-1]] {
		i--
	}
	if i < end {
		return token{kindName, i, end}
	}
	if end > 0 {
		return token{kindOp, end - 1, end}
	}
	return token{}
}

// callable tells whether ( after t is a call and not a group.
func callable(text string, t token) bool {
	switch word := text[t.start:t.end]; t.kind {
	case kindName:
		return !slices.Contains(keywords, word)
	case kindOp:
		return word == ")" || word == "]" || word == "}" || word == `"` || word == "'"
	}
	return false
}

// keywords are those after which an expression may begin.
var keywords = []string{
	"and", "as", "assert", "async", "await", "case", "del", "elif", "else", "except", "for", "if",
	"in", "is", "lambda", "match", "not", "or", "raise", "return", "while", "with", "yield",
}
