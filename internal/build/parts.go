package build

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// partHead is how many bytes there are before the content of a part of a file:
// its checksum, which counts that of the part before it, and its length.
const partHead = 4 + 8

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func appendPart(b []byte, before uint32, content []byte) (all []byte, sum uint32) {
	sum = crc32.Checksum(binary.LittleEndian.AppendUint32(nil, before), castagnoli())
	sum = crc32.Update(sum, castagnoli(), content)
	b = binary.LittleEndian.AppendUint32(b, sum)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(content)))
	return append(b, content...), sum
}

// readPart returns the content of a part, in one piece that is not copied again.
func readPart(f *os.File, before uint32) (text string, sum uint32, err error) {
	var head [partHead]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return "", 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	size := binary.LittleEndian.Uint64(head[4:])
	if size > uint64(info.Size()) {
		return "", 0, io.ErrUnexpectedEOF
	}
	hash := crc32.New(castagnoli())
	_, _ = hash.Write(binary.LittleEndian.AppendUint32(nil, before)) // it never fails
	var b strings.Builder
	b.Grow(int(size))
	if _, err := io.CopyN(io.MultiWriter(&b, hash), f, int64(size)); err != nil {
		return "", 0, err
	}
	if hash.Sum32() != binary.LittleEndian.Uint32(head[:]) {
		return "", 0, errors.New("the checksum is wrong")
	}
	return b.String(), hash.Sum32(), nil
}

func appendFlag(b []byte, set bool) []byte {
	if set {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}

// decoder reads an outline. What it returns shares the memory of the whole.
type decoder struct {
	text string
	bad  bool
}

// number reads what binary.AppendUvarint wrote.
func (d *decoder) number() (n uint64) {
	for shift := 0; shift < 64; shift += 7 {
		c := d.byte()
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	return n
}

func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.text)) {
		d.bad = true
		return 0
	}
	return int(n)
}

func (d *decoder) signed() int {
	n := d.number()
	return int(int64(n>>1) ^ -int64(n&1))
}

func (d *decoder) byte() byte {
	if d.text == "" {
		d.bad = true
		return 0
	}
	c := d.text[0]
	d.text = d.text[1:]
	return c
}

func (d *decoder) take(n int) string {
	if n > len(d.text) {
		d.bad = true
		return ""
	}
	s := d.text[:n]
	d.text = d.text[n:]
	return s
}

func (d *decoder) string() string { return d.take(d.count()) }

func (d *decoder) strings() []string {
	list := make([]string, d.count())
	for i := range list {
		list[i] = d.string()
	}
	return list
}

// replace gives a file other content at once.
func replace(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".part-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
