package params

import (
	"bytes"
	"math"
	"strconv"
)

// AppendPythonFloat appends a finite float as Python's repr writes it: the
// shortest text that gives the float again, with an exponent below 0.0001 and
// from 1e16 on, and otherwise with a point.
func AppendPythonFloat(dst []byte, f float64) []byte {
	if abs := math.Abs(f); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}
