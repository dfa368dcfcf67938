package pipeline

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/source/notebook"
	"github.com/pawlhq/pawl/internal/source/python"
	"github.com/pawlhq/pawl/internal/template"
)

// code is the source of a task that was read.
type code struct {
	task         Task // with what all tasks of the source have in common
	function     FunctionInfo
	notebook     *notebook.Notebook
	template     *template.Template
	text         string   // of a template
	names        []string // that a template takes
	late         []string // names that a template takes when it runs, in [[ ]]
	ownProduct   bool     // a template that declares its product
	productClass string   // of a product that the source declares
}

// readSource reads the source of a draft.
func (l *loader) readSource(d *draft, name Class, source string) bool {
	d.code.task.Class = name
	d.code.task.Language = d.class.language
	d.code.task.Options = l.extras(d, name)
	switch d.class.reading {
	case readFunction:
		return l.readFunction(d, source)
	case readNotebook:
		return l.readNotebook(d, source)
	case readTemplate:
		return l.readTemplate(d, source)
	case readNothing:
		d.code.task.Source, d.code.task.Code = Source{Kind: Text}, source
		return true
	}
	return l.readPath(d, source)
}

func (l *loader) readFunction(d *draft, source string) bool {
	var info FunctionInfo
	if d.given != nil && d.given.function != nil {
		info = *d.given.function
	} else if found, ok := l.callable(d.source, source); ok {
		info = found
	} else {
		l.lose(d, source)
		return false
	}
	t := &d.code.task
	t.Source = Source{Kind: Function, Path: info.File, Dotted: source}
	t.Code, t.Line, t.Doc = info.Code, info.Line, firstLine(info.Doc)
	d.code.function = info
	d.name = source[strings.LastIndexByte(source, '.')+1:]
	if l.meta.extractProduct && !l.described {
		l.fail(d.source.Errorf("a function can't declare its product").
			Hint("set extract_product in meta to false, or use a notebook"))
		return false
	}
	return true
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}

// open reads the file of a source, and notes its place.
func (l *loader) open(d *draft, source string) (text string, ok bool) {
	if d.given != nil && d.given.text {
		d.code.task.Source = Source{Kind: Text, Text: source, Suffix: d.given.suffix}
		return source, true
	}
	d.name = pythonStem(source)
	path, text, err := l.locate(d, source)
	switch {
	case err == nil:
		d.code.task.Source = Source{Kind: File, Path: path}
		return text, true
	case errors.Is(err, fs.ErrNotExist):
		l.fail(d.source.Errorf("there is no file %q", path).Hint("%s", l.similar(path)))
	case l.files.isDir(path):
		l.fail(d.source.Errorf("the source %q is a folder", source))
	default:
		l.fail(d.source.Errorf("%v", err))
	}
	return "", false
}

