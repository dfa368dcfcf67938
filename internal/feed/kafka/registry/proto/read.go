package proto

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// Bounds of what a message may hold: it is not to be believed how many values
// there are, nor how deep they are nested.
const (
	maxValues = 1 << 20
	maxDepth  = 100
)

// Types on the wire.
const (
	wireVarint = iota
	wireFixed64
	wireBytes
	wireGroup
	wireEnd
	wireFixed32
)

var errTooMuch = errors.New("it holds too many values, or too deep ones")

// Decode reads a message. It becomes a map in the order of the schema, in which
// what has no presence is always there. Bytes become base64, enums their names, and
// well-known types what they are in JSON; integers are numbers, however long.
func (m *Message) Decode(data []byte) (params.Value, error) {
	r := &reading{left: maxValues}
	return r.message(m, data, maxDepth)
}

// reading is a message on its way to a value.
type reading struct{ left int }

// count counts a value, of which there may be so many.
func (r *reading) count() error {
	if r.left--; r.left < 0 {
		return errTooMuch
	}
	return nil
}

// found is what a message has of a field: values, or the bytes of messages.
type found struct {
	values []params.Value
	bytes  [][]byte
}

func (r *reading) message(m *Message, data []byte, depth int) (params.Value, error) {
	if depth == 0 {
		return nil, errTooMuch
	}
	has := make(map[*field]*found)
	for len(data) > 0 {
		number, wire, rest, err := tag(data)
		if err != nil {
			return nil, err
		}
		raw, after, err := chunk(number, wire, rest, depth)
		if err != nil {
			return nil, err
		}
		data = after
		f := m.number[number]
		if f == nil {
			continue
		}
		if err := r.collect(f, wire, raw, has); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", m.name, f.name, err)
		}
	}
	return r.whole(m, has, depth)
}

// collect notes what there is of a field. What is not of its type is passed over,
// as if the field were not known.
func (r *reading) collect(f *field, wire int, raw []byte, has map[*field]*found) error {
	if err := r.count(); err != nil {
		return err
	}
	of := has[f]
	if of == nil {
		of = &found{}
	}
	switch {
	case f.kind == kindMessage:
		if wire != wireBytes && wire != wireGroup {
			return nil
		}
		of.bytes = append(of.bytes, raw)
	case wire == f.wire():
		v, _, err := f.scalar(raw)
		if err != nil {
			return err
		}
		if !f.repeated {
			of.values = nil // the last counts
		}
		of.values = append(of.values, v)
	case wire == wireBytes && f.repeated:
		for len(raw) > 0 {
			v, rest, err := f.scalar(raw)
			if err = cmp.Or(err, r.count()); err != nil {
				return err
			}
			of.values = append(of.values, v)
			raw = rest
		}
	default:
		return nil
	}
	if f.oneof != "" {
		for other := range has {
			if other.oneof == f.oneof && other != f {
				delete(has, other)
			}
		}
	}
	has[f] = of
	return nil
}

// whole makes the value of a message of what it has.
func (r *reading) whole(m *Message, has map[*field]*found, depth int) (params.Value, error) {
	var of params.Map
	for _, f := range m.fields {
		there := has[f]
		if there == nil && (f.presence && !f.repeated) {
			continue
		}
		if there == nil { // collect has not counted it
			if err := r.count(); err != nil {
				return nil, err
			}
			there = &found{}
		}
		v, err := r.field(f, there, depth)
		if err != nil {
			return nil, err
		}
		of = of.Set(f.name, v)
	}
	if special := specialOf(m.name); special.read != nil {
		v, err := special.read(r, m, of, depth)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		return v, nil
	}
	return of, nil
}

