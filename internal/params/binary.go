package params

import (
	"encoding/binary"
	"encoding/json"
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
