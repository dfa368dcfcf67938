package notebook

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// Write returns the notebook in a format, its own if f is "". In its own format
// the bytes differ from what was read only where cells do. Other formats keep
// the texts, kinds and metadata of cells, but no outputs. The error says why a
// format can't hold the notebook.
func (n *Notebook) Write(f Format) ([]byte, error) {
	if f == "" || f == n.format {
		return n.writeOwn()
	}
	if f == "ipynb" {
		return []byte(layout{newline: "\n", unit: " "}.text(n.json(KernelSpec{}), 0) + "\n"), nil
	}
	ext, name, _ := strings.Cut(string(f), ":")
	names := styles["."+ext]
	if len(names) == 0 {
		return nil, fmt.Errorf("unknown format %q: use ipynb, py:percent, py:light, Rmd or another", f)
	}
	if name == "" {
		name = names[0]
	}
	if !contains(names, name) || name == "nomarker" || name == "sphinx" {
		return nil, fmt.Errorf("a notebook can't be written as %q: its cells have tags", f)
	}
	s := style{ext: "." + ext, name: name, plainMagics: name == "hydrogen", language: usualName(n.Language())}
	var b strings.Builder
	b.WriteString(n.headerFor(s))
	for i := range n.Cells {
		b.WriteString(s.render(n.Cells[i]))
	}
	return []byte(strings.TrimRight(b.String(), "\n") + "\n"), nil
}

func (n *Notebook) writeOwn() ([]byte, error) {
	if !n.changed {
		return []byte(n.bom + n.src), nil
	}
	var b strings.Builder
	b.WriteString(n.bom)
	b.WriteString(n.before)
	for i := range n.Cells {
		if i > 0 {
			b.WriteString(n.between)
		}
		b.WriteString(n.Cells[i].raw)
	}
	b.WriteString(n.after)
	if n.style.name == "sphinx" && n.tagged(tagParameters)+n.tagged(tagInjected) > -2 {
		return nil, fmt.Errorf("cells of a %s script have no tags: use another format, such as py:percent", n.style.name)
	}
	return []byte(b.String()), nil
}

// rendered returns c with the text that the notebook's own format has for it.
func (n *Notebook) rendered(c Cell) Cell {
	if n.format == "ipynb" {
		c.raw = n.layout.text(c.object(), 2)
		return c
	}
	s := n.style
	s.language = usualName(n.codeLanguage())
	c.raw = s.render(c)
	return c
}

// mark sees to it that the cell before which another one is inserted is not
// taken for a part of that: in some styles the first cell needs no mark.
func (n *Notebook) mark(at int) {
	if at > 0 {
		last := &n.Cells[at-1]
		if last.raw != "" && !strings.HasSuffix(last.raw, "\n") {
			last.raw += "\n"
		}
	} else if n.before != "" && !strings.HasSuffix(n.before, "\n") {
		n.before += "\n"
	}
	if at >= len(n.Cells) || n.style.name != "percent" && n.style.name != "hydrogen" {
		return
	}
	c := &n.Cells[at]
	first, _, _ := strings.Cut(c.raw, "\n")
	if marked, _ := percentMark(first); !marked {
		c.raw = "# %%\n" + c.raw
	}
}

// render returns the text of a cell with its marks and a blank line behind it.
func (s *style) render(c Cell) string {
	lines := strings.Split(strings.TrimSuffix(c.Text, "\n"), "\n")
	if c.Kind == Code && !s.plainMagics {
		lines = commentMagics(lines, s.language, true)
	}
	var out []string
	switch s.name {
	case "percent", "hydrogen":
		out = s.renderPercent(c, lines)
	case "rmarkdown", "quarto":
		out = s.renderChunk(c, lines)
	case "spin":
		out = s.renderSpin(c, lines)
	default:
		out = s.renderLight(c, lines)
	}
	return strings.Join(out, "\n") + "\n\n"
}

func (s *style) renderPercent(c Cell, lines []string) []string {
	head := "# %%"
	switch c.Kind {
	case Markdown:
		head += " [markdown]"
		lines = commented(lines, "#")
	case Raw:
		head += " [raw]"
		lines = commented(lines, "#")
	}
	if options := keyValues(c.Metadata); options != "" {
		head += " " + options
	}
	return append([]string{head}, lines...)
}

