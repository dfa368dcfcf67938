package notebook

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// readIPYNB reads a notebook of nbformat 4.
func readIPYNB(src string) (*Notebook, error) {
	v, err := params.ParseJSON([]byte(src))
	if err != nil {
		return nil, err
	}
	top, _ := v.(params.Map)
	cells, ok := listAt(top, "cells")
	major, _ := top.IntOr("nbformat", 0)
	if !ok || major != 4 {
		return nil, fmt.Errorf("it is not a notebook of nbformat 4 (nbformat is %d): convert it with jupyter nbconvert --to notebook", major)
	}
	n := &Notebook{format: "ipynb", src: src, meta: mapAt(top, "metadata"), layout: layoutOf(src)}
	n.minor, _ = top.IntOr("nbformat_minor", 0)
	for i, c := range cells {
		m, ok := c.(params.Map)
		if !ok {
			return nil, fmt.Errorf("cell %d is not an object", i+1)
		}
		n.Cells = append(n.Cells, cellOf(m))
	}
	return n, n.cut()
}

func listAt(m params.Map, key string) ([]params.Value, bool) {
	v, _ := m.Get(key)
	list, ok := v.([]params.Value)
	return list, ok
}

func cellOf(m params.Map) Cell {
	c := Cell{Metadata: mapAt(m, "metadata"), id: textAt(m, "id"), Text: textAt(m, "source")}
	if lines, ok := listAt(m, "source"); ok {
		var b strings.Builder
		for _, l := range lines {
			text, _ := l.(string)
			b.WriteString(text)
		}
		c.Text = b.String()
	}
	c.Tags = tagsOf(c.Metadata)
	switch textAt(m, "cell_type") {
	case "markdown":
		c.Kind = Markdown
	case "raw":
		c.Kind = Raw
	}
	if v, ok := m.Get("attachments"); ok {
		c.extras = params.Of("attachments", v)
	}
	return c
}

// cut finds the bytes of each cell in the file, and those around them.
func (n *Notebook) cut() error {
	start, _, err := valueAt(n.src, "cells")
	if err != nil {
		return err
	}
	d := json.NewDecoder(strings.NewReader(n.src[start:]))
	if _, err := d.Token(); err != nil {
		return err
	}
	n.between = "," + n.layout.line(2)
	end := start + int(d.InputOffset())
	n.before, n.after = n.src[:end], n.src[end:]
	for i := range n.Cells {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		stop := start + int(d.InputOffset())
		switch i {
		case 0:
			n.before = n.src[:stop-len(raw)]
		case 1:
			n.between = n.src[end : stop-len(raw)]
		}
		n.Cells[i].raw = string(raw)
		end = stop
		n.after = n.src[end:]
	}
	return nil
}

// valueAt returns the bounds of the value of a key of the outermost object.
func valueAt(src, key string) (start, end int, err error) {
	d := json.NewDecoder(strings.NewReader(src))
	if _, err := d.Token(); err != nil {
		return 0, 0, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return 0, 0, err
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return 0, 0, err
		}
		if end = int(d.InputOffset()); name == key {
			return end - len(raw), end, nil
		}
	}
	return 0, 0, errors.New("the notebook has no " + key)
}

// replaceMetadata writes the metadata into what is around the cells.
func (n *Notebook) replaceMetadata() {
	whole := n.before + "]" // the cells are no matter here
	text := n.layout.text(n.meta, 1)
	if start, end, err := valueAt(whole+"}", "metadata"); err == nil && end <= len(n.before) {
		n.before = n.before[:start] + text + n.before[end:]
		return
	}
	head := `{"cells":[0`
	if start, end, err := valueAt(head+n.after, "metadata"); err == nil {
		n.after = n.after[:start-len(head)] + text + n.after[end-len(head):]
	}
}

// object returns a cell as it is in an ipynb file.
func (c *Cell) object() params.Map {
	m := params.Map{}
	switch c.Kind {
	case Code:
		m = params.Of("cell_type", "code", "execution_count", nil)
	case Markdown:
		m = params.Of("cell_type", "markdown")
	case Raw:
		m = params.Of("cell_type", "raw")
	}
	if c.id != "" {
		m = m.Set("id", c.id)
	}
	m = m.Merge(c.extras).Set("metadata", c.Metadata)
	if c.Kind == Code {
		m = m.Set("outputs", []any{})
	}
	lines := []any{}
	for _, l := range strings.SplitAfter(c.Text, "\n") {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return m.Set("source", lines)
}

// KernelSpec is what a notebook says of its kernel.
type KernelSpec struct {
	Name        string // for Jupyter: "python3"
	DisplayName string // for people: "Python 3"
	Language    string // "python"
}

// IPYNB returns the notebook as JSON for execution (nbformat 4) without outputs,
// with k as its kernel if k has a name.
func (n *Notebook) IPYNB(k KernelSpec) ([]byte, error) {
	return append(params.AppendJSON(nil, n.json(k)), '\n'), nil
}

// json returns the notebook as the content of an ipynb file.
func (n *Notebook) json(k KernelSpec) params.Map {
	cells := make([]any, len(n.Cells))
	for i := range n.Cells {
		cells[i] = n.Cells[i].object()
	}
	meta := n.meta.DeleteAt("jupytext", "text_representation")
	if mapAt(meta, "jupytext").Len() == 0 {
		meta = meta.Delete("jupytext")
	}
	if k.Name != "" {
		meta = meta.Set("kernelspec", params.Of("display_name", k.DisplayName, "language", k.Language, "name", k.Name))
	}
	minor := n.minor
	if n.format != "ipynb" {
		minor = 4 // the last without ids of cells
	}
	return params.Of("cells", cells, "metadata", meta, "nbformat", int64(4), "nbformat_minor", minor)
}
