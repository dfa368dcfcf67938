package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Format is how a kind of file is read.
type Format struct {
	// Scalars is the dialect of plain scalars.
	Scalars Scalars
	// Include returns the document that an "!include" key names, given the node
	// that holds the name; its entries take the place of the key. It is called
	// once for each key. Errors that are not an *Error or Errors are reported at
	// the name; with Salvage, there may be a document beside them. Defaults to refusing
	// the tag.
	Include func(name *Node) (*Node, error)
	// Salvage has Parse go on after a fault of syntax, without the part that it is in.
	// What is left is returned beside the errors, unless nothing is.
	Salvage bool
	// Limits bound what a file may cost.
	Limits Limits
}

// Limits bound what a file may cost to read. A zero field means its default.
type Limits struct {
	// Bytes is the size of a file. Defaults to 10 MiB.
	Bytes int
	// Depth is how deep lists and mappings nest. Defaults to 100.
	Depth int
	// Nodes is the number of scalars, lists and mappings, those behind aliases
	// and includes counted wherever they are used. A file with more lines and
	// commas than that is refused unread. Defaults to 1,000,000.
	Nodes int
}

func (l Limits) orDefaults() Limits {
	return Limits{
		Bytes: orDefault(l.Bytes, 10<<20),
		Depth: orDefault(l.Depth, 100),
		Nodes: orDefault(l.Nodes, 1_000_000),
	}
}

func orDefault(n, def int) int {
	if n == 0 {
		return def
	}
	return n
}

// Parse reads a file that holds one YAML document. An empty file gives a null.
// The name is for positions. All errors are Errors.
func (f Format) Parse(name string, src []byte) (*Node, error) {
	f.Limits = f.Limits.orDefaults()
	p := &file{name: name, source: string(bytes.TrimPrefix(src, []byte("\uFEFF")))}
	if e := f.admit(p, src); e != nil {
		return nil, Errors{e}
	}
	tree, err := load(src, f.Limits.Depth)
	if err != nil {
		fault := p.syntaxFault(err)
		if !f.Salvage {
			return nil, Errors{fault.err}
		}
		n, errs := f.salvage(p, fault)
		return n, errs.Err()
	}
	if tree == nil {
		return &Node{place: p.at(0)}, nil
	}
	b := builder{format: f, file: p}
	n := b.node(tree)
	return n, b.errs.Err()
}

// admit refuses, without reading them, files that cost too much. The number of
// lines and commas bounds the number of nodes, as far as these do not nest.
func (f Format) admit(p *file, src []byte) *Error {
	if len(src) > f.Limits.Bytes {
		return p.errorf("the file has %d bytes, the limit is %d", len(src), f.Limits.Bytes)
	}
	if !utf8.ValidString(p.source) {
		return p.at(invalidUTF8(p.source)).Errorf("the file is not UTF-8 text")
	}
	parts := 0
	for _, sep := range []string{",", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		parts += strings.Count(p.source, sep)
	}
	if parts > f.Limits.Nodes {
		return p.errorf("the file has %d lines and commas, the limit is %d", parts, f.Limits.Nodes)
	}
	return nil
}

func (f *file) errorf(format string, args ...any) *Error {
	return &Error{Pos: Pos{File: f.name}, Message: fmt.Sprintf(format, args...)}
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return i
		}
	}
	return len(s)
}

type yamlNode = yaml.Node

// load returns the root of the only document in src, nil if there is none.
func load(src []byte, depth int) (root *yaml.Node, err error) {
	// The library panics where it finds a fault of its own.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot read the file: %v", r)
		}
	}()
	l, err := yaml.NewLoader(bytes.NewReader(src), yaml.WithPlugin(depthLimit(depth)))
	if err != nil {
		return nil, err
	}
	var doc, next yaml.Node
	switch err := l.Load(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	switch err := l.Load(&next); {
	case errors.Is(err, io.EOF):
		return doc.Content[0], nil
	case err != nil:
		return nil, err
	}
	return nil, &yaml.LoadError{
		Mark:    yaml.Mark{Line: next.Line, Column: next.Column},
		Message: "a file must hold one document, here starts a second one",
	}
}

// depthLimit stops the library before a deep nesting costs anything.
type depthLimit int

// CheckDepth refuses a depth above the limit.
func (limit depthLimit) CheckDepth(depth int, _ *yaml.DepthContext) error {
	if depth > int(limit) {
		return errTooDeep(int(limit))
	}
	return nil
}

// CheckAlias allows all: the builder counts what aliases expand to.
func (depthLimit) CheckAlias(int, int) error { return nil }

func errTooDeep(limit int) error {
	return fmt.Errorf("lists and mappings nest more than %d deep", limit)
}

// syntaxFault is what keeps a file from being YAML.
type syntaxFault struct {
	err *Error
	// from is the first line of what it is in; 0 is nowhere.
	from int
	// misleading is set where the cause may be anywhere before, and anchor where an
	// anchor is missing.
	misleading, anchor bool
}

// syntaxFault turns an error of the library into one of ours.
func (f *file) syntaxFault(err error) syntaxFault {
	var fault *yaml.LoadError
	if !errors.As(err, &fault) {
		return syntaxFault{err: f.errorf("%v", err)}
	}
	if fault.Mark.Line == 0 {
		return syntaxFault{err: f.badCharacter(fault.Message)}
	}
	mark, message, context := fault.Mark, fault.Message, fault.ContextMsg
	if fault.ContextMark.Line > 0 && strings.TrimSpace(f.line(mark.Line)) == "" {
		// What is still open at the end was forgotten where it was opened.
		mark = fault.ContextMark
	}
	e := place{file: f, line: int32(mark.Line), column: int32(mark.Column)}.Errorf("%s", message)
	if strings.HasPrefix(context, "while parsing a") || strings.HasPrefix(context, "while scanning a") {
		e.Message += " " + context // others only tell how the library works
	}
	s := syntaxFault{err: f.explained(message, e), anchor: strings.HasPrefix(message, "unknown anchor")}
	s.from = s.err.Line
	if strings.Contains(context, "a flow ") {
		s.from = min(s.from, fault.ContextMark.Line)
	}
	s.misleading = strings.Contains(context, "quoted") || slices.Contains(s.err.Hints, openQuoteHint)
	return s
}

// badCharacter finds what the library refused without saying where.
func (f *file) badCharacter(message string) *Error {
	for i, r := range f.source {
		if r < ' ' && !strings.ContainsRune("\t\n\r", r) || 0x7F <= r && r < 0xA0 && r != 0x85 || r >= 0xFFFE && r <= 0xFFFF {
			return f.at(i).Errorf("the character %U is not allowed", r)
		}
	}
	return f.errorf("%s", message)
}
