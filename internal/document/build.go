package document

import (
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"go.yaml.in/yaml/v4"
)

// builder turns the library's tree into ours.
type builder struct {
	format  Format
	file    *file
	anchors map[*yaml.Node]*Node // nil while the anchored node is being built
	slab    []Node               // not yet used
	spent   int                  // nodes built, and used again by aliases and the like
	errs    Errors
}

func (b *builder) at(y *yaml.Node) place {
	return place{file: b.file, line: int32(y.Line), column: int32(y.Column)}
}

func (b *builder) fail(e *Error) { b.errs.Add(e) }

// spend tells whether count more nodes may be used. They are what small files
// can expand to large ones by.
func (b *builder) spend(at place, count int) bool {
	limit := b.format.Limits.Nodes
	within := b.spent <= limit
	if b.spent += count; b.spent <= limit {
		return true
	}
	if within {
		b.fail(at.Errorf("the document has more than %d parts", limit).
			Hint("aliases and included files count wherever they are used"))
	}
	b.spent = limit + 1
	return false
}

func (b *builder) newNode(y *yaml.Node, kind Kind) *Node {
	if len(b.slab) == 0 {
		b.slab = make([]Node, 128)
	}
	n := &b.slab[0]
	b.slab = b.slab[1:]
	n.place, n.kind, n.size = b.at(y), kind, 1
	b.spend(n.place, 1)
	return n
}

func (b *builder) node(y *yaml.Node) *Node {
	if y.Kind == yaml.AliasNode {
		return b.alias(y)
	}
	if y.Anchor == "" {
		return b.fresh(y)
	}
	if b.anchors == nil {
		b.anchors = map[*yaml.Node]*Node{}
	}
	b.anchors[y] = nil
	n := b.fresh(y)
	b.anchors[y] = n
	return n
}

// alias returns the node behind an alias. An anchor comes before its aliases,
// so it is built, or being built around this one.
func (b *builder) alias(y *yaml.Node) *Node {
	n := b.anchors[y.Alias]
	if n == nil {
		b.fail(b.at(y).Errorf("the anchor %q contains itself", y.Value))
		return b.newNode(y, Scalar)
	}
	if !b.spend(b.at(y), int(n.size)) {
		return b.newNode(y, Scalar)
	}
	return n
}

func (b *builder) fresh(y *yaml.Node) *Node {
	switch y.Kind {
	case yaml.SequenceNode:
		return b.list(y)
	case yaml.MappingNode:
		return b.mapping(y)
	}
	n := b.newNode(y, Scalar)
	v, ok := b.scalar(y)
	if !ok {
		v = y.Value
	}
	n.value = v
	n.plain = y.Style&(yaml.TaggedStyle|quoted) == 0 && y.Tag != "!"
	return n
}

func (b *builder) list(y *yaml.Node) *Node {
	b.checkTag(y, "!!seq")
	n := b.newNode(y, List)
	n.items = make([]*Node, len(y.Content))
	for i, c := range y.Content {
		n.items[i] = b.node(c)
		b.grow(n, n.items[i])
	}
	return n
}

// grow counts child as part of n.
func (b *builder) grow(n, child *Node) {
	n.size += child.size
	if n.height > child.height {
		return
	}
	limit := b.format.Limits.Depth
	if n.height = child.height + 1; int(n.height) == limit+1 {
		b.fail(n.Errorf("%v", errTooDeep(limit)))
	}
}

// quoted are the styles of scalars that are texts.
const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// scalar returns what the scalar means, by its tag, its quotes or the dialect,
// or false if that is its text.
func (b *builder) scalar(y *yaml.Node) (v params.Value, ok bool) {
	switch {
	case y.Style&yaml.TaggedStyle != 0:
		return b.tagged(y), true
	case y.Style&quoted != 0 || y.Tag == "!":
		return nil, false
	}
	return b.format.Scalars(y.Value)
}

func (b *builder) tagged(y *yaml.Node) params.Value {
	plain, ok := b.format.Scalars(y.Value)
	if !ok {
		plain = y.Value
	}
	switch y.Tag {
	case "!!str":
		return y.Value
	case "!!int":
		if i, ok := params.ToInt(plain); ok {
			return i
		}
	case "!!float":
		if f, ok := params.ToFloat(plain); ok {
			return f
		}
	case "!!bool":
		if v, ok := plain.(bool); ok {
			return v
		}
	case "!!null":
		if plain == nil {
			return nil
		}
	default:
		b.unknownTag(y)
		return nil
	}
	b.fail(b.at(y).Errorf("%q is no value of type %s", y.Value, y.Tag))
	return nil
}

func (b *builder) checkTag(y *yaml.Node, want string) {
	if y.Style&yaml.TaggedStyle != 0 && y.Tag != want {
		b.unknownTag(y)
	}
}

func (b *builder) unknownTag(y *yaml.Node) {
	hint := ""
	switch {
	case y.Tag == includeTag:
		hint = "the tag is a key of its own: '!include : FILE', with a blank before the colon"
	case strings.HasPrefix(y.Tag, includeTag):
		hint = includeHint
	case y.Kind == yaml.ScalarNode:
		hint = startHint('!')
	}
	b.fail(b.at(y).Errorf("unknown tag %q", y.Tag).Hint("%s", hint))
}
