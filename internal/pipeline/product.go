package pipeline

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
)

// products reads the products of a task without a grid.
func (l *loader) products(d *draft, t *Task) {
	base := l.pipeline.Root
	if l.meta.relativeToSource && t.Source.Path != "" {
		base = filepath.Dir(t.Source.Path)
	}
	l.makeProducts(d, t, func(n *document.Node, p *Product) bool { return l.makeProduct(n, t, p, base) })
}

// makeProducts makes what a product, or a map or list of them, says.
func (l *loader) makeProducts(d *draft, t *Task, one func(*document.Node, *Product) bool) {
	kind := l.productClass(d, t.Class)
	if kind == "" {
		return
	}
	add := func(key string, n *document.Node) {
		p := Product{Key: key, Class: kind}
		if one(n, &p) {
			t.Products = append(t.Products, p)
		}
	}
	switch n := d.product; {
	case n.Kind() == document.Mapping:
		t.Keyed = true
		for _, e := range n.Entries() {
			add(e.Key, e.Value)
		}
		if len(n.Entries()) == 0 {
			l.fail(n.Errorf("the task has no product"))
		}
	case n.Kind() == document.List && isList(n, kind):
		t.Keyed = true
		for i, item := range n.Items() {
			add(strconv.Itoa(i), item)
		}
	default:
		add("", n)
	}
}

// isList tells a list of products from a relation, which is a list of texts.
func isList(n *document.Node, kind string) bool {
	items := n.Items()
	return len(items) > 0 && (!isRelation(kind) || items[0].Kind() == document.List)
}

func isRelation(class string) bool {
	return class != "File" && class != "GenericProduct"
}

// productClass returns the class of the products; "" after a fault.
func (l *loader) productClass(d *draft, name Class) string {
	kind, at := d.code.productClass, d.product
	switch {
	case kind != "":
	case d.productClass != nil && !d.productClass.IsNull():
		at = d.productClass
		if kind = l.productClassName(at); kind == "" {
			return ""
		}
	case l.meta.productClass[name] != "":
		kind = l.meta.productClass[name]
	case d.class.product != "":
		kind = d.class.product
	default:
		l.fail(d.at.Errorf("a task of the class %s needs a product_class", name).
			Hint("valid are %s", strings.Join(d.allowed(), ", ")))
		return ""
	}
	if !slices.Contains(d.allowed(), kind) {
		l.fail(at.Errorf("a task of the class %s can't make a %s", name, kind).
			Hint("valid are %s", strings.Join(d.allowed(), ", ")))
		return ""
	}
	return kind
}

func (d *draft) allowed() []string {
	if d.class.products == nil {
		return productClasses
	}
	return d.class.products
}

// makeProduct reads one product. It reports false after a fault.
func (l *loader) makeProduct(n *document.Node, t *Task, p *Product, base string) bool {
	if isRelation(p.Class) {
		ok := l.relation(n, p)
		if ok {
			p.Name, ok = l.filledIn(n, t, p.Name)
		}
		return ok
	}
	text, ok := n.Text()
	if !ok || text == "" {
		l.fail(n.Errorf("a %s must be a text, not %s", p.Class, n.What()))
		return false
	}
	if text, ok = l.filledIn(n, t, text); !ok {
		return false
	}
	p.Path = text
	if p.Class == "File" {
		p.Path = l.files.resolve(join(base, text))
	}
	if l.described && p.Path != text {
		p.Text = text
	}
	return true
}

// longestRelation is how long the name of a relation may be.
const longestRelation = 63

// relation reads [schema, name, kind] or [name, kind].
func (l *loader) relation(n *document.Node, p *Product) bool {
	items := n.Items()
	if n.Kind() != document.List || len(items) < 2 || len(items) > 3 {
		what := n.What()
		if n.Kind() == document.List {
			what = "a list of " + strconv.Itoa(len(items))
		}
		l.fail(n.Errorf("a %s must be a list [schema, name, kind] or [name, kind], not %s", p.Class, what).
			Hint("kind is table or view"))
		return false
	}
	if len(items) == 3 {
		if text, ok := items[0].Text(); ok {
			p.Schema = text
		} else if !items[0].IsNull() {
			l.fail(items[0].Errorf("a schema must be a text, not %s", items[0].What()))
			return false
		}
		items = items[1:]
	}
	var ok bool
	if p.Name, ok = l.text(items[0], "the name of a relation"); !ok {
		return false
	}
	if p.Kind, _ = items[1].Text(); p.Kind != "table" && p.Kind != "view" {
		l.fail(items[1].Errorf("the kind of a relation must be table or view, not %s", items[1].What()))
		return false
	}
	return l.checkLength(n, p)
}

func (l *loader) checkLength(n *document.Node, p *Product) bool {
	if length := len([]rune(p.Name)); length > longestRelation {
		l.fail(n.Errorf("the name %q has %d characters, the limit is %d", p.Name, length, longestRelation))
		return false
	}
	return true
}

// identity is equal for products that are the same thing.
func (p Product) identity() Product {
	p.Key = ""
	p.Text = ""
	if p.Class == "File" {
		p.Schema, p.Name, p.Kind = "", "", ""
	}
	return p
}

// checkProducts refuses products that two tasks make, and names that two have.
func (l *loader) checkProducts() {
	names := make(map[string]*Task, len(l.pipeline.Tasks))
	products := make(map[Product]*Task, len(l.pipeline.Tasks))
	for _, d := range l.drafts {
		for _, t := range d.tasks {
			if other := names[t.Name]; other != nil && t.Name != "" {
				l.fail(d.at.Errorf("two tasks have the name %q, the other one is in line %d", t.Name, other.Pos.Line).
					Hint("give one of them another name"))
			}
			names[t.Name] = t
			for _, p := range t.Products {
				id := p.identity()
				if other := products[id]; other != nil && other != t {
					l.fail(d.at.Errorf("the tasks %q and %q have the same product %s", other.Name, t.Name, p))
				}
				products[id] = t
			}
		}
	}
}
