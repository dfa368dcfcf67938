package otlp

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Wire types of protobuf: how many bytes a field has.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// message is a message of protobuf, to which fields are added. Fields that are
// zero are left out, unless a method says otherwise.
type message []byte

func (m *message) tag(field, wire int) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3|uint64(wire))
}

// putNumber writes a number, also zero.
func (m *message) putNumber(field int, n uint64) {
	m.tag(field, wireVarint)
	*m = binary.AppendUvarint(*m, n)
}

func (m *message) number(field int, n uint64) {
	if n != 0 {
		m.putNumber(field, n)
	}
}

func (m *message) fixed32(field int, n uint32) {
	if n != 0 {
		m.tag(field, wireFixed32)
		*m = binary.LittleEndian.AppendUint32(*m, n)
	}
}

// putBytes writes bytes, also none.
func (m *message) putBytes(field int, b string) {
	m.tag(field, wireBytes)
	*m = append(binary.AppendUvarint(*m, uint64(len(b))), b...)
}

func (m *message) bytes(field int, b []byte) { m.text(field, string(b)) }

func (m *message) text(field int, s string) {
	if s != "" {
		m.putBytes(field, s)
	}
}

// nest writes a message as a field, also an empty one.
func (m *message) nest(field int, fill func(*message)) {
	m.tag(field, wireBytes)
	start := len(*m)
	fill(m)
	var size [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(size[:], uint64(len(*m)-start))
	*m = slices.Insert(*m, start, size[:n]...)
}

var errTruncated = errors.New("the message ends in the middle of a field")

// fields calls visit with each field of a message: with its number, or with
// its bytes. Others are skipped.
func (m message) fields(visit func(field int, number uint64, bytes []byte)) error {
	for len(m) > 0 {
		key, n := binary.Uvarint(m)
		if n <= 0 {
			return errTruncated
		}
		m = m[n:]
		size := uint64(0)
		switch field := int(key >> 3); key & 7 {
		case wireVarint:
			v, n := binary.Uvarint(m)
			if n <= 0 {
				return errTruncated
			}
			visit(field, v, nil)
			size = uint64(n)
		case wireFixed64:
			size = 8
		case wireFixed32:
			size = 4
		case wireBytes:
			length, n := binary.Uvarint(m)
			if n <= 0 || length > uint64(len(m)-n) {
				return errTruncated
			}
			visit(field, 0, m[n:n+int(length)])
			size = uint64(n) + length
		default:
			return errors.New("a field is of a kind that is not known")
		}
		if size > uint64(len(m)) {
			return errTruncated
		}
		m = m[size:]
	}
	return nil
}
