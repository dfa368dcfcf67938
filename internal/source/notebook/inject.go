package notebook

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/source/python"
)

// clone returns a notebook whose cells can be changed.
func (n *Notebook) clone() *Notebook {
	out := *n
	out.Cells = slices.Clone(n.Cells)
	out.changed = true
	return &out
}

// Inject returns the notebook with a cell that assigns p, in order, after the
// parameters cell (on top without one) or in place of the cell injected before.
// It is an error if the language has no known form for values.
func (n *Notebook) Inject(p params.Map) (*Notebook, error) {
	text, err := n.Assignments(p)
	if err != nil {
		return nil, err
	}
	out := n.clone()
	c := out.newCell(text, tagInjected)
	if i := out.tagged(tagInjected); i >= 0 {
		c.id = orText(out.Cells[i].id, c.id)
		out.Cells[i] = out.rendered(c)
		return out, nil
	}
	at := out.top()
	if i := out.tagged(tagParameters); i >= 0 {
		at = i + 1
	}
	out.insert(at, c)
	return out, nil
}

// Assignments returns the code of the cell that Inject adds.
func (n *Notebook) Assignments(p params.Map) (string, error) {
	return Assignments(n.codeLanguage(), p)
}

// codeLanguage returns the language of the kernel that the notebook names, or
// its language.
func (n *Notebook) codeLanguage() string {
	return strings.ToLower(orText(textAt(n.meta, "kernelspec", "language"), n.Language()))
}

// Assignments returns the code of an injected cell in a language, "python" or "r".
func Assignments(language string, p params.Map) (string, error) {
	var b strings.Builder
	b.WriteString("# Parameters\n")
	for name, v := range p.All() {
		switch language {
		case "python":
			fmt.Fprintf(&b, "%s = %s\n", name, python.Repr(v))
		case "r":
			fmt.Fprintf(&b, "%s = %s\n", strings.TrimLeft(name, "_"), rRepr(v))
		default:
			return "", fmt.Errorf("parameters can't be injected into a notebook in %q: only Python and R are known", language)
		}
	}
	return b.String(), nil
}

// top returns the index of the first cell behind a header.
func (n *Notebook) top() int {
	if len(n.Cells) > 0 && n.Cells[0].Kind == Raw && n.Cells[0].raw == "" {
		return 1
	}
	return 0
}

// newCell returns a code cell that is to be inserted.
func (n *Notebook) newCell(text, tag string) Cell {
	c := Cell{Text: text, Tags: []string{tag}, Metadata: params.Of("tags", []any{tag})}
	if n.minor >= 5 {
		c.id = tag
		for k := 2; slices.ContainsFunc(n.Cells, func(o Cell) bool { return o.id == c.id }); k++ {
			c.id = fmt.Sprintf("%s-%d", tag, k)
		}
	}
	return c
}

func (n *Notebook) insert(at int, c Cell) {
	if n.format != "ipynb" {
		n.mark(at)
	}
	n.Cells = slices.Insert(n.Cells, at, n.rendered(c))
}

// InjectManually is Inject with a mark in the metadata that the cell is to stay
// in the file.
func (n *Notebook) InjectManually(p params.Map) (*Notebook, error) {
	out, err := n.Inject(p)
	if err != nil {
		return nil, err
	}
	out.setManual(true)
	return out, nil
}

// InjectedManually tells whether InjectManually made this notebook, or the file
// that it was read from.
func (n *Notebook) InjectedManually() bool {
	v, _ := n.meta.At("ploomber", "injected_manually")
	return v == true
}

// Remove returns the notebook without cells that were injected or added for
// debugging, and without the mark of InjectManually.
func (n *Notebook) Remove() *Notebook {
	skip := n.temporary()
	if len(skip) == 0 && !n.InjectedManually() {
		return n
	}
	out := n.clone()
	out.Cells = out.Cells[:0]
	for i := range n.Cells {
		if !slices.Contains(skip, i) {
			out.Cells = append(out.Cells, n.Cells[i])
		}
	}
	out.setManual(false)
	return out
}

// WithParameters returns the notebook with a new parameters cell on top, which
// declares what is to be read from it.
func (n *Notebook) WithParameters(upstream, product bool) *Notebook {
	null, assign := "None", "="
	if n.codeLanguage() == "r" {
		null, assign = "NULL", "<-"
	}
	var b strings.Builder
	if upstream {
		fmt.Fprintf(&b, "# the tasks whose products this one uses\nupstream %s %s\n", assign, null)
	}
	if product {
		fmt.Fprintf(&b, "# the files that this task makes\nproduct %s %s\n", assign, null)
	}
	if b.Len() == 0 {
		b.WriteString("# defaults of parameters\n")
	}
	out := n.clone()
	out.insert(out.top(), out.newCell(strings.TrimSuffix(b.String(), "\n"), tagParameters))
	return out
}

// setManual sets or removes the mark of InjectManually.
func (n *Notebook) setManual(on bool) {
	if on == n.InjectedManually() {
		return
	}
	meta := n.meta.DeleteAt("ploomber", "injected_manually")
	if mapAt(meta, "ploomber").Len() == 0 {
		meta = meta.Delete("ploomber")
	}
	if on {
		meta = n.meta.SetAt(true, "ploomber", "injected_manually")
	}
	n.meta = meta
	if n.format == "ipynb" {
		n.replaceMetadata()
		return
	}
	n.before = markHeader(n.before, n.headerPrefix(), on)
}

// headerPrefix returns what lines of the header of the text begin with.
func (n *Notebook) headerPrefix() string {
	switch n.style.name {
	case "spin":
		if !strings.Contains(n.before, "# ---") {
			return "#' "
		}
		return "# "
	case "rmarkdown", "quarto":
		return ""
	}
	return "# "
}

// markHeader puts the mark into the header of a text or takes it out.
func markHeader(before, prefix string, on bool) string {
	mark := prefix + "  ploomber:\n" + prefix + "    injected_manually: true\n"
	section := prefix + "jupyter:\n"
	whole := prefix + "---\n" + section + mark + prefix + "---\n\n"
	if !on {
		if strings.Contains(before, whole) {
			return strings.Replace(before, whole, "", 1)
		}
		if _, rest, ok := strings.Cut(before, section+mark); ok && !strings.HasPrefix(rest, prefix+"  ") {
			return strings.Replace(before, section+mark, "", 1)
		}
		return strings.Replace(before, mark, "", 1)
	}
	if i := strings.Index(before, section); i >= 0 {
		return before[:i+len(section)] + mark + before[i+len(section):]
	}
	dashes := prefix + "---\n"
	if i := strings.Index(before, dashes); i >= 0 {
		return before[:i+len(dashes)] + section + mark + before[i+len(dashes):]
	}
	return before + whole
}
