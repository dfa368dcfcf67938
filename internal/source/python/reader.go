package python

// reader walks over the tokens of a text that mean something: without comments
// and without line breaks in brackets.
type reader struct {
	scanner
	tok token
	// comment is told of each comment that is passed.
	comment func(token)
}

func newReader(text string) *reader {
	r := &reader{scanner: newScanner(text)}
	r.advance()
	return r
}

func (r *reader) advance() {
	for {
		r.tok = r.next()
		switch r.tok.kind {
		case kindBreak:
		case kindComment:
			if r.comment != nil {
				r.comment(r.tok)
			}
		default:
			return
		}
	}
}

// is tells whether the current token is the operator op.
func (r *reader) is(op string) bool {
	return r.tok.kind == kindOp && r.text[r.tok.start:r.tok.end] == op
}

// word returns the current token if it is a name.
func (r *reader) word() string {
	if r.tok.kind != kindName {
		return ""
	}
	return r.text[r.tok.start:r.tok.end]
}

// skipGroup skips brackets, of which the first is the current token, and what
// is between them.
func (r *reader) skipGroup() {
	outer := r.depth - 1
	for r.tok.kind != kindEnd && r.depth > outer {
		r.advance()
	}
	r.advance()
}

// skipLine goes behind the end of the logical line and returns where that is.
func (r *reader) skipLine() int {
	for r.tok.kind != kindNewline && r.tok.kind != kindEnd {
		r.advance()
	}
	end := r.tok.end
	r.advance()
	return end
}

// skipStatement skips a logical line and the block below it.
func (r *reader) skipStatement() {
	r.skipLine()
	for open := 0; ; r.skipLine() {
		for r.tok.kind == kindIndent || r.tok.kind == kindDedent && open > 0 {
			if r.tok.kind == kindIndent {
				open++
			} else {
				open--
			}
			r.advance()
		}
		if r.tok.kind == kindDedent { // of no block that is known
			r.advance()
			return
		}
		if open == 0 || r.tok.kind == kindEnd {
			return
		}
	}
}

// skipBlock goes behind the block whose first token is the current one and
// whose lines begin at column. It returns the end of its last line, be it code
// or a comment of the block.
func (r *reader) skipBlock(column int) int {
	end := r.tok.end
	r.comment = func(t token) {
		if columnOf(r.text, t.start) >= column {
			end = t.end + breakLen(r.text, t.end)
		}
	}
	defer func() { r.comment = nil }()
	for open := 1; open > 0 && r.tok.kind != kindEnd; r.advance() {
		switch r.tok.kind {
		case kindIndent:
			open++
		case kindDedent:
			if open--; open == 0 {
				r.comment = nil // what follows belongs to others
			}
		case kindNewline:
			end = r.tok.end
		}
	}
	return end
}
