package params

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// The binary form of a value is a kind byte followed by its content. Lengths
// and counts are uvarints. These numbers are stored: never reuse one.
const (
	binaryNull   = 0
	binaryFalse  = 1
	binaryTrue   = 2
	binaryInt    = 3 // varint
	binaryFloat  = 4 // 8 bytes, little endian
	binaryNumber = 5 // length, decimal digits
	binaryString = 6 // length, bytes
	binaryList   = 7 // count, values
	binaryMap    = 8 // count, entries: length and bytes of the key, value
)

// binaryDepth is more than any sequence of merges is likely to nest.
const binaryDepth = 10 * maxDepth

var errTruncated = errors.New("binary value is cut short")

// AppendBinary appends the compact form of v that DecodeBinary reads.
func AppendBinary(dst []byte, v Value) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, binaryNull)
	case bool:
		if v {
			return append(dst, binaryTrue)
		}
		return append(dst, binaryFalse)
	case int64:
		return binary.AppendVarint(append(dst, binaryInt), v)
	case float64:
		return binary.LittleEndian.AppendUint64(append(dst, binaryFloat), math.Float64bits(v))
	case json.Number:
		return appendBytes(append(dst, binaryNumber), string(v))
	case string:
		return appendBytes(append(dst, binaryString), v)
	case []Value:
		dst = binary.AppendUvarint(append(dst, binaryList), uint64(len(v)))
		for _, e := range v {
			dst = AppendBinary(dst, e)
		}
		return dst
	case Map:
		dst = binary.AppendUvarint(append(dst, binaryMap), uint64(v.Len()))
		for k, e := range v.All() {
			dst = AppendBinary(appendBytes(dst, k), e)
		}
		return dst
	}
	panic(foreign(v))
}

func appendBytes(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// DecodeBinary reads the value that b starts with and returns what follows it.
// Any input is safe: it uses memory in proportion to b and nests at most 10,000
// levels deep. The value does not refer to b.
func DecodeBinary(b []byte) (v Value, rest []byte, err error) {
	d := decoder{rest: b, free: len(b)}
	if v, err = d.value(binaryDepth); err != nil {
		return nil, nil, err
	}
	return v, d.rest, nil
}

type decoder struct {
	rest []byte
	free int // bytes that no count has claimed yet
}

func (d *decoder) value(depth int) (Value, error) {
	if depth < 0 {
		return nil, fmt.Errorf("binary value is nested deeper than %d levels", binaryDepth)
	}
	kind, err := d.bytes(1)
	if err != nil {
		return nil, err
	}
	switch kind[0] {
	case binaryNull:
		return nil, nil
	case binaryFalse:
		return false, nil
	case binaryTrue:
		return true, nil
	case binaryInt:
		return d.int()
	case binaryFloat:
		return d.float()
	case binaryNumber:
		return d.number()
	case binaryString:
		return d.string()
	case binaryList:
		return d.list(depth)
	case binaryMap:
		return d.mapping(depth)
	}
	return nil, fmt.Errorf("binary value has unknown kind %d", kind[0])
}

func (d *decoder) int() (Value, error) {
	i, n := binary.Varint(d.rest)
	if n <= 0 {
		return nil, errTruncated
	}
	d.rest = d.rest[n:]
	return i, nil
}

func (d *decoder) float() (Value, error) {
	b, err := d.bytes(8)
	if err != nil {
		return nil, err
	}
	return From(math.Float64frombits(binary.LittleEndian.Uint64(b)))
}

func (d *decoder) number() (Value, error) {
	digits, err := d.string()
	if err != nil {
		return nil, err
	}
	v, err := parseNumber(digits)
	if _, ok := v.(json.Number); !ok || err != nil {
		return nil, fmt.Errorf("binary value has %q for a large integer", digits)
	}
	return v, nil
}

func (d *decoder) list(depth int) (Value, error) {
	count, err := d.count(1)
	if err != nil {
		return nil, err
	}
	list := make([]Value, count)
	for i := range list {
		if list[i], err = d.value(depth - 1); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (d *decoder) mapping(depth int) (Value, error) {
	count, err := d.count(2)
	if err != nil {
		return nil, err
	}
	b := newBuilder(count)
	for range count {
		key, err := d.string()
		if err != nil {
			return nil, err
		}
		v, err := d.value(depth - 1)
		if err != nil {
			return nil, err
		}
		b.add(key, v)
	}
	return b.build(), nil
}

func (d *decoder) string() (string, error) {
	n, err := d.count(1)
	if err != nil {
		return "", err
	}
	b, err := d.bytes(n)
	return string(b), err
}

// count reads the number of things that take at least size bytes each and
// claims these bytes. As no byte is claimed twice, wrong counts cannot ask for
// more memory than the input as a whole justifies.
func (d *decoder) count(size int) (int, error) {
	count, n := binary.Uvarint(d.rest)
	if n <= 0 || count > uint64(d.free/size) {
		return 0, errTruncated
	}
	d.rest = d.rest[n:]
	d.free -= int(count) * size
	return int(count), nil
}

func (d *decoder) bytes(n int) ([]byte, error) {
	if n > len(d.rest) {
		return nil, errTruncated
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b, nil
}
