package notebook

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/source/python"
)

// CellKind is what a cell holds.
type CellKind uint8

// The kinds of cells.
const (
	Code CellKind = iota
	Markdown
	Raw
)

// Cell is one cell of a notebook. It is a value to read; cells are changed by
// the methods of Notebook.
type Cell struct {
	Kind CellKind
	// Text is the source without comment prefixes, markers and blank lines
	// around it; commented magics of scripts are plain magics here.
	Text     string
	Tags     []string
	Metadata params.Map // all of it, tags included
	Line     int        // where Text begins in the file, counted from 1; 0 in ipynb files and for new cells

	raw    string // what the file has for it, or is to have
	id     string // in ipynb files from 4.5 on
	extras params.Map
}

// Format names a way to write notebooks: "ipynb", or the suffix of the file and
// the style of its cells, such as "py:percent" or "Rmd:rmarkdown".
type Format string

// Notebook is a notebook in memory. Methods that return a *Notebook leave the
// receiver as it is, so it can be shared.
type Notebook struct {
	Cells  []Cell
	format Format
	meta   params.Map

	src   string // what was read, without its mark of byte order
	bom   string // that mark, if there is one
	style style  // of a text

	// What the file has around its cells. Between cells of an ipynb file there
	// is something too.
	before, between, after string
	minor                  int64 // of the version of an ipynb file
	layout                 layout
	changed                bool // src is not what is to be written
}

// Tags of cells that mean something to a pipeline.
const (
	tagParameters = "parameters"
	tagInjected   = "injected-parameters"
	tagDebugging  = "debugging-settings"
)

// byteOrder is the mark that some editors put before a text in UTF-8.
const byteOrder = "\ufeff"

// Read reads a notebook. The suffix of name (py, R, r, Rmd, rmd, qmd, ipynb)
// and the text decide on the format. The error says where the text is not one.
func Read(name string, src []byte) (*Notebook, error) {
	if !utf8.Valid(src) {
		return nil, fmt.Errorf("read notebook %s: it is not UTF-8", name)
	}
	ext := path.Ext(name)
	text, marked := strings.CutPrefix(string(src), byteOrder)
	var n *Notebook
	var err error
	switch {
	case ext == ".ipynb":
		n, err = readIPYNB(text)
	case styles[ext] != nil:
		n, err = readText(name, ext, text)
	default:
		return nil, fmt.Errorf("read notebook %s: suffix %q is none of .ipynb, .py, .R, .r, .Rmd, .qmd", name, ext)
	}
	if err != nil {
		return nil, fmt.Errorf("read notebook %s: %w", name, err)
	}
	if marked {
		n.bom = byteOrder
	}
	return n, nil
}

// Format returns the format that the notebook was read from.
func (n *Notebook) Format() Format { return n.format }

// Metadata returns the notebook's metadata.
func (n *Notebook) Metadata() params.Map { return n.meta }

// Code returns what is stored as the source code of a task: the text of all
// cells but the injected ones, joined by newlines.
func (n *Notebook) Code() string {
	skip := n.temporary()
	var texts []string
	for i := range n.Cells {
		if !slices.Contains(skip, i) {
			texts = append(texts, n.Cells[i].Text)
		}
	}
	return strings.Join(texts, "\n")
}

// temporary returns the indexes of the cells that are no part of the source:
// the first with each of the tags.
func (n *Notebook) temporary() []int {
	var out []int
	for _, tag := range []string{tagInjected, tagDebugging} {
		if i := n.tagged(tag); i >= 0 {
			out = append(out, i)
		}
	}
	return out
}

// tagged returns the index of the first cell with a tag, -1 without one.
func (n *Notebook) tagged(tag string) int {
	return slices.IndexFunc(n.Cells, func(c Cell) bool { return slices.Contains(c.Tags, tag) })
}

// Language returns "python", "r" or another language in lower case, "" if it
// can't be told. Scripts are in the language of their suffix.
func (n *Notebook) Language() string {
	switch ext, _, _ := strings.Cut(string(n.format), ":"); ext {
	case "py":
		return "python"
	case "R", "r", "Rmd", "rmd":
		return "r"
	}
	if language := textAt(n.meta, "kernelspec", "language"); language != "" {
		return strings.ToLower(language)
	}
	if language := textAt(n.meta, "language_info", "name"); language != "" {
		return strings.ToLower(language)
	}
	if n.style.name == "quarto" {
		return strings.ToLower(n.style.language)
	}
	switch n.Kernel("") {
	case "python3", "python":
		return "python"
	case "ir":
		return "r"
	}
	return ""
}

// Kernel returns the name of the kernel that is to run the notebook: the one
// asked for, or that of its metadata, of its suffix, or python3 if the code may
// be Python. "" means that it can't be told.
func (n *Notebook) Kernel(asked string) string {
	if asked != "" {
		return asked
	}
	if name := textAt(n.meta, "kernelspec", "name"); name != "" {
		return name
	}
	switch ext, _, _ := strings.Cut(string(n.format), ":"); ext {
	case "py":
		return "python3"
	case "R", "r", "Rmd", "rmd":
		return "ir"
	}
	var texts []string
	for i := range n.Cells {
		texts = append(texts, n.Cells[i].Text)
	}
	code := strings.Join(texts, "\n")
	switch language := textAt(n.meta, "kernelspec", "language"); {
	case language == "python", language == "" && python.Valid(code) && !strings.Contains(code, "<-"):
		return "python3"
	}
	return ""
}

// OnlyParameters tells whether the last cell with any text is the parameters
// cell, so that there is nothing to run.
func (n *Notebook) OnlyParameters() bool {
	skip := n.temporary()
	for i := len(n.Cells) - 1; i >= 0; i-- {
		if !slices.Contains(skip, i) && !isBlank(n.Cells[i].Text) {
			return slices.Contains(n.Cells[i].Tags, tagParameters)
		}
	}
	return len(n.Cells) > 0 && slices.Contains(n.Cells[0].Tags, tagParameters)
}
