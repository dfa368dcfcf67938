package python

import (
	"bytes"
	"strings"
)

// FirstDifference returns the line of now, counted from 1, at which it begins
// to differ from before in more than form; 0 if it does not. What only before
// has at its end is missed at the last line of now.
func FirstDifference(before, now string) int {
	a, b := marked(before), marked(now)
	if bytes.Equal(a.out, b.out) {
		return 0
	}
	i := 0
	for i < len(a.out) && i < len(b.out) && a.out[i] == b.out[i] {
		i++
	}
	return b.lineOf(i)
}

// marked returns the normal form with the places in the source where its
// statements come from; of a text that can't be Python, its lines.
func marked(text string) *normalizer {
	n := &normalizer{scanner: newScanner(text), first: true, marked: true}
	n.run()
	if n.bad {
		return &normalizer{scanner: scanner{text: text}, out: []byte(text), starts: []lineStart{{}}}
	}
	return n
}

// lineOf returns the line of the source that place i of the normal form is for.
func (n *normalizer) lineOf(i int) int {
	var at lineStart
	for _, s := range n.starts {
		if s.out > i {
			break
		}
		at = s
	}
	line := 1 + lines(n.text[:at.source])
	for _, c := range n.out[at.out:min(i, len(n.out))] {
		if c == '\n' || c == markBreak {
			line++
		}
	}
	last := lines(n.text)
	if !strings.HasSuffix(n.text, "\n") {
		last++
	}
	return min(line, max(1, last))
}
