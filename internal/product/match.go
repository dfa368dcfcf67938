package product

import (
	"slices"
	"unicode/utf8"
)

// match tells whether a name fits a pattern of '*', '?', '[seq]' and '[!seq]', of
// which none is special to slashes, as in Python's fnmatch.
func match(pattern, name string) bool {
	p, n := 0, 0
	star, retry := -1, 0 // where the last '*' was, and what it has taken up to
	for n < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			star, retry = p, n
			p++
			continue
		}
		r, size := utf8.DecodeRuneInString(name[n:])
		if used, ok := matchOne(pattern[p:], r); ok {
			p, n = p+used, n+size
			continue
		}
		if star < 0 {
			return false
		}
		_, size = utf8.DecodeRuneInString(name[retry:])
		retry += size
		p, n = star+1, retry
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchOne tells whether a character fits the start of a pattern, and how long
// that is.
func matchOne(pattern string, r rune) (used int, ok bool) {
	if pattern == "" {
		return 0, false
	}
	if pattern[0] == '?' {
		return 1, true
	}
	if set, used, ok := charset(pattern); ok {
		return used, set.has(r)
	}
	c, size := utf8.DecodeRuneInString(pattern)
	return size, c == r
}

// set is what is between brackets.
type set struct {
	ranges [][2]rune
	not    bool
}

func (s set) has(r rune) bool {
	in := func(span [2]rune) bool { return span[0] <= r && r <= span[1] }
	return slices.ContainsFunc(s.ranges, in) != s.not
}

// charset reads what a pattern starts with as a set. A bracket that is not closed
// stands for itself; a closing one in front belongs to the set.
func charset(pattern string) (s set, used int, ok bool) {
	if pattern[0] != '[' {
		return set{}, 0, false
	}
	chars := []rune(pattern[1:])
	start := 0
	if s.not = len(chars) > 0 && chars[0] == '!'; s.not {
		start = 1
	}
	end := start + 1
	for end < len(chars) && chars[end] != ']' {
		end++
	}
	if end >= len(chars) {
		return set{}, 0, false
	}
	for i := start; i < end; i++ {
		span := [2]rune{chars[i], chars[i]}
		if i+2 < end && chars[i+1] == '-' {
			span[1] = chars[i+2]
			i += 2
		}
		s.ranges = append(s.ranges, span)
	}
	return s, 1 + len(string(chars[:end+1])), true
}