func (s *style) renderLight(c Cell, lines []string) []string {
	start, end := "# +", "# -"
	if s.startMark != "" {
		start, end = "# "+s.startMark, "# "+s.endMark
	}
	switch c.Kind {
	case Markdown:
		start += " [markdown]"
		lines = commented(lines, "#")
	case Raw:
		start += " [raw]"
		lines = commented(lines, "#")
	}
	if options := keyValues(c.Metadata); options != "" {
		start += " " + options
	}
	return append(append([]string{start}, lines...), end)
}

func (s *style) renderSpin(c Cell, lines []string) []string {
	if c.Kind != Code {
		return commented(lines, "#'")
	}
	head := "#+"
	if options := chunkValues(c.Metadata); options != "" {
		head += " " + options
	}
	return append([]string{head}, lines...)
}

func (s *style) renderChunk(c Cell, lines []string) []string {
	switch c.Kind {
	case Markdown:
		return lines
	case Raw:
		return append(append([]string{"<!-- #raw -->"}, lines...), "<!-- #endraw -->")
	}
	language := strings.ToLower(orText(s.language, "R"))
	if s.name == "quarto" {
		head := []string{"```{" + language + "}"}
		if len(c.Tags) > 0 {
			head = append(head, "#| tags: ["+strings.Join(c.Tags, ", ")+"]")
		}
		return append(append(head, lines...), "```")
	}
	head := "```{" + language
	if options := chunkValues(c.Metadata); options != "" {
		head += " " + options
	}
	return append(append([]string{head + "}"}, lines...), "```")
}

// keyValues writes metadata as key=value pairs.
func keyValues(meta params.Map) string {
	var parts []string
	for k, v := range meta.All() {
		if private(k) {
			continue
		}
		if v == nil {
			parts = append(parts, k)
			continue
		}
		parts = append(parts, k+"="+spaced(v))
	}
	return strings.Join(parts, " ")
}

// spaced is JSON with blanks behind commas and colons, as people write it.
func spaced(v params.Value) string {
	switch v := v.(type) {
	case []params.Value:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = spaced(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case params.Map:
		var parts []string
		for k, e := range v.All() {
			parts = append(parts, string(params.AppendJSON(nil, k))+": "+spaced(e))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return string(params.AppendJSON(nil, v))
}

// private tells whether metadata of a cell is of no use in a text.
func private(key string) bool {
	switch key {
	case "autoscroll", "collapsed", "scrolled", "trusted", "execution", "ExecuteTime", "language":
		return true
	}
	return false
}

// chunkValues writes metadata as options of R.
func chunkValues(meta params.Map) string {
	var parts []string
	for k, v := range meta.All() {
		if private(k) {
			continue
		}
		text := rRepr(v)
		if list, ok := v.([]params.Value); ok {
			text = "c" + strings.TrimPrefix(rRepr(list), "list")
		}
		parts = append(parts, k+"="+text)
	}
	return strings.Join(parts, ", ")
}

// headerFor returns the header that a text in style s begins with: its format
// and the kernel, so that both are found again.
func (n *Notebook) headerFor(s style) string {
	lines := []string{
		"---", "jupyter:", "  jupytext:", "    text_representation:",
		"      extension: " + s.ext, "      format_name: " + s.name,
	}
	if name := textAt(n.meta, "kernelspec", "name"); name != "" {
		lines = append(lines, "  kernelspec:",
			"    display_name: "+quoted(textAt(n.meta, "kernelspec", "display_name")),
			"    language: "+quoted(textAt(n.meta, "kernelspec", "language")),
			"    name: "+quoted(name))
	}
	lines = append(lines, "---")
	switch s.name {
	case "rmarkdown", "quarto":
	case "spin":
		lines = commented(lines, "#'")
	default:
		lines = commented(lines, "#")
	}
	return strings.Join(lines, "\n") + "\n\n"
}

// quoted is a text for YAML.
func quoted(s string) string { return string(params.AppendJSON(nil, s)) }
