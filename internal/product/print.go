package product

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/pawlhq/pawl/internal/params"
)

// Print is a digest of a source, its imports and parameters as they are written. Equal
// prints mean that neither changed; different ones mean nothing, because much
// that can differ does not count.
type Print [16]byte

// PrintOf returns the print of what a run depends on, which is never zero.
// Prints are stored, so it stays the same in all versions.
func PrintOf(source, imports string, p params.Map) Print {
	print, _ := appendPrint(nil, source, imports, p)
	return print
}

// With returns the print of what a run depends on and of what it was given of
// other tasks.
func (p Print) With(madeOf params.Map) Print {
	sum := sha256.Sum256(AppendJSON(append(make([]byte, 0, 256), p[:]...), madeOf))
	return Print(sum[:16])
}

// appendPrint is PrintOf for many: it works in a buffer, which it returns to be
// given to the next call.
func appendPrint(buf []byte, source, imports string, p params.Map) (Print, []byte) {
	buf = binary.LittleEndian.AppendUint64(buf[:0], uint64(len(source)))
	buf = append(buf, source...)
	buf = append(append(buf, imports...), 0)
	buf = AppendJSON(buf, p)
	sum := sha256.Sum256(buf)
	print := Print(sum[:16])
	if print == (Print{}) {
		print[0] = 1
	}
	return print, buf
}
