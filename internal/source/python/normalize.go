package python

// Normalize returns text in a form that is equal for two texts whose
// differences do not count as a change: blanks between tokens, the width of
// indentation, comments behind code, how many blank or comment lines there are
// in a row, statements that share a line, and the docstring of the first
// definition. Breaks of lines in brackets do count. It is for comparing and not
// for reading. A text that can't be Python stays as it is.
func Normalize(text string) string {
	n := normalizer{scanner: newScanner(text), first: true, out: make([]byte, 0, len(text)+len(text)/4)}
	n.run()
	if n.bad {
		return text
	}
	return string(n.out)
}

// Same tells whether two texts of a function differ in form only.
func Same(a, b string) bool { return a == b || Normalize(a) == Normalize(b) }

// Marks in a normal form, none of which occurs in Python outside of strings.
const (
	markToken = '\x1f' // between two tokens
	markBreak = '\x1e' // for a line break in brackets
	markLevel = '\x1d' // for each level of indentation
)

// normalizer writes the normal form of a text.
type normalizer struct {
	scanner
	out    []byte
	starts []lineStart
	marked bool // whether starts are wanted

	level   int  // of indentation
	blank   bool // there were blank lines since the last statement
	started bool // the statement has tokens
	first   bool // the next statement is the first of its block
	line    statement
	// What the statement before was.
	decorated bool // a decorator
	function  bool // a header of a function
	doc       docState
}

// lineStart says where in the source a line of the normal form comes from.
type lineStart struct{ out, source int }

// statement is what is known of the one that is being written.
type statement struct {
	compound bool // it begins with a keyword that a block belongs to
	imports  bool // it is import a, b
	lambdas  int  // colons that belong to them, at depth 0
	extra    int  // levels of indentation for what follows colons on the line
}

// docState tells how near the docstring of the first definition is.
type docState uint8

const (
	docBefore docState = iota // nothing was read, or decorators only
	docHeader                 // in the line of the definition
	docBody                   // its block comes next
	docOver                   // it was there or can't be any more
)

func (n *normalizer) run() {
	for {
		t := n.next()
		switch t.kind {
		case kindEnd:
			return
		case kindComment:
		case kindBreak:
			if n.depth > 0 {
				n.out = append(n.out, markBreak)
			} else {
				n.blank = true
			}
		case kindNewline:
			n.endStatement()
			n.line = statement{}
			if n.doc == docHeader {
				n.doc = docBody
			}
		case kindIndent:
			n.level++
			n.first = true
			n.skipDoc()
		case kindDedent:
			n.level--
		default:
			n.token(t)
		}
	}
}

func (n *normalizer) token(t token) {
	text := n.text[t.start:t.end]
	if !n.started {
		n.startStatement(t, text)
	} else if !n.separator(t, text) {
		n.out = append(n.out, markToken)
	} else {
		return
	}
	n.out = append(n.out, text...)
	if n.depth > 0 || !n.line.compound {
		return
	}
	switch {
	case t.kind == kindName && text == "lambda":
		n.line.lambdas++
	case text != ":":
	case n.line.lambdas > 0:
		n.line.lambdas--
	default: // a block on the same line
		n.endStatement()
		if n.doc == docHeader {
			n.doc = docBody
		}
		n.line.compound = false
		n.line.extra++
		n.first = true
	}
}

// separator handles what stands between two statements on one line.
func (n *normalizer) separator(t token, text string) bool {
	if t.kind != kindOp || n.depth > 0 {
		return false
	}
	switch {
	case text == ";":
		n.endStatement()
		n.line = statement{extra: n.line.extra}
		return true
	case text == "," && n.line.imports:
		n.endStatement()
		n.startStatement(token{kindName, t.start, t.start}, "import")
		n.out = append(n.out, "import"...)
		return true
	}
	return false
}

func (n *normalizer) startStatement(t token, text string) {
	definition := n.isDefinition(t, text)
	if t.kind == kindName {
		n.line.compound = opensBlock[text] && (text == "class" || !definition)
		n.line.imports = text == "import"
	}
	n.separate(t, definition)
	n.decorated = text == "@" && t.kind == kindOp
	n.started, n.first, n.blank = true, false, false
	if n.marked {
		n.starts = append(n.starts, lineStart{len(n.out), t.start})
	}
	for range n.level + n.line.extra {
		n.out = append(n.out, markLevel)
	}
	switch {
	case n.doc == docBody:
		n.doc = docOver
	case n.doc == docBefore && definition:
		n.doc = docHeader
	case n.doc == docBefore && !n.decorated:
		n.doc = docOver
	}
	n.function = definition && text != "class"
}

// separate writes the blank line before a statement if there is one, or if the
// form demands one: before a nested definition of several lines, but not below
// a decorator or between a function's header and its docstring.
func (n *normalizer) separate(t token, definition bool) {
	blank := n.blank
	switch {
	case n.decorated, n.first && n.function && isTriple(n.text, t):
		blank = false
	case n.first || blank || len(n.out) == 0:
	case definition:
		blank = !n.isOneLiner()
	case t.kind == kindOp && n.text[t.start] == '@':
		blank = true
	}
	if blank {
		n.out = append(n.out, '\n')
	}
}

// isDefinition tells whether a statement that begins with t defines a function
// or a class.
func (n *normalizer) isDefinition(t token, text string) bool {
	if t.kind != kindName {
		return false
	}
	if text == "async" {
		at := n.scanner
		t = at.next()
		text = at.text[t.start:t.end]
	}
	return text == "def" || text == "class"
}

// isOneLiner tells whether the body of the function of which the header is
// being read is on the same line. Those of classes never stay there.
func (n *normalizer) isOneLiner() bool {
	if n.line.compound {
		return false
	}
	at := n.scanner
	for {
		t := at.next()
		switch {
		case t.kind == kindEnd || t.kind == kindNewline:
			return false
		case at.depth == 0 && isOp(at.text, t, ":"):
			k := at.next().kind
			return k != kindNewline && k != kindComment
		}
	}
}

func isTriple(text string, t token) bool {
	if t.kind != kindString {
		return false
	}
	lit := literalAt(text[t.start:t.end], 0)
	return lit.triple && !lit.bytes && !lit.formatted
}

func (n *normalizer) endStatement() {
	if n.started {
		n.out = append(n.out, '\n')
	}
	n.started = false
}

// skipDoc skips the docstring where the block that begins has one, and the
// blank lines before it.
func (n *normalizer) skipDoc() {
	if n.doc != docBody {
		return
	}
	n.doc = docOver
	at := n.scanner
	t := at.next()
	for t.kind == kindComment || t.kind == kindBreak {
		t = at.next()
	}
	if t.kind != kindString || isFormatted(at.text, t) {
		return
	}
	rest := at // what follows, up to the end of the line
	t = at.next()
	if t.kind == kindComment {
		t = at.next()
	}
	switch {
	case t.kind == kindNewline:
		n.scanner = at
		n.blank = false
	case isOp(at.text, t, ";"):
		n.scanner = rest
		n.blank = false
	}
}

func isFormatted(text string, t token) bool {
	lit := literalAt(text[t.start:t.end], 0)
	return lit.formatted
}

// opensBlock has the keywords whose block is moved to lines of its own.
var opensBlock = map[string]bool{
	"if": true, "elif": true, "else": true, "for": true, "while": true, "try": true, "except": true,
	"finally": true, "with": true, "class": true, "async": true,
}
