package document

import (
	"slices"
	"strings"
)

// What a file may cost of which parts are no YAML: each fault has it read again.
const (
	mostSalvaged  = 20
	salvagedBytes = 1 << 20
)

// salvage reads what is left of a file without the parts that are no YAML, and returns
// it beside what is wrong with them and with the rest. It is nothing where no part can
// be left out. What is said of places that were left out, or of what is around them, is
// moot: it follows from the fault in them.
func (f Format) salvage(p *file, fault syntaxFault) (*Node, Errors) {
	errs := Errors{fault.err}
	if len(p.source) > salvagedBytes {
		return nil, errs
	}
	lines := splitLines(p.source)
	for len(errs) <= mostSalvaged {
		tree, next, ok := f.without(p, lines, fault)
		switch {
		case !ok:
			return nil, errs
		case next.err == nil:
			b := builder{format: f, file: p}
			n := b.node(tree)
			for _, e := range b.errs {
				errs.Add(e)
			}
			return n, errs
		}
		if fault = next; !fault.anchor { // else it may be one that was left out
			errs.Add(fault.err)
		}
	}
	return nil, errs
}

// without leaves out the smallest part around a fault that has the lines before the
// next fault, if any, be YAML, and returns what they are or that fault.
func (f Format) without(p *file, lines []string, fault syntaxFault) (tree *yamlNode, next syntaxFault, ok bool) {
	if fault.misleading || fault.from < 1 || fault.from > len(lines) {
		return nil, next, false
	}
	saved := slices.Clone(lines)
	for at, found := fault.from-1, true; found; at, found = parentOf(saved, at) {
		copy(lines, saved)
		end := endOf(saved, at)
		lines[at] = keyOf(saved[at])
		clear(lines[at+1 : end])
		tree, err := load([]byte(strings.Join(lines, "\n")), f.Limits.Depth)
		if err != nil {
			if next = p.syntaxFault(err); next.from <= end || next.err.Line <= end {
				continue // which the part around may explain
			}
		} else if tree == nil {
			return nil, next, false
		}
		p.moot = append(p.moot, [2]int{at + 1, end})
		if above, ok := parentOf(saved, at); ok {
			p.moot = append(p.moot, [2]int{above + 1, above + 1})
		}
		return tree, next, true
	}
	return nil, next, false
}

// endOf returns the line after those that are indented below a line.
func endOf(lines []string, at int) int {
	end := at + 1
	for end < len(lines) && (strings.TrimSpace(lines[end]) == "" || depthOf(lines[end]) > depthOf(lines[at])) {
		end++
	}
	return end
}

// parentOf returns the line that a line is indented below.
func parentOf(lines []string, at int) (int, bool) {
	for above := at - 1; above >= 0; above-- {
		text := strings.TrimSpace(lines[above])
		if text != "" && text[0] != '#' && depthOf(lines[above]) < depthOf(lines[at]) {
			return above, true
		}
	}
	return 0, false
}

func depthOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// keyOf returns a line without what comes after its key, or nothing if it has none.
func keyOf(line string) string {
	key, _, found := strings.Cut(line+" ", ": ")
	if !found || strings.ContainsAny(key, "\t#\"'[]{},&*|%@`") {
		return ""
	}
	return key + ":"
}
