package record

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// The form of a growth is the version, the set of the parts that are not
// empty as a byte, and these parts in order of their bits. Attempt, First,
// Parent and Kind are not in it: they identify the growth.
const (
	growthNode     = 1 << iota // length and bytes of the node's own form
	growthExport               // map
	growthItems                // list
	growthReplaces             // varint
	growthListed               // list as varint; for each item: index as varint, key, value

	growthEnd
)

// Growth returns the form of g.
func Growth(g *engine.Growth) []byte {
	set := parts(g.Node != nil, g.Export.Len() > 0, len(g.Items) > 0, g.Replaces != 0, len(g.Listed) > 0)
	dst := []byte{version, byte(set)}
	dst = appendNode(dst, g.Node)
	dst = appendPart(dst, g.Export)
	if len(g.Items) > 0 {
		dst = params.AppendBinary(dst, g.Items)
	}
	dst = appendInt(dst, g.Replaces)
	if len(g.Listed) > 0 {
		dst = binary.AppendVarint(dst, int64(g.List))
		dst = binary.AppendUvarint(dst, uint64(len(g.Listed)))
		for i := range g.Listed {
			item := &g.Listed[i]
			dst = binary.AppendVarint(dst, item.Index)
			dst = params.AppendBinary(appendString(dst, item.Key), item.Value)
		}
	}
	return dst
}

// appendNode appends a tree, if there is one.
func appendNode(dst []byte, n *workflow.Node) []byte {
	if n == nil {
		return dst
	}
	node := n.AppendBinary(nil)
	return append(binary.AppendUvarint(dst, uint64(len(node))), node...)
}

// DecodeGrowth reads what Growth returned into g, whose identity is set.
func DecodeGrowth(b []byte, g *engine.Growth) error {
	r := newReader(b)
	set := r.byte()
	if set >= growthEnd {
		r.fail(errPart)
	}
	if set&growthNode != 0 {
		g.Node = r.node()
	}
	if set&growthExport != 0 {
		g.Export = r.mapping()
	}
	if set&growthItems != 0 {
		g.Items = r.list()
	}
	if set&growthReplaces != 0 {
		g.Replaces = model.TaskID(r.int())
	}
	if set&growthListed != 0 {
		g.List = int32(r.int())
		if g.Listed = make([]engine.Item, r.count()); len(g.Listed) == 0 {
			r.fail(errNoItems)
		}
		for i := range g.Listed {
			g.Listed[i] = engine.Item{Index: r.int(), Key: r.string(), Value: r.value()}
		}
	}
	return r.finish("growth of an attempt")
}

// errNoItems refuses what nobody writes: a page without items has no list.
var errNoItems = errors.New("it has a page of no items")

func (r *reader) list() []params.Value {
	v := r.value()
	list, ok := v.([]params.Value)
	if !ok {
		r.fail(fmt.Errorf("it has a %T for a list", v))
	}
	return list
}

func (r *reader) node() *workflow.Node {
	b := r.bytes()
	if r.err != nil {
		return nil
	}
	n, err := workflow.DecodeNode(b)
	if err == nil {
		err = n.Finish()
	}
	if err != nil {
		r.fail(err)
	}
	return n
}
