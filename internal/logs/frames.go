package logs

import "bytes"

// frames finds the records in what a stream prints. Its zero value has seen nothing.
type frames struct {
	// held is the frame of a record that has begun.
	held []byte
}

// cut takes what comes first off a text that was printed: text, or a record, or
// neither where more is to come. Nothing is copied but what is held.
func (f *frames) cut(p []byte) (text []byte, record *Record, rest []byte) {
	held := len(f.held)
	if held > 0 {
		p = append(f.held, p...)
		f.held = nil
	}
	if i := frameIn(p); i > 0 {
		return p[:i], nil, p[i:]
	}
	from := max(len(recordBegin), held-1) // where the end may begin
	i := -1
	if len(p) > from {
		i = bytes.Index(p[from:], []byte(recordEnd))
	}
	switch {
	case i < 0 && len(p) > maxRecord:
		return p, nil, nil
	case i < 0 && held == 0:
		p = bytes.Clone(p) // it is the printer's
		fallthrough
	case i < 0:
		f.held = p
		return nil, nil, nil
	}
	frame, rest := p[:from+i+len(recordEnd)], p[from+i+len(recordEnd):]
	if r, ok := parseFrame(frame[len(recordBegin) : from+i]); ok {
		return nil, &r, rest
	}
	return frame, nil, rest
}

// frameIn returns where a frame begins in a text, or may begin at its end; the length
// of the text if none does.
func frameIn(p []byte) int {
	if i := bytes.Index(p, []byte(recordBegin)); i >= 0 {
		return i
	}
	for n := min(len(p), len(recordBegin)-1); n > 0; n-- {
		if bytes.HasSuffix(p, []byte(recordBegin[:n])) {
			return len(p) - n
		}
	}
	return len(p)
}

// left lets go of what is held, which is no record.
func (f *frames) left() []byte {
	held := f.held
	f.held = nil
	return held
}
