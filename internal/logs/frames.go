package logs

import "bytes"

// frames finds the records in what a stream prints. Its zero value has seen nothing.
type frames struct {
	// held is the frame of a record that has begun.
	held []byte
}

// cut takes what comes first off a text that was printed: text, or a record, or
// neither where more is to come.
func (f *frames) cut(p []byte) (text []byte, record *Record, rest []byte) {
	if len(f.held) == 0 {
		switch i := bytes.IndexByte(p, recordBegin[0]); {
		case i < 0:
			return p, nil, nil
		case i > 0:
			return p[:i], nil, p[i:]
		}
	}
	from := max(0, len(f.held)-1) // where the end may begin
	f.held = append(f.held, p...)
	n := min(len(f.held), len(recordBegin))
	if string(f.held[:n]) != recordBegin[:n] {
		return f.give(1)
	}
	from = max(from, len(recordBegin))
	if len(f.held) < from {
		return nil, nil, nil
	}
	i := bytes.Index(f.held[from:], []byte(recordEnd))
	if i < 0 {
		if len(f.held) > maxRecord {
			return f.give(len(f.held))
		}
		return nil, nil, nil
	}
	end := from + i
	r, ok := parseFrame(f.held[len(recordBegin):end])
	if !ok {
		return f.give(end + len(recordEnd))
	}
	_, _, rest = f.give(end + len(recordEnd))
	return nil, &r, rest
}

// give lets go of what is held, of which so many bytes are text.
func (f *frames) give(n int) (text []byte, record *Record, rest []byte) {
	held := f.held
	f.held = nil
	return held[:n], nil, held[n:]
}
