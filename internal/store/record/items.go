package record

import (
	"encoding/binary"

	"github.com/pawlhq/pawl/internal/engine"
)

// appendItems appends the counters of a collection: its list, its numbers, the items
// that are to be run again, and the first ones that failed.
func appendItems(dst []byte, c *engine.Items) []byte {
	dst = binary.AppendVarint(dst, int64(c.List))
	for _, n := range numbersOf(c) {
		dst = binary.AppendVarint(dst, *n)
	}
	dst = binary.AppendUvarint(dst, uint64(len(c.Again)))
	for _, index := range c.Again {
		dst = binary.AppendVarint(dst, index)
	}
	dst = binary.AppendUvarint(dst, uint64(len(c.First)))
	for i := range c.First {
		f := &c.First[i]
		dst = binary.AppendVarint(dst, f.Index)
		dst = appendString(appendString(dst, f.Key), f.Message)
	}
	return dst
}

// numbersOf are the numbers of a collection in the order in which they are stored.
func numbersOf(c *engine.Items) []*int64 {
	return []*int64{&c.Total, &c.Done, &c.Failed, &c.Cancelled, &c.Running, &c.Next, &c.Left}
}

func (r *reader) items() *engine.Items {
	c := &engine.Items{List: int32(r.int())}
	for _, n := range numbersOf(c) {
		*n = r.int()
	}
	for range r.count() {
		c.Again = append(c.Again, r.int())
	}
	for range r.count() {
		c.First = append(c.First, engine.FailedItem{Index: r.int(), Key: r.string(), Message: r.string()})
	}
	return c
}
