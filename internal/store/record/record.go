// Package record is the binary form of the parts of a row that stores keep
// as blobs: parameters, lists of strings, definitions, the details of tasks,
// growths, chunks of events and commands.
//
// Each form starts with a byte that is its version. What was ever written
// stays readable: a change of a form takes the next version, and the kinds,
// states and flags of the engine keep their numbers. The package knows
// nothing of databases.
package record

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// version is that of all forms so far.
const version = 1

// Map returns the form of m as a value, or nil for an empty map.
func Map(m params.Map) []byte {
	if m.Len() == 0 {
		return nil
	}
	return Value(m)
}

// DecodeMap reads what Map returned.
func DecodeMap(b []byte) (params.Map, error) {
	if len(b) == 0 {
		return params.Map{}, nil
	}
	r := newReader(b)
	m := r.mapping()
	return m, r.finish("parameters")
}

// Value returns the form of v: the version and the value.
func Value(v params.Value) []byte { return params.AppendBinary([]byte{version}, v) }

// Entry returns what the form of a map has, anywhere, if v is under the key k in
// it, or in a map within it.
func Entry(k string, v params.Value) []byte { return params.AppendBinary(appendString(nil, k), v) }

// DecodeValue reads what Value returned.
func DecodeValue(b []byte) (params.Value, error) {
	r := newReader(b)
	v := r.value()
	return v, r.finish("value")
}

// Strings returns the form of a list of strings.
func Strings(list []string) []byte { return appendStrings([]byte{version}, list) }

// DecodeStrings reads what Strings returned.
func DecodeStrings(b []byte) ([]string, error) {
	r := newReader(b)
	list := r.strings()
	return list, r.finish("strings")
}

// Definition returns the form of a definition, which is its own.
func Definition(w *workflow.Workflow) []byte { return w.AppendBinary(nil) }

// DecodeDefinition reads what Definition returned and finishes it.
func DecodeDefinition(b []byte) (*workflow.Workflow, error) {
	w, err := workflow.Decode(b)
	if err == nil {
		err = w.Finish()
	}
	if err != nil {
		return nil, model.Errorf(model.Internal, "stored definition can't be read: %w", err)
	}
	return w, nil
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendStrings(dst []byte, list []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, s := range list {
		dst = appendString(dst, s)
	}
	return dst
}

// parts returns the set of those that there are, in order of their bits.
func parts(has ...bool) uint64 {
	var set uint64
	for i, there := range has {
		if there {
			set |= 1 << i
		}
	}
	return set
}

// appendInt appends an integer that is not zero.
func appendInt[I ~int32 | ~int64](dst []byte, i I) []byte {
	if i == 0 {
		return dst
	}
	return binary.AppendVarint(dst, int64(i))
}

// reader reads a form from its start. The first error sticks: what is read
// after it is zero.
type reader struct {
	rest []byte
	err  error
}

var (
	errShort = errors.New("it is cut short")
	errPart  = errors.New("it has a part that this program doesn't know")
)

func newReader(b []byte) *reader {
	r := &reader{rest: b}
	if v := r.byte(); r.err == nil && v != version {
		r.fail(fmt.Errorf("it has version %d, newer than this program", v))
	}
	return r
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err, r.rest = err, nil
	}
}

// finish returns the error of reading a form that is to end here.
func (r *reader) finish(what string) error {
	if r.err == nil && len(r.rest) > 0 {
		r.fail(fmt.Errorf("%d bytes follow it", len(r.rest)))
	}
	if r.err != nil {
		return model.Errorf(model.Internal, "stored %s can't be read: %w", what, r.err)
	}
	return nil
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail(errShort)
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail(errShort)
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail(errShort)
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// parts reads a set of parts, all of which are below end.
func (r *reader) parts(end uint64) uint64 {
	set := r.uint()
	if set >= end {
		r.fail(errPart)
		return 0
	}
	return set
}

// count reads the number of things that take a byte each at least.
func (r *reader) count() int {
	n := r.uint()
	if n > uint64(len(r.rest)) {
		r.fail(errShort)
		return 0
	}
	return int(n)
}

func (r *reader) bytes() []byte {
	n := r.count()
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) string() string { return string(r.bytes()) }

func (r *reader) strings() []string {
	list := make([]string, r.count())
	for i := range list {
		list[i] = r.string()
	}
	return list
}

func (r *reader) value() params.Value {
	if r.err != nil {
		return nil
	}
	v, rest, err := params.DecodeBinary(r.rest)
	if err != nil {
		r.fail(err)
		return nil
	}
	r.rest = rest
	return v
}

func (r *reader) mapping() params.Map {
	v := r.value()
	m, ok := v.(params.Map)
	if !ok {
		r.fail(fmt.Errorf("it has a %T for a map", v))
	}
	return m
}
