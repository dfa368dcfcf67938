package pipeline

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/template"
)

// axis is a key of a grid with its values.
type axis struct {
	key    document.Entry
	values []*document.Node
}

// expandGrid makes a task for each combination of a grid.
func (l *loader) expandGrid(d *draft) {
	name := ""
	if d.named == nil || d.named.IsNull() {
		l.fail(d.grid.Errorf("a task with a grid needs a name"))
	} else {
		name, _ = l.text(d.named, "name")
	}
	var grids [][]axis
	l.notEmpty(d.grid)
	for _, n := range itemsOrSelf(d.grid) {
		if n == d.grid || l.notEmpty(n) {
			grids = append(grids, l.axes(n))
		}
	}
	constants := paramsBuilder{loader: l}
	if d.params != nil {
		for _, e := range l.mapping(d.params, "params") {
			for _, grid := range grids {
				l.checkOverlap(grid, e)
			}
			constants.add(e)
		}
	}
	if l.errs.Full() || name == "" {
		return
	}
	g := gridder{loader: l, draft: d, name: name, constants: constants}
	for _, grid := range grids {
		g.combine(grid, nil)
	}
	for _, t := range d.tasks {
		l.checkOptions(d, t)
	}
}

func (l *loader) axes(n *document.Node) []axis {
	var axes []axis
	for _, e := range l.mapping(n, "a grid") {
		value := e.Value
		if isOwnParam(e.Key) {
			l.fail(e.Errorf("a param can't be called %q: tasks get it by themselves", e.Key))
			continue
		}
		if call := l.computed(value); call != nil {
			var ok bool
			if value, ok = l.result(value, call); !ok {
				continue
			}
		}
		axes = append(axes, axis{e, elements(value)})
	}
	return axes
}

// notEmpty fails where a grid is a mapping or a list that has nothing.
func (l *loader) notEmpty(n *document.Node) bool {
	has := n.Kind() != document.Mapping && n.Kind() != document.List || len(n.Entries()) > 0 || len(n.Items()) > 0
	if !has {
		l.fail(n.Errorf("the grid is empty"))
	}
	return has
}

// elements returns what a loop in Python would run through, and a scalar alone.
func elements(n *document.Node) []*document.Node {
	switch n.Kind() {
	case document.List:
		return n.Items()
	case document.Mapping:
		var keys []*document.Node
		for _, e := range n.Entries() {
			keys = append(keys, e.Value.With(e.Key))
		}
		return keys
	}
	return []*document.Node{n}
}

func (l *loader) checkOverlap(grid []axis, e document.Entry) {
	for _, a := range grid {
		if a.key.Key == e.Key {
			l.fail(e.Errorf("%q is in both grid and params", e.Key))
		}
	}
}

// maxGrid is how many tasks one grid may have.
const maxGrid = 1_000_000

// gridder makes the tasks of a grid.
type gridder struct {
	*loader
	draft     *draft
	name      string
	constants paramsBuilder
	index     int
}

// combine goes through all combinations, the last key fastest.
func (g *gridder) combine(rest []axis, chosen []*document.Node) {
	g.walk(rest, rest, chosen)
}

func (g *gridder) walk(axes, rest []axis, chosen []*document.Node) {
	if g.errs.Full() || g.index > maxGrid {
		return
	}
	if len(rest) == 0 {
		if g.index == maxGrid {
			g.fail(g.draft.grid.Errorf("the grid has more than %d tasks", maxGrid))
		} else {
			g.task(axes, chosen)
		}
		g.index++
		return
	}
	for _, v := range rest[0].values {
		g.walk(axes, rest[1:], append(chosen[:len(chosen):len(chosen)], v))
	}
}

func (g *gridder) task(axes []axis, chosen []*document.Node) {
	t := new(Task)
	*t = g.draft.code.task
	b := paramsBuilder{loader: g.loader}
	for i, a := range axes {
		if a.key.Key == resourcesKey {
			b.addResources(a.key.With(chosen[i]))
		} else {
			b.set(a.key.Key, chosen[i])
		}
	}
	b.kv = append(b.kv, g.constants.kv...)
	b.typed = append(b.typed, g.constants.typed...)
	b.resources = append(b.resources, g.constants.resources...)
	b.finish(t)
	if strings.Contains(g.name, "[[") && strings.Contains(g.name, "]]") {
		t.Name = g.fillIn(g.draft.named, g.name, t.variables())
	} else {
		t.Name = g.name + strconv.Itoa(g.index)
	}
	g.makeProducts(g.draft, t, func(n *document.Node, p *Product) bool { return g.product(n, p, t.variables()) })
	g.draft.tasks = append(g.draft.tasks, t)
}

// fillIn renders a text with the params of a task. What is missing in a grid
// reads as nothing.
func (l *loader) fillIn(at *document.Node, text string, vars template.Vars) string {
	if !strings.Contains(text, "[[") && !strings.Contains(text, "{%") {
		return text
	}
	t, err := template.Parse(at.Pos().File, text, template.Options{Open: "[[", Close: "]]"})
	if err == nil {
		var rendered string
		if rendered, err = t.Render(vars); err == nil {
			return rendered
		}
	}
	l.fail(templateError(at, err))
	return text
}

// product makes a product with the number of the task in its name.
func (g *gridder) product(n *document.Node, p *Product, vars template.Vars) bool {
	suffix := "-" + strconv.Itoa(g.index)
	switch {
	case p.Class == "GenericProduct":
		g.fail(n.Errorf("a task with a grid makes files or relations, not a %s", p.Class))
		return false
	case p.Class == "File":
		text, ok := n.Text()
		if !ok || text == "" {
			return g.makeProduct(n, nil, p, "")
		}
		path := g.files.resolve(join(g.pipeline.Root, text))
		dir, name := filepath.Split(path)
		p.Path = g.fillIn(n, dir+numbered(name, suffix), vars)
		return true
	}
	if !g.relation(n, p) {
		return false
	}
	p.Name = g.fillIn(n, p.Name+suffix, vars)
	return g.checkLength(n, p)
}

// numbered puts a number before all suffixes of a file name. As in Python, what
// the suffixes are is taken out wherever it occurs.
func numbered(name, number string) string {
	suffixes := ""
	if body := strings.TrimLeft(name, "."); !strings.HasSuffix(name, ".") {
		if i := strings.IndexByte(body, '.'); i >= 0 {
			suffixes = body[i:]
		}
	}
	if suffixes == "" {
		return name + number
	}
	return strings.ReplaceAll(name, suffixes, "") + number + suffixes
}
