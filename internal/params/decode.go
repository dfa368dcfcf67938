package params

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// binaryDepth is more than any sequence of merges is likely to nest.
const binaryDepth = 10 * maxDepth

var errTruncated = errors.New("binary value is cut short")

// DecodeBinary reads the value that b starts with and returns what follows it.
// Any input is safe: it uses memory in proportion to b and nests at most 10,000
// levels deep. The value does not refer to b.
func DecodeBinary(b []byte) (v Value, rest []byte, err error) {
	d := Decoder{raw: b, free: len(b)}
	v, end, err := d.Value(0)
	return v, b[end:], err
}

// Decoder reads values out of a text that holds many of them, such as all
// parameters of a workflow, with the promises of DecodeBinary. It is quicker,
// because the values share memory with each other and with a copy of the text:
// as long as one is in use, all may be kept.
type Decoder struct {
	raw  []byte
	text string // the same as raw if values share memory, else empty
	pos  int    // in raw, of what comes next
	free int    // bytes that no count has claimed yet
	err  error  // the first one; after it all values are null

	entries slab[entry]
	marks   slab[uint16]
	roots   slab[root]
	values  slab[Value]
	boxes   [64]Value // short strings that were read, each where box looks for it
}

// NewDecoder returns a decoder of values in b.
func NewDecoder(b []byte) *Decoder {
	return &Decoder{raw: b, text: string(b), free: len(b)}
}

// Text returns what is between two offsets.
func (d *Decoder) Text(from, to int) string { return d.text[from:to] }

// Value reads the value at an offset and returns the offset of what follows it.
// No byte may be read twice.
func (d *Decoder) Value(at int) (v Value, end int, err error) {
	d.pos = at
	if v = d.value(binaryDepth); d.err != nil {
		return nil, len(d.raw), d.err
	}
	return v, d.pos, nil
}

// fail ends the reading: nothing is left, so that no loop goes on for long.
func (d *Decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.pos = len(d.raw)
}

func (d *Decoder) value(depth int) Value {
	if depth < 0 {
		d.fail(fmt.Errorf("binary value is nested deeper than %d levels", binaryDepth))
		return nil
	}
	if d.pos == len(d.raw) {
		d.fail(errTruncated)
		return nil
	}
	kind := d.raw[d.pos]
	d.pos++
	switch kind {
	case binaryNull:
		return nil
	case binaryFalse:
		return false
	case binaryTrue:
		return true
	case binaryInt:
		u := d.uint()
		return int64(u>>1) ^ -int64(u&1) // as binary.Varint
	case binaryFloat:
		return d.float()
	case binaryNumber:
		return d.number()
	case binaryString:
		return d.box(d.string())
	case binaryList:
		return d.list(depth)
	case binaryMap:
		return d.mapping(depth)
	}
	d.fail(fmt.Errorf("binary value has unknown kind %d", kind))
	return nil
}

func (d *Decoder) float() Value {
	if len(d.raw)-d.pos < 8 {
		d.fail(errTruncated)
		return nil
	}
	v, err := From(math.Float64frombits(binary.LittleEndian.Uint64(d.raw[d.pos:])))
	if err != nil {
		d.fail(err)
		return nil
	}
	d.pos += 8
	return v
}

func (d *Decoder) number() Value {
	digits := d.string()
	v, err := parseNumber(digits)
	if _, ok := v.(json.Number); !ok || err != nil {
		d.fail(fmt.Errorf("binary value has %q for a large integer", digits))
		return nil
	}
	return v
}

func (d *Decoder) list(depth int) Value {
	count := d.count(1)
	list := d.values.cut(d.share(count))
	for i := range list {
		if list[i] = d.value(depth - 1); d.err != nil {
			return nil
		}
	}
	return list
}

func (d *Decoder) mapping(depth int) Value {
	count := d.count(2)
	if count == 0 {
		return Map{}
	}
	b := builder{
		entries: d.entries.cut(d.share(count))[:0],
		marks:   d.marks.cut(d.share((count + blockSize - 1) / blockSize))[:0],
	}
	for range count {
		key := d.string()
		v := d.value(depth - 1)
		if d.err != nil {
			return nil
		}
		b.add(key, v)
	}
	return b.buildIn(&d.roots.cut(d.share(1))[0])
}

func (d *Decoder) string() string {
	n := d.count(1)
	start := d.pos
	if n > len(d.raw)-start {
		d.fail(errTruncated)
		return ""
	}
	d.pos += n
	if d.text == "" {
		return string(d.raw[start:d.pos])
	}
	return d.text[start:d.pos]
}

// box returns s as a value. Short strings that repeat, such as the types of
// tasks, share one.
func (d *Decoder) box(s string) Value {
	if d.text == "" || s == "" || len(s) > 16 {
		return s
	}
	i := (uint(s[0]) + 7*uint(s[len(s)-1]) + 31*uint(len(s))) % uint(len(d.boxes))
	if d.boxes[i] != Value(s) {
		d.boxes[i] = s
	}
	return d.boxes[i]
}

func (d *Decoder) uint() uint64 {
	if d.pos < len(d.raw) && d.raw[d.pos] < 0x80 { // nearly all are that small
		d.pos++
		return uint64(d.raw[d.pos-1])
	}
	u, n := binary.Uvarint(d.raw[d.pos:])
	if n <= 0 {
		d.fail(errTruncated)
		return 0
	}
	d.pos += n
	return u
}

// count reads the number of things that take at least size bytes each and
// claims these bytes. As no byte is claimed twice, wrong counts cannot ask for
// more memory than the input as a whole justifies.
func (d *Decoder) count(size int) int {
	count := d.uint()
	if count > uint64(d.free/size) {
		d.fail(errTruncated)
		return 0
	}
	d.free -= int(count) * size
	return int(count)
}

// share returns n and how many elements to allocate when a slab is used up.
func (d *Decoder) share(n int) (int, int) {
	return n, min(len(d.text)/16, slabSize)
}

// slab is memory to cut slices from.
type slab[T any] []T

const slabSize = 256

// cut returns n zero elements. If there are not enough it allocates size of
// them for this and later slices, or just n if that is a large part of size.
func (s *slab[T]) cut(n, size int) []T {
	if n > len(*s) {
		if n > size/4 {
			return make([]T, n)
		}
		*s = make([]T, size)
	}
	out := (*s)[:n:n]
	*s = (*s)[n:]
	return out
}
