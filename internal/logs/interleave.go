package logs

import "bytes"

// part is what one stream has printed in a row.
type part struct {
	stream Stream
	text   []byte
}

// interleave puts what two streams have printed into an order. The turns say in
// which they were written to, but not how much each time: it is a line, except
// the last time, when it is what is left.
func interleave(turns []Stream, out, err []byte) []part {
	texts := [2][]byte{out, err}
	var left [2]int
	for _, s := range turns {
		left[s-Stdout]++
	}
	var parts []part
	for _, s := range turns {
		i := s - Stdout
		left[i]--
		n := len(texts[i])
		if left[i] > 0 {
			n = bytes.IndexByte(texts[i], '\n') + 1
		}
		if n > 0 {
			parts = append(parts, part{s, texts[i][:n]})
			texts[i] = texts[i][n:]
		}
	}
	for i, text := range texts { // of which nobody has told yet
		if len(text) > 0 {
			parts = append(parts, part{Stdout + Stream(i), text})
		}
	}
	return parts
}
