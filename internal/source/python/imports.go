package python

// Import is a module that a text imports, anywhere in it.
type Import struct {
	Module string   // "a.b"; relative ones keep their dots: ".", ".util", "..x"
	Names  []string // of from Module import Names, "*" included; nil for import Module
	Line   int      // counted from 1
}

// Imports returns what text imports, in order.
func Imports(text string) []Import {
	var out []Import
	r := newReader(text)
	line, counted := 1, 0
	begins := true // a statement
	for r.tok.kind != kindEnd {
		word := ""
		if begins {
			word = r.word()
		}
		first := len(out)
		at := r.tok.start
		switch word {
		case "import":
			out = r.imports(out)
		case "from":
			out = r.importsFrom(out)
		default:
			begins = r.tok.kind == kindNewline || r.tok.kind == kindIndent || r.tok.kind == kindDedent ||
				r.is(";") || r.is(":") && r.depth == 0
			r.advance()
			continue
		}
		begins = false
		if len(out) > first {
			line += lines(text[counted:at])
			counted = at
		}
		for i := range out[first:] {
			out[first+i].Line = line
		}
	}
	return out
}

// imports reads import a, b.c as d.
func (r *reader) imports(out []Import) []Import {
	for {
		r.advance()
		module := r.dotted()
		if module == "" {
			return out
		}
		out = append(out, Import{Module: module})
		if r.word() == "as" {
			r.advance()
			r.advance()
		}
		if !r.is(",") {
			return out
		}
	}
}

// importsFrom reads from a.b import c, d as e.
func (r *reader) importsFrom(out []Import) []Import {
	r.advance()
	module := r.dotted()
	if module == "" || r.word() != "import" {
		return out
	}
	r.advance()
	if r.is("(") {
		r.advance()
	}
	m := Import{Module: module}
	for {
		switch {
		case r.is("*"):
			m.Names = append(m.Names, "*")
		case r.tok.kind == kindName:
			m.Names = append(m.Names, r.word())
		default:
			return append(out, m)
		}
		r.advance()
		if r.word() == "as" {
			r.advance()
			r.advance()
		}
		if !r.is(",") {
			return append(out, m)
		}
		r.advance()
	}
}

// dotted reads the name of a module, with the dots before a relative one.
func (r *reader) dotted() string {
	start, end := r.tok.start, r.tok.start
	for ; r.is(".") || r.is("..."); r.advance() {
		end = r.tok.end
	}
	for r.tok.kind == kindName && r.word() != "import" {
		end = r.tok.end
		r.advance()
		if !r.is(".") {
			break
		}
		end = r.tok.end
		r.advance()
	}
	return squeeze(r.text[start:end])
}

// squeeze removes blanks, which may stand around the dots of a name.
func squeeze(s string) string {
	var b []byte
	for i := range len(s) {
		if c := s[i]; c == '.' || nameBytes[c] {
			b = append(b, c)
		}
	}
	return string(b)
}
