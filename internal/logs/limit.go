package logs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// MinLimit is the smallest limit of a log.
const MinLimit = 64 << 10

// Of a log at its limit a quarter stays as the head, and of the rest the newer
// half. So a log never has more than its limit, and each byte is moved about once.
const (
	headPart = 4
	tailPart = 3
	tailOf   = 8
)

// maxAlign bounds how far a line end is looked for.
const maxAlign = 16 << 10

// leaveOut makes room: a line takes the place of what was printed between the
// head and the newest part.
func (l *Log) leaveOut() error {
	f, err := openToMove(l.path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // what was written counts when it was
	g := l.index.gap
	if g.resume == moving {
		return errors.New("the text of the log was not moved to the end")
	}
	if g.note == 0 {
		if g.head, err = headEnd(f, l.limit/headPart); err != nil {
			return err
		}
	}
	from, err := lineStart(f, l.size-l.limit*tailPart/tailOf, l.size)
	if err != nil {
		return err
	}
	resume, _ := l.index.gap.logical(from)
	line := fmt.Appendf(nil, "pawl: %d bytes are left out here\n", resume-g.head)
	if !endsLine(f, g.head) {
		line = append([]byte{'\n'}, line...)
	}
	// Whoever reads the file by positions waits while they are not clear.
	if err := l.index.setGap(gap{g.head, moving, int64(len(line))}); err != nil {
		return err
	}
	if _, err := f.WriteAt(line, g.head); err != nil {
		return err
	}
	size, err := moveDown(f, g.head+int64(len(line)), from, l.size)
	if err != nil {
		return err
	}
	if err := f.Truncate(size); err != nil {
		return err
	}
	l.size = size
	if err := l.index.setGap(gap{g.head, resume, int64(len(line))}); err != nil {
		return err
	}
	return l.index.forget()
}

// headEnd returns where a head of about so many bytes ends: with a line, or at
// least not within a character.
func headEnd(f io.ReaderAt, size int64) (int64, error) {
	text := make([]byte, min(size, maxAlign))
	if _, err := f.ReadAt(text, size-int64(len(text))); err != nil {
		return 0, err
	}
	if end := bytes.LastIndexByte(text, '\n'); end >= 0 {
		return size - int64(len(text)) + int64(end) + 1, nil
	}
	return size - int64(len(text)-WholeRunes(text)), nil
}

// endsLine reports whether what is before a place in a file is a line.
func endsLine(f io.ReaderAt, at int64) bool {
	var last [1]byte
	_, err := f.ReadAt(last[:], at-1)
	return err == nil && last[0] == '\n'
}

// WholeRunes returns how many bytes a text has without the beginning of a
// character at its end.
func WholeRunes(text []byte) int {
	for i := 1; i <= min(utf8.UTFMax-1, len(text)); i++ {
		if b := text[len(text)-i]; utf8.RuneStart(b) {
			if !utf8.FullRune(text[len(text)-i:]) {
				return len(text) - i
			}
			break
		}
	}
	return len(text)
}

// lineStart returns where the first line begins that does so after at, or at
// least a character.
func lineStart(f io.ReaderAt, at, size int64) (int64, error) {
	text := make([]byte, min(maxAlign, size-at))
	if _, err := f.ReadAt(text, at); err != nil {
		return 0, err
	}
	if end := bytes.IndexByte(text, '\n'); end >= 0 {
		return at + int64(end) + 1, nil
	}
	for len(text) > 1 && !utf8.RuneStart(text[0]) {
		text, at = text[1:], at+1
	}
	return at, nil
}

// moveDown moves the end of a file, and returns where that ends then.
func moveDown(f interface {
	io.ReaderAt
	io.WriterAt
}, to, from, end int64) (int64, error) {
	buf := make([]byte, 256<<10)
	for from < end {
		n, err := f.ReadAt(buf[:min(int64(len(buf)), end-from)], from)
		if err != nil && n == 0 {
			return 0, err
		}
		if _, err := f.WriteAt(buf[:n], to); err != nil {
			return 0, err
		}
		from, to = from+int64(n), to+int64(n)
	}
	return to, nil
}
