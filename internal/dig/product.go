package dig

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Keys of a task that makes files. They are pawl's own.
const (
	// productKey names the files that the task makes: a path, or a list or a
	// mapping of paths, relative to the folder that the task works in.
	productKey = "_product"
	// upstreamKey names what the task is made of beside what its order says: a
	// list of tasks, or of paths that anything else makes. Compiled, it is a
	// mapping of what is needed to what that makes.
	upstreamKey = "_upstream"
	// resourcesKey names files whose content counts: a path or a list of paths.
	resourcesKey = "_resources"
)

// making is a task that makes files.
type making struct {
	node  *workflow.Node
	files document.Entry // its _product
	needs document.Entry // its _upstream; zero where it has none
}

// product reads what an action makes. It stays in the configuration, to be
// evaluated with it.
func (c *compiler) product(n *workflow.Node, entries []document.Entry) {
	files, ok := find(entries, productKey)
	if !ok {
		for _, key := range []string{upstreamKey, resourcesKey} {
			if e, ok := find(entries, key); ok {
				c.fail(e.Errorf("%s has a meaning only beside %s", key, productKey))
			}
		}
		return
	}
	for _, key := range []string{"_do", "_else_do"} {
		if e, ok := find(entries, key); ok {
			c.fail(e.Errorf("a task that makes tasks makes no files itself").Hint("put %s into the tasks of %s", productKey, key))
		}
	}
	for _, path := range c.paths(files) {
		n.Products = append(n.Products, workflow.Product{Type: "file", Config: params.Of("path", path)})
	}
	if e, ok := find(entries, resourcesKey); ok {
		c.paths(e)
	}
	needs, _ := find(entries, upstreamKey)
	c.makers = append(c.makers, making{n, files, needs})
}

// paths reads paths that are written alone, as a list or as a mapping.
func (c *compiler) paths(e document.Entry) []string {
	items := []*document.Node{e.Value}
	switch e.Value.Kind() {
	case document.List:
		items = e.Value.Items()
	case document.Mapping:
		items = nil
		for _, entry := range e.Value.Entries() {
			items = append(items, entry.Value)
		}
	case document.Scalar:
	}
	var paths []string
	for _, item := range items {
		text, ok := item.Text()
		if !ok || strings.TrimSpace(text) == "" {
			c.fail(item.Errorf("%s needs paths, not %s", e.Key, item.What()))
			continue
		}
		paths = append(paths, text)
	}
	if len(items) == 0 {
		c.fail(e.Errorf("%s names no file", e.Key))
	}
	return paths
}

// linkProducts says what each task that makes files is made of: what its
// _upstream names, else the nearest makers among the tasks that it comes after.
func (c *compiler) linkProducts(root *workflow.Node) {
	if len(c.makers) == 0 {
		return
	}
	l := productLinks{makers: make(map[*workflow.Node]making), names: make(map[*workflow.Node]string)}
	for _, m := range c.makers {
		l.makers[m.node] = m
	}
	root.Walk(func(p workflow.Path) bool {
		if _, ok := l.makers[p.Node()]; ok {
			l.names[p.Node()] = strings.TrimPrefix(p.Name(), root.Name)
		}
		return true
	})
	l.near = make(map[*workflow.Node][]*workflow.Node)
	l.visit(root, nil)
	for _, m := range c.makers {
		if m.needs.Key == "" {
			m.node.Config = l.with(m.node.Config, l.near[m.node])
			continue
		}
		m.node.Config = m.node.Config.Set(upstreamKey, c.needs(&l, root, m))
	}
}

// productLinks finds for tasks the makers before them.
type productLinks struct {
	makers map[*workflow.Node]making
	names  map[*workflow.Node]string
	near   map[*workflow.Node][]*workflow.Node // the nearest makers before one
}

// visit goes through the tasks below n, where before are the nearest makers that
// n comes after. It returns the makers below n.
func (l *productLinks) visit(n *workflow.Node, before []*workflow.Node) []*workflow.Node {
	if _, ok := l.makers[n]; ok {
		l.near[n] = before
		return []*workflow.Node{n}
	}
	var all []*workflow.Node
	ends := make([][]*workflow.Node, len(n.Children)) // what comes after each child is made of
	for i, child := range n.Children {
		from := before
		if len(child.After) > 0 {
			from = union(child.After, ends)
		}
		below := l.visit(child, from)
		all = append(all, below...)
		if ends[i] = below; len(below) == 0 {
			ends[i] = from
		}
	}
	return all
}

// union returns what is at the ends of the edges, each once.
func union(edges []workflow.Edge, ends [][]*workflow.Node) []*workflow.Node {
	if len(edges) == 1 {
		return ends[edges[0].From]
	}
	var joined []*workflow.Node
	seen := make(map[*workflow.Node]bool)
	for _, e := range edges {
		for _, n := range ends[e.From] {
			if !seen[n] {
				seen[n] = true
				joined = append(joined, n)
			}
		}
	}
	return joined
}

// with adds what a task is made of to its configuration.
func (l *productLinks) with(config params.Map, from []*workflow.Node) params.Map {
	var needs params.Map
	for _, n := range from {
		needs = needs.Set(l.names[n], l.makers[n].files.Value.Value())
	}
	return config.Set(upstreamKey, needs)
}

// needs resolves an _upstream that is written: names of tasks, and paths.
func (c *compiler) needs(l *productLinks, root *workflow.Node, m making) params.Map {
	items := []*document.Node{m.needs.Value}
	if m.needs.Value.Kind() == document.List {
		items = m.needs.Value.Items()
	}
	var needs params.Map
	for _, item := range items {
		name, ok := item.Text()
		switch {
		case !ok || name == "":
			c.fail(item.Errorf("%s needs names of tasks or paths, not %s", upstreamKey, item.What()))
		case name[0] == '+':
			if from := c.maker(l, root, item, name); from != nil {
				needs = needs.Set(l.names[from], l.makers[from].files.Value.Value())
			}
		default:
			needs = needs.Set(name, name)
		}
	}
	return needs
}

// maker returns the task that an _upstream names; nil, and an error, where there
// is none.
func (c *compiler) maker(l *productLinks, root *workflow.Node, item *document.Node, name string) *workflow.Node {
	found, err := root.Find(name)
	if err != nil {
		var names []string
		for _, known := range l.names {
			names = append(names, known)
		}
		slices.Sort(names)
		c.fail(item.Errorf("%v", err).Hint("%s", document.DidYouMean(name, names)))
		return nil
	}
	if _, ok := l.makers[found.Node()]; !ok {
		c.fail(item.Errorf("%s makes nothing: it has no %s", name, productKey))
		return nil
	}
	return found.Node()
}
