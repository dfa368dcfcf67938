package pipeline

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/template"
)

// productValue is a product in a template.
type productValue struct{ product Product }

// String returns the path or the name of the relation.
func (v productValue) String() string { return v.product.String() }

// Kind is what messages call it.
func (v productValue) Kind() string { return "Product" }

// Item returns an attribute of the product.
func (v productValue) Item(key any) (any, bool) {
	if !isRelation(v.product.Class) {
		return nil, false
	}
	switch key {
	case "name":
		return v.product.Name, true
	case "schema":
		if v.product.Schema == "" {
			return nil, true
		}
		return v.product.Schema, true
	case "kind":
		return v.product.Kind, true
	}
	return nil, false
}

// productsValue is a map or list of products in a template. A loop runs through
// the products, not the keys.
type productsValue []Product

// newProductsValue returns what a template sees as the product of a task.
func newProductsValue(t *Task) any {
	if !t.Keyed && len(t.Products) == 1 {
		return productValue{t.Products[0]}
	}
	return productsValue(t.Products)
}

// String returns the products as Python prints a map of them.
func (v productsValue) String() string {
	parts := make([]string, len(v))
	for i, p := range v {
		parts[i] = "'" + p.Key + "': " + p.String()
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// Kind is what messages call it.
func (v productsValue) Kind() string { return "Products" }

// Item returns the product with a key.
func (v productsValue) Item(key any) (any, bool) {
	if i, ok := key.(int64); ok && i >= 0 && i < int64(len(v)) {
		return productValue{v[i]}, true
	}
	for _, p := range v {
		if p.Key == key {
			return productValue{p}, true
		}
	}
	return nil, false
}

// Elements returns the products.
func (v productsValue) Elements() []any {
	list := make([]any, len(v))
	for i, p := range v {
		list[i] = productValue{p}
	}
	return list
}

// upstreamValue is the products of what a task comes after, by name, and those
// that a pattern found below that. It notes what is used.
type upstreamValue struct {
	names    []string
	products map[string]any
	used     map[string]bool
}

func newUpstreamValue(t *Task, tasks map[string]*Task) *upstreamValue {
	v := &upstreamValue{products: map[string]any{}, used: map[string]bool{}}
	for _, up := range t.Upstream {
		product := newProductsValue(tasks[up.Task])
		if up.Group == "" {
			v.add(up.Task, product)
			continue
		}
		group, ok := v.products[up.Group].(*group)
		if !ok {
			group = newGroup()
			v.add(up.Group, group)
		}
		group.add(up.Task, product)
	}
	return v
}

func (v *upstreamValue) add(name string, product any) {
	v.names = append(v.names, name)
	v.products[name] = product
}

// Kind is what messages call it.
func (v *upstreamValue) Kind() string { return "Upstream" }

// Item returns the product of a task, or those that a pattern found.
func (v *upstreamValue) Item(key any) (any, bool) {
	name, ok := key.(string)
	if !ok {
		return nil, false
	}
	if product, ok := v.products[name]; ok {
		v.used[name] = true
		return product, true
	}
	if name == "first" && len(v.names) == 1 {
		return v.Item(v.names[0])
	}
	return nil, false
}

// Elements returns the names.
func (v *upstreamValue) Elements() []any { return texts(v.names) }

// untouched returns the names that nobody asked for.
func (v *upstreamValue) untouched() []string {
	var names []string
	for _, name := range v.names {
		if !v.used[name] {
			names = append(names, name)
		}
	}
	return names
}

func texts(names []string) []any {
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = name
	}
	return list
}

// group is what a pattern found.
type group struct {
	names    []string
	products map[string]any
}

func newGroup() *group { return &group{products: map[string]any{}} }

func (g *group) add(name string, product any) {
	g.names = append(g.names, name)
	g.products[name] = product
}

// Kind is what messages call it.
func (g *group) Kind() string { return "Upstream" }

// Item returns the product of a task.
func (g *group) Item(key any) (any, bool) {
	name, ok := key.(string)
	product, found := g.products[name]
	return product, ok && found
}

// Elements returns the names.
func (g *group) Elements() []any { return texts(g.names) }

// String returns the products as Python prints a map of them.
func (g *group) String() string { return printed(g.names, g.products) }

// String returns the products as Python prints a map of them.
func (v *upstreamValue) String() string { return printed(v.names, v.products) }

func printed(names []string, products map[string]any) string {
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = fmt.Sprintf("'%s': %v", name, products[name])
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

var (
	_ template.Attributes = productValue{}
	_ template.Attributes = productsValue{}
	_ template.Sequence   = productsValue{}
	_ template.Attributes = (*upstreamValue)(nil)
	_ template.Sequence   = (*upstreamValue)(nil)
	_ template.Attributes = (*group)(nil)
	_ template.Sequence   = (*group)(nil)
)
