package dig

import (
	"path"
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
	// upstreamKey names what the task is made of: a list of tasks, or of paths
	// that anything makes. Compiled, it is a mapping of what is needed to what that
	// makes, which is null where that is not known before it runs.
	upstreamKey = "_upstream"
	// outerKey is, in tasks that make others, the compiled upstreamKey for those of
	// them that come after nothing among themselves.
	outerKey = "_outer_upstream"
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
	for _, file := range c.paths(files) {
		n.Products = append(n.Products, workflow.Product{Type: "file", Config: params.Of("path", file)})
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

// Making is a task of another language that makes files.
type Making struct {
	Node *workflow.Node
	// Files is what it makes, as written: a path, or a list or a mapping of paths.
	Files document.Entry
}

// LinkProducts tells tasks that make files what they are made of: the nearest
// makers among the tasks that each comes after, as for those of .dig files without
// an _upstream. Generators are tasks that make tasks, which may make files.
func LinkProducts(root *workflow.Node, makers []Making, generators []*workflow.Node) document.Errors {
	c := compiler{path: []string{root.Name}, generators: make(map[*workflow.Node]bool)}
	for _, n := range generators {
		c.generators[n] = true
	}
	for _, m := range makers {
		c.makers = append(c.makers, making{node: m.Node, files: m.Files})
	}
	c.linkProducts(root)
	return c.errs
}

// linkProducts says what each task that makes files is made of: what its
// _upstream names, else the nearest makers among the tasks that it comes after.
func (c *compiler) linkProducts(root *workflow.Node) {
	if len(c.makers) == 0 {
		return
	}
	l := productLinks{
		makers: make(map[*workflow.Node]making), generators: c.generators,
		names: make(map[*workflow.Node]string), near: make(map[*workflow.Node][]*workflow.Node),
		inner: root.Name == workflow.Generated,
	}
	for _, m := range c.makers {
		l.makers[m.node] = m
	}
	root.Walk(func(p workflow.Path) bool {
		l.names[p.Node()] = strings.TrimPrefix(p.Name(), root.Name)
		return true
	})
	l.visit(root, nil)
	made := make(map[string]*workflow.Node)
	for _, m := range c.makers {
		c.once(&l, made, m)
		if m.needs.Key == "" {
			m.node.Config = m.node.Config.Set(upstreamKey, l.made(l.near[m.node]))
			continue
		}
		m.node.Config = m.node.Config.Set(upstreamKey, c.needs(&l, root, m))
	}
	for n := range c.generators {
		if near := l.near[n]; len(near) > 0 {
			n.Export = n.Export.Set(outerKey, l.made(near))
		}
	}
}

// once refuses a file that two tasks make, as far as that shows here.
func (c *compiler) once(l *productLinks, made map[string]*workflow.Node, m making) {
	for _, file := range m.node.Products {
		written, _ := file.Config.StringOr("path", "")
		if params.TemplatedValue(written) {
			continue
		}
		clean := path.Clean(written)
		if other := made[clean]; other != nil && other != m.node {
			c.fail(m.files.Errorf("%s is made by %s already", written, l.names[other]))
			continue
		}
		made[clean] = m.node
	}
}

// productLinks finds for tasks the makers before them.
type productLinks struct {
	makers map[*workflow.Node]making
	// generators are tasks that make tasks, which may make files.
	generators map[*workflow.Node]bool
	names      map[*workflow.Node]string
	near       map[*workflow.Node][]*workflow.Node // the nearest makers before one
	// inner tells that another task has made all of this.
	inner bool
}

// visit goes through the tasks below n, where before are the nearest makers that
// n comes after. It returns the makers below n.
func (l *productLinks) visit(n *workflow.Node, before []*workflow.Node) []*workflow.Node {
	l.near[n] = before
	if _, ok := l.makers[n]; ok || l.generators[n] {
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

// made returns what tasks make, by their names: null for those that make tasks,
// because what these make shows only when they are there.
func (l *productLinks) made(tasks []*workflow.Node) params.Map {
	var made params.Map
	for _, n := range tasks {
		if m, ok := l.makers[n]; ok {
			made = made.Set(l.names[n], m.files.Value.Value())
		} else {
			made = made.Set(l.names[n], nil)
		}
	}
	return made
}

// generator notes a task that makes tasks, if these may make files.
func (c *compiler) generator(n *workflow.Node, entries []document.Entry) {
	makes := n.Operator == "call"
	for _, e := range entries {
		if e.Key == "_do" || e.Key == "_else_do" {
			makes = makes || mayMake(e.Value)
		}
	}
	if !makes {
		return
	}
	if c.generators == nil {
		c.generators = make(map[*workflow.Node]bool)
	}
	c.generators[n] = true
}

// mayMake reports whether tasks that are written somewhere may make files.
func mayMake(tasks *document.Node) bool {
	if tasks.Kind() != document.Mapping {
		return true // it is computed
	}
	for _, e := range tasks.Entries() {
		if e.Key == productKey || e.Key == "call>" {
			return true
		}
		if (isSubtask(e) || e.Key == "_do" || e.Key == "_else_do") && mayMake(e.Value) {
			return true
		}
	}
	return false
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
			if from := c.maker(l, root, item, m, name); from != nil {
				needs = needs.Set(l.names[from], l.makers[from].files.Value.Value())
			}
		default:
			needs = needs.Set(name, name)
		}
	}
	return needs
}

// maker returns the task that an _upstream names; nil, and an error, where there
// is none, or where the task does not come after it.
func (c *compiler) maker(l *productLinks, root *workflow.Node, item *document.Node, m making, name string) *workflow.Node {
	found, err := root.Find(name)
	if err != nil {
		if l.inner {
			c.fail(item.Errorf("%s is not among the tasks that are made together", name).
				Hint("name the path of what it makes: there is no other way from here"))
			return nil
		}
		var names []string
		for n := range l.makers {
			names = append(names, l.names[n])
		}
		slices.Sort(names)
		c.fail(item.Errorf("%v", err).Hint("%s", document.DidYouMean(name, names)))
		return nil
	}
	switch n := found.Node(); {
	case l.generators[n]:
		c.fail(item.Errorf("what %s makes is not known before it runs", name).Hint("name the paths"))
	case l.makers[n].node == nil:
		c.fail(item.Errorf("%s makes nothing: it has no %s", name, productKey))
	case !comesAfter(root, m.node, n):
		c.fail(item.Errorf("%s does not come after %s", l.names[m.node], name).Hint("say so with _after, or put it behind"))
	default:
		return n
	}
	return nil
}

// comesAfter reports whether a task comes after another one.
func comesAfter(root, n, other *workflow.Node) bool {
	var at, before []int
	root.Walk(func(p workflow.Path) bool {
		switch p.Node() {
		case n:
			at = indexes(p)
		case other:
			before = indexes(p)
		}
		return true
	})
	group := root
	for depth := 0; depth < min(len(at), len(before)); depth++ {
		if at[depth] != before[depth] {
			return reaches(group, at[depth], before[depth])
		}
		group = group.Children[at[depth]]
	}
	return false
}

// indexes returns the places of the nodes of a path in their groups.
func indexes(p workflow.Path) []int {
	var list []int
	for i := 1; i < len(p.Nodes); i++ {
		list = append(list, slices.Index(p.Nodes[i-1].Children, p.Nodes[i]))
	}
	return list
}

// reaches reports whether a child of a group comes after another one, directly
// or not.
func reaches(group *workflow.Node, from, to int) bool {
	seen := make(map[int]bool)
	open := []int{from}
	for len(open) > 0 {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		for _, e := range group.Children[i].After {
			if e.From == to {
				return true
			}
			if !seen[e.From] {
				seen[e.From] = true
				open = append(open, e.From)
			}
		}
	}
	return false
}
