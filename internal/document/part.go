package document

import (
	"strings"
	"unicode/utf8"
)

// Part returns a part of the node's text, which begins offset bytes into it, as
// a node that stands where that part was written. One that was written in
// another way than it reads, such as with escapes, stands where the node does.
func (n *Node) Part(offset int, part string) *Node {
	at := n.place
	text, _ := n.value.(string)
	found := &Node{place: at, value: part}
	part, _, _ = strings.Cut(part, "\n")
	if n.file == nil || part == "" || offset > len(text) {
		return found
	}
	earlier := strings.Count(text[:offset], part)
	skip := int(n.column) - 1 // of the first line
	for last := int(n.line) + 2*strings.Count(text, "\n") + 1; int(at.line) <= last; at.line++ {
		line := n.file.line(int(at.line))
		start := bytesOf(line, skip)
		skip = 0
		for {
			i := strings.Index(line[start:], part)
			if i < 0 {
				break
			}
			if earlier == 0 {
				at.column = int32(utf8.RuneCountInString(line[:start+i]) + 1)
				found.place = at
				return found
			}
			earlier--
			start += i + len(part)
		}
	}
	return found
}

// bytesOf returns the length of the first characters of a line.
func bytesOf(line string, characters int) int {
	for i := range line {
		if characters == 0 {
			return i
		}
		characters--
	}
	return len(line)
}