// locate reads a source file and returns where it is, or was looked for.
func (l *loader) locate(d *draft, source string) (path, text string, err error) {
	folders := l.meta.sourceFolders
	if folders == nil || filepath.IsAbs(source) {
		folders = []string{d.base}
	}
	for _, dir := range folders {
		path = join(dir, source)
		if text, err = l.files.read(path); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return path, text, err
}

func (l *loader) readPath(d *draft, source string) bool {
	t := &d.code.task
	if d.given != nil && strings.Contains(source, "{{") {
		return l.readTemplate(d, source)
	}
	if strings.Contains(source, "://") || d.given != nil {
		t.Source = Source{Kind: Text, Text: source}
		t.Code = source
		return true
	}
	path := join(d.base, source)
	t.Source = Source{Kind: File, Path: path}
	t.Code = path
	return true
}

func (l *loader) readNotebook(d *draft, source string) bool {
	text, ok := l.open(d, source)
	if !ok {
		return false
	}
	t := &d.code.task
	nb, err := notebook.Read(t.Source.FileName(), []byte(text))
	if err != nil {
		l.take(d.source, err)
		return false
	}
	if nb, ok = l.withParameters(d, nb); !ok {
		return false
	}
	d.code.notebook = nb
	t.Code, t.Doc = nb.Code(), firstLine(notebookDoc(nb))
	if nb.OnlyParameters() {
		l.fail(fileError(t.Source.Path, errors.New("the last cell is the one for parameters, so there is nothing to run")).
			Hint("add a cell below it"))
		return false
	}
	if asked, _ := t.Options.StringOr("kernelspec_name", ""); nb.Kernel(asked) == "" {
		l.fail(d.source.Errorf("it can't be told which kernel runs %s", t.Source.Path).
			Hint("add kernelspec_name to the task, or a kernelspec to the notebook"))
		return false
	}
	if l.meta.extractProduct && !l.described {
		return l.notebookProduct(d, nb)
	}
	return true
}

// withParameters makes sure that a notebook has a cell for parameters.
func (l *loader) withParameters(d *draft, nb *notebook.Notebook) (*notebook.Notebook, bool) {
	if nb.Parameters().Found {
		return nb, true
	}
	path := d.code.task.Source.Path
	nb = nb.WithParameters(l.meta.extractUpstream, l.meta.extractProduct)
	if !l.options.AddCells || path == "" {
		return nb, true
	}
	if l.rereads {
		l.volatile = true // Load rewrites it
		return nb, true
	}
	content, err := nb.Write("")
	if err == nil {
		err = os.WriteFile(path, content, 0o666) // what exists keeps its permissions
	}
	if err != nil {
		l.fail(d.source.Errorf("add a cell for parameters to %s: %v", path, err))
		return nil, false
	}
	l.files.forget(path)
	l.warn(fileError(path, errors.New("there was no cell for parameters, one was added")))
	return nb, true
}

// notebookDoc returns what a notebook begins with as its documentation.
func notebookDoc(nb *notebook.Notebook) string {
	if len(nb.Cells) == 0 {
		return ""
	}
	first := nb.Cells[0]
	text := strings.TrimSpace(first.Text)
	if first.Kind == notebook.Markdown {
		return text
	}
	for _, quotes := range []string{`'''`, `"""`} {
		if rest, ok := strings.CutPrefix(text, quotes); ok && first.Kind == notebook.Code {
			doc, _, _ := strings.Cut(rest, quotes)
			return doc
		}
	}
	return ""
}

func (l *loader) notebookProduct(d *draft, nb *notebook.Notebook) bool {
	v, err := nb.Product()
	if err != nil || v == nil {
		if err == nil {
			err = errors.New("the cell for parameters declares no product")
		}
		l.fail(l.inCell(d, nb, err.Error()).Hint("such as product = 'out/data.csv'"))
		return false
	}
	d.product = d.source.With(v)
	return true
}

// inCell returns a fault of the cell for parameters.
func (l *loader) inCell(d *draft, nb *notebook.Notebook, message string) *document.Error {
	e := fileError(d.code.task.Source.Path, errors.New(message))
	if p := nb.Parameters(); p.Line > 0 {
		e.Line, e.Column = p.Line, 1
		e.Source, _, _ = strings.Cut(p.Text, "\n")
	}
	return e
}

// wanted is the name of an upstream as it was found. An exact one is no pattern.
type wanted struct {
	name, group string
	exact       bool

	at func(format string, args ...any) *document.Error
}

// upstream returns the names that a source asks for.
func (l *loader) upstream(d *draft) []wanted {
	switch {
	case l.described || !l.meta.extractUpstream:
		return d.declared
	case d.code.notebook != nil:
		return l.notebookUpstream(d)
	case d.code.template != nil:
		return l.templateUpstream(d)
	case d.class.reading == readFunction:
		return functionUpstream(d)
	}
	return nil
}

func (l *loader) notebookUpstream(d *draft) []wanted {
	nb := d.code.notebook
	names, err := nb.Upstream()
	if err != nil {
		l.fail(l.inCell(d, nb, err.Error()).Hint("such as upstream = ['name'], or None"))
		return nil
	}
	list := make([]wanted, len(names))
	cell := nb.Parameters()
	for i, name := range names {
		offset := max(0, strings.Index(cell.Text, name))
		list[i] = wanted{name: name, at: func(format string, args ...any) *document.Error {
			return inText(d.code.task.Source.Path, cell.Text, offset, max(cell.Line, 1)-1, format, args...)
		}}
	}
	return list
}

func functionUpstream(d *draft) []wanted {
	text := d.code.function.Code
	if !strings.Contains(text, "upstream") {
		return nil
	}
	names := python.Upstream(text)
	list := make([]wanted, len(names))
	for i, name := range names {
		list[i] = wanted{name: name, at: func(format string, args ...any) *document.Error {
			return inText(d.code.function.File, text, max(0, strings.Index(text, name)), max(d.code.function.Line, 1)-1, format, args...)
		}}
	}
	return list
}

// inText returns a fault in a part of a file that begins after some lines.
func inText(file, text string, offset, before int, format string, args ...any) *document.Error {
	e := document.Of(nil).Errorf(format, args...)
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	e.Source, _, _ = strings.Cut(text[start:], "\n")
	e.Pos = document.Pos{
		File: file, Line: before + strings.Count(text[:offset], "\n") + 1,
		Column: len([]rune(text[start:offset])) + 1,
	}
	return e
}

// getKey is the function of templates that reads a value from a file.
func (l *loader) getKey(args template.Args) (any, error) {
	var values []string
	for _, v := range args.Positional {
		text, ok := v.(string)
		if !ok {
			return nil, errors.New("get_key takes the path of a file and a key")
		}
		values = append(values, text)
	}
	for _, name := range []string{"path", "key"} {
		if text, ok := args.Named[name].(string); ok {
			values = append(values, text)
		}
	}
	if len(values) != 2 {
		return nil, errors.New("get_key takes the path of a file and a key")
	}
	path := l.within(values[0])
	suffix := filepath.Ext(path)
	if suffix != ".json" && suffix != ".yaml" {
		return nil, errors.New("get_key reads .json and .yaml files, not " + suffix)
	}
	text, err := l.files.read(path)
	if err != nil {
		return nil, err
	}
	n, err := document.Format{Scalars: document.Python}.Parse(path, []byte(text))
	if err != nil {
		return nil, err
	}
	v, ok := n.Map().Get(values[1])
	if !ok {
		return nil, errors.New(path + " has no key " + params.Literal(values[1]))
	}
	return v, nil
}

// load returns the text of a template that that of a draft imports.
func (l *loader) load(d *draft, name string) (string, error) {
	for _, dir := range l.folders(d) {
		if path := filepath.Join(dir, name); l.files.isFile(path) {
			return l.files.read(path)
		}
	}
	return "", fs.ErrNotExist
}

// folders returns where the template of a draft finds others.
func (l *loader) folders(d *draft) []string {
	if d.given != nil {
		return d.given.folders
	}
	return l.meta.sourceFolders
}
