package python

import (
	"slices"
	"strings"
)

// ParamKind says how an argument reaches a parameter of a function.
type ParamKind uint8

// The kinds, in the order in which a signature may have them.
const (
	PositionalOnly ParamKind = iota // before a /
	Plain                           // by position or by name
	VarArgs                         // *args
	KeywordOnly                     // after * or *args
	VarKeywords                     // **kwargs
)

// Param is one parameter of a function.
type Param struct {
	Name       string // without stars
	Kind       ParamKind
	HasDefault bool
}

// Function is a function defined at the top level of a module.
type Function struct {
	Name string
	// Start and End bound its source in the text, in bytes: whole lines, from
	// the first decorator to the last line of the body, comments that belong to
	// the body included. It is what inspect.getsource returns.
	Start, End int
	// Line is the line of the first decorator, or of the def, counted from 1.
	Line   int
	Doc    string // its docstring, cleaned as inspect.getdoc does; "" without one
	Params []Param
}

// Source returns the source of f in the text it was read from, as Python holds
// it: with \n for every line break, the last line included.
func (f Function) Source(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text[f.Start:f.End], "\r\n", "\n"), "\r", "\n")
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

// Functions returns the functions that text defines at its top level, in order.
// A name that is defined twice occurs twice; Python keeps the last. Functions
// inside of other statements (if, try, class) are not listed.
func Functions(text string) []Function {
	r := newReader(text)
	var out []Function
	line, counted := 1, 0
	for r.tok.kind != kindEnd {
		start := r.tok.start
		for r.is("@") {
			r.skipLine()
		}
		if r.word() == "async" {
			r.advance()
		}
		if r.word() != "def" {
			r.skipStatement()
			continue
		}
		f := r.function()
		f.Start = start
		line += lines(text[counted:start])
		counted = start
		f.Line = line
		out = append(out, f)
	}
	return out
}

// lines counts the line breaks of text as Python does.
func lines(text string) int {
	n := strings.Count(text, "\n")
	if strings.IndexByte(text, '\r') >= 0 {
		n += strings.Count(text, "\r") - strings.Count(text, "\r\n")
	}
	return n
}

// function reads from def to the end of the body.
func (r *reader) function() Function {
	r.advance()
	f := Function{Name: r.word()}
	r.advance()
	if r.is("[") { // type parameters
		r.skipGroup()
	}
	if r.is("(") {
		f.Params = r.params()
	}
	for r.tok.kind != kindEnd && r.tok.kind != kindNewline && !r.is(":") {
		if r.is("(") || r.is("[") || r.is("{") {
			r.skipGroup()
			continue
		}
		r.advance()
	}
	if r.is(":") {
		r.advance()
	}
	if r.tok.kind != kindNewline { // the body is on the same line
		f.Doc = r.doc()
		f.End = r.skipLine()
		return f
	}
	f.End = r.tok.end
	r.advance()
	if r.tok.kind == kindIndent {
		body := columnOf(r.text, r.tok.start)
		r.advance()
		f.Doc = r.doc()
		f.End = r.skipBlock(body)
	}
	return f
}

// params reads a list of parameters, of which ( is the current token.
func (r *reader) params() []Param {
	var out []Param
	kind := Plain
	r.advance()
	for r.tok.kind != kindEnd && !r.is(")") {
		at := r.tok.start
		switch {
		case r.is("/"):
			for i := range out {
				out[i].Kind = PositionalOnly
			}
			r.advance()
		case r.is("*"):
			r.advance()
			if r.tok.kind == kindName {
				out = append(out, Param{Name: r.word(), Kind: VarArgs})
			}
			kind = KeywordOnly
		case r.is("**"):
			r.advance()
			out = append(out, Param{Name: r.word(), Kind: VarKeywords})
		case r.tok.kind == kindName:
			out = append(out, Param{Name: r.word(), Kind: kind})
		}
		if r.skipParam() && len(out) > 0 {
			out[len(out)-1].HasDefault = true
		}
		if r.is(",") {
			r.advance()
		}
		if r.tok.start == at && r.tok.kind != kindEnd {
			r.advance() // what it is makes no sense here
		}
	}
	r.advance()
	return out
}

// skipParam goes to what ends a parameter and reports whether it has a default.
func (r *reader) skipParam() (defaults bool) {
	for r.tok.kind != kindEnd && !r.is(",") && !r.is(")") {
		switch {
		case r.is("("), r.is("["), r.is("{"):
			r.skipGroup()
			continue
		case r.is("="):
			defaults = true
		case r.word() == "lambda":
			r.skipLambda()
			continue
		}
		r.advance()
	}
	return defaults
}

// skipLambda skips the parameters of a lambda, whose commas are its own.
func (r *reader) skipLambda() {
	r.advance()
	for r.tok.kind != kindEnd && !r.is(":") && !r.is(")") {
		switch {
		case r.is("("), r.is("["), r.is("{"):
			r.skipGroup()
		case r.word() == "lambda":
			r.skipLambda()
		default:
			r.advance()
		}
	}
	if r.is(":") {
		r.advance()
	}
}

// doc returns the string that a body begins with if it is a docstring.
func (r *reader) doc() string {
	if r.tok.kind != kindString {
		return ""
	}
	at := *r
	var tokens []token
	for at.tok.kind == kindString {
		tokens = append(tokens, at.tok)
		at.advance()
	}
	if at.tok.kind != kindNewline && !at.is(";") {
		return ""
	}
	text, ok := joined(r.text, tokens)
	if !ok {
		return ""
	}
	return cleanDoc(text)
}

// cleanDoc removes the indentation that all lines after the first share, and
// blank lines around the text.
func cleanDoc(doc string) string {
	all := strings.Split(expandTabs(doc), "\n")
	margin := -1
	for _, l := range all[1:] {
		if body := strings.TrimLeft(l, blanks); body != "" && (margin < 0 || len(l)-len(body) < margin) {
			margin = len(l) - len(body)
		}
	}
	all[0] = strings.TrimLeft(all[0], blanks)
	for i := range all[1:] {
		if margin > 0 {
			all[i+1] = all[i+1][min(margin, len(all[i+1])):]
		}
	}
	for len(all) > 0 && all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return strings.Join(slices.Delete(all, 0, leading(all)), "\n")
}

const blanks = " \t\n\r\v\f"

// leading counts the empty lines that lines begin with.
func leading(lines []string) int {
	n := 0
	for n < len(lines) && lines[n] == "" {
		n++
	}
	return n
}

func expandTabs(text string) string {
	if strings.IndexByte(text, '\t') < 0 {
		return text
	}
	var b strings.Builder
	column := 0
	for _, r := range text {
		switch r {
		case '\t':
			n := 8 - column%8
			b.WriteString(strings.Repeat(" ", n))
			column += n
			continue
		case '\n', '\r':
			column = -1
		}
		column++
		b.WriteRune(r)
	}
	return b.String()
}

// columnOf returns how many characters of the line are before i.
func columnOf(text string, i int) int {
	start := i
	for start > 0 && text[start-1] != '\n' && text[start-1] != '\r' {
		start--
	}
	return i - start // blanks only: a byte is a character
}
