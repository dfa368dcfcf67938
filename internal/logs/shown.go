package logs

import (
	"bytes"
	"errors"
	"io"
	"time"
)

// Reader reads a log.
type Reader interface {
	io.ReadCloser
	// Offset returns how much of the log was read, or passed over as it is not
	// shown: where a later reader goes on. It counts bytes of both streams that
	// were printed.
	Offset() int64
}

// shown reads of a log what is to be shown. Its io.EOF means that there is nothing
// more as yet.
type shown struct {
	from chunks
	show Show
	// drop is the position up to which nothing is shown.
	drop   int64
	offset int64

	of      *index // of what is read; nil until it is needed
	midline bool
	buf     []byte
	out     []byte // what is not given yet
	lines   lines
}

const readSize = 32 << 10

func (s *shown) Read(p []byte) (int, error) {
	s.lines.of = s.show.of
	for len(s.out) == 0 {
		buf := p
		if !s.show.all() {
			if s.buf == nil {
				s.buf = make([]byte, readSize)
			}
			buf = s.buf
		}
		n, at, err := s.from.next(buf)
		if errors.Is(err, io.EOF) && s.show.JSON {
			if s.out = s.lines.end(s.out[:0]); len(s.out) > 0 {
				break
			}
		}
		if err != nil {
			return 0, err
		}
		if at >= 0 {
			s.offset = at + int64(n)
		}
		text, err := s.wanted(buf[:n], &at)
		if err != nil {
			return 0, err
		}
		if s.show.all() && len(text) > 0 {
			return copy(p, text), nil
		}
		if err := s.render(text, at); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

// wanted returns what is left of a text at a position without what is dropped.
func (s *shown) wanted(text []byte, at *int64) ([]byte, error) {
	if s.drop == 0 {
		return text, nil
	}
	if *at < 0 {
		x, err := s.from.index()
		if err == nil && x.gap.resume <= s.drop {
			text = nil
		}
		return text, err
	}
	n := min(max(s.drop-*at, 0), int64(len(text)))
	*at += n
	return text[n:], nil
}

// render makes of a text at a position what is shown of it.
func (s *shown) render(text []byte, at int64) error {
	s.out = s.out[:0]
	switch {
	case at < 0 && s.show.JSON:
		s.out = s.lines.add(s.out, text, run{kind: printed})
		return nil
	case at < 0:
		s.out = append(s.out, text...) // the line that tells of a gap is for all
		s.midline = false
		return nil
	}
	for len(text) > 0 {
		r, err := s.runAt(at)
		if err != nil {
			return err
		}
		n := min(int64(len(text)), r.end-at)
		if s.show.wants(r.kind) {
			s.print(text[:n], r)
		}
		text, at = text[n:], at+n
	}
	return nil
}

// runAt finds the run of a position, which may be newer than what is known.
func (s *shown) runAt(at int64) (run, error) {
	if s.of == nil || len(s.of.runs) == 0 || at >= s.of.runs[len(s.of.runs)-1].end {
		x, err := s.from.index()
		if err != nil {
			return run{}, err
		}
		s.of = x
	}
	return s.of.find(at), nil
}

func (s *shown) print(text []byte, r run) {
	if r.level != NoLevel && !s.midline {
		text = bytes.TrimPrefix(text, []byte{'\n'}) // which ended a line that is not shown
	}
	if s.show.JSON {
		s.out = s.lines.add(s.out, text, r)
		return
	}
	if !s.show.Times {
		s.midline = len(text) > 0 && text[len(text)-1] != '\n'
		s.out = append(s.out, text...)
		return
	}
	for len(text) > 0 {
		if !s.midline {
			s.out = time.UnixMicro(r.at).UTC().AppendFormat(s.out, timeLayout)
		}
		end := bytes.IndexByte(text, '\n') + 1
		s.midline = end == 0
		if s.midline {
			end = len(text)
		}
		s.out, text = append(s.out, text[:end]...), text[end:]
	}
}

func (s *shown) Offset() int64 { return s.offset }
func (s *shown) Close() error  { return s.from.Close() }