func (r *reading) field(f *field, of *found, depth int) (params.Value, error) {
	switch {
	case f.kind != kindMessage && f.repeated:
		return append([]params.Value{}, of.values...), nil
	case f.kind != kindMessage && len(of.values) == 0:
		return f.zero(), nil
	case f.kind != kindMessage:
		return of.values[0], nil
	case f.message.entry:
		return r.mapping(f.message, of.bytes, depth)
	case f.repeated:
		list := make([]params.Value, len(of.bytes))
		for i, raw := range of.bytes {
			v, err := r.message(f.message, raw, depth-1)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}
	var all []byte // what comes twice is one message
	for _, raw := range of.bytes {
		all = append(all, raw...)
	}
	return r.message(f.message, all, depth-1)
}

func (r *reading) mapping(entry *Message, list [][]byte, depth int) (params.Value, error) {
	var m params.Map
	for _, raw := range list {
		v, err := r.message(entry, raw, depth-1)
		if err != nil {
			return nil, err
		}
		of := v.(params.Map)
		key, ok := of.Get("key")
		if !ok {
			key = entry.fields[0].zero()
		}
		text, _ := params.ToString(key) // it is a scalar
		value, ok := of.Get("value")
		if !ok {
			if value, err = r.empty(entry.fields[1], depth); err != nil {
				return nil, err
			}
		}
		m = m.Set(text, value)
	}
	return m, nil
}

// empty is the value of a field of an entry that is not there.
func (r *reading) empty(f *field, depth int) (params.Value, error) {
	if err := r.count(); err != nil {
		return nil, err
	}
	if f.kind == kindMessage {
		return r.message(f.message, nil, depth-1)
	}
	return f.zero(), nil
}

// tag reads which field comes, and how it is written.
func tag(data []byte) (number int32, wire int, rest []byte, err error) {
	n, size := binary.Uvarint(data)
	if size <= 0 || n>>3 == 0 || n>>3 > 1<<29-1 {
		return 0, 0, nil, errors.New("a field has no number")
	}
	return int32(n >> 3), int(n & 7), data[size:], nil
}

// chunk splits what there is of a field from the rest. Of bytes and groups it is the
// content.
func chunk(number int32, wire int, data []byte, depth int) (raw, rest []byte, err error) {
	size := 0
	switch wire {
	case wireVarint:
		_, size = binary.Uvarint(data)
	case wireFixed64:
		size = 8
	case wireFixed32:
		size = 4
	case wireBytes:
		n, head := binary.Uvarint(data)
		if head <= 0 || n > uint64(len(data)-head) {
			return nil, nil, io.ErrUnexpectedEOF
		}
		data, size = data[head:], int(n)
		return data[:size], data[size:], nil
	case wireGroup:
		return group(number, data, depth)
	default:
		return nil, nil, fmt.Errorf("field %d has the unknown type %d", number, wire)
	}
	if size <= 0 || size > len(data) {
		return nil, nil, io.ErrUnexpectedEOF
	}
	return data[:size], data[size:], nil
}

// group splits a group from what comes after its end.
func group(number int32, data []byte, depth int) (raw, rest []byte, err error) {
	if depth == 0 {
		return nil, nil, errTooMuch
	}
	for rest = data; ; {
		n, wire, after, err := tag(rest)
		if err != nil {
			return nil, nil, err
		}
		if wire == wireEnd {
			if n != number {
				return nil, nil, fmt.Errorf("group %d has the end of group %d", number, n)
			}
			return data[:len(data)-len(rest)], after, nil
		}
		if _, rest, err = chunk(n, wire, after, depth-1); err != nil {
			return nil, nil, err
		}
	}
}

// wire is how a field is written that is no message.
func (f *field) wire() int {
	switch f.kind {
	case kindDouble, kindFixed64, kindSfixed64:
		return wireFixed64
	case kindFloat, kindFixed32, kindSfixed32:
		return wireFixed32
	case kindString, kindBytes:
		return wireBytes
	}
	return wireVarint
}

// zero is the value of a field that is not there.
func (f *field) zero() params.Value {
	switch f.kind {
	case kindMessage:
		return nil
	case kindEnum:
		return f.enum.text(0)
	case kindBool:
		return false
	case kindString, kindBytes:
		return ""
	case kindDouble, kindFloat:
		return 0.0
	}
	return int64(0)
}

// text is the name of a number, or itself if it has none.
func (e *enum) text(n int32) params.Value {
	if name, ok := e.names[n]; ok {
		return name
	}
	return int64(n)
}

// scalar reads one value, and returns what comes after it.
func (f *field) scalar(raw []byte) (params.Value, []byte, error) {
	switch f.wire() {
	case wireBytes:
		if f.kind == kindBytes {
			return base64.StdEncoding.EncodeToString(raw), nil, nil
		}
		if !utf8.Valid(raw) {
			return nil, nil, errors.New("it is not valid UTF-8")
		}
		return string(raw), nil, nil
	case wireFixed64:
		if len(raw) < 8 {
			return nil, nil, io.ErrUnexpectedEOF
		}
		return f.fixed(binary.LittleEndian.Uint64(raw)), raw[8:], nil
	case wireFixed32:
		if len(raw) < 4 {
			return nil, nil, io.ErrUnexpectedEOF
		}
		return f.fixed(uint64(binary.LittleEndian.Uint32(raw))), raw[4:], nil
	}
	n, size := binary.Uvarint(raw)
	if size <= 0 {
		return nil, nil, io.ErrUnexpectedEOF
	}
	return f.varint(n), raw[size:], nil
}

func (f *field) fixed(n uint64) params.Value {
	switch f.kind {
	case kindDouble:
		return fromFloat(math.Float64frombits(n))
	case kindFloat:
		short := strconv.FormatFloat(float64(math.Float32frombits(uint32(n))), 'g', -1, 32)
		of, _ := strconv.ParseFloat(short, 64) // it was one
		return fromFloat(of)
	case kindSfixed32:
		return int64(int32(n))
	case kindSfixed64:
		return int64(n)
	}
	return fromUnsigned(n)
}

func (f *field) varint(n uint64) params.Value {
	switch f.kind {
	case kindInt32:
		return int64(int32(n))
	case kindInt64:
		return int64(n)
	case kindUint32:
		return int64(uint32(n))
	case kindSint32:
		return int64(int32(uint32(n)>>1) ^ -int32(n&1))
	case kindSint64:
		return int64(n>>1) ^ -int64(n&1)
	case kindBool:
		return n != 0
	case kindEnum:
		return f.enum.text(int32(n))
	}
	return fromUnsigned(n)
}

func fromUnsigned(n uint64) params.Value {
	if n > math.MaxInt64 {
		return json.Number(strconv.FormatUint(n, 10))
	}
	return int64(n)
}

// fromFloat returns a number, or a text for what JSON has no number for.
func fromFloat(n float64) params.Value {
	switch {
	case math.IsNaN(n):
		return "NaN"
	case math.IsInf(n, 1):
		return "Infinity"
	case math.IsInf(n, -1):
		return "-Infinity"
	}
	return n
}
