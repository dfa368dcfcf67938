package pipeline

// fnmatch matches as a shell does: * and ? match slashes too.
func fnmatch(pattern, name string) bool {
	return matchRunes([]rune(pattern), []rune(name))
}

func matchRunes(pattern, name []rune) bool {
	star, mark := -1, 0 // the last star, and what it has matched
	p, n := 0, 0
	for n < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			star, mark = p, n
			p++
			continue
		}
		if p < len(pattern) {
			if ok, width := matchOne(pattern[p:], name[n]); ok {
				p, n = p+width, n+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark++
		p, n = star+1, mark
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchOne matches one character, and returns how much of the pattern did.
func matchOne(pattern []rune, r rune) (ok bool, width int) {
	switch pattern[0] {
	case '?':
		return true, 1
	case '[':
		if set, width := brackets(pattern); width > 0 {
			return inSet(set, r), width
		}
	}
	return pattern[0] == r, 1
}

// brackets returns the characters between brackets; 0 if none are closed.
func brackets(pattern []rune) (set []rune, width int) {
	end := 1
	if end < len(pattern) && pattern[end] == '!' {
		end++
	}
	if end < len(pattern) && pattern[end] == ']' {
		end++
	}
	for end < len(pattern) && pattern[end] != ']' {
		end++
	}
	if end >= len(pattern) {
		return nil, 0
	}
	return pattern[1:end], end + 1
}

func inSet(set []rune, r rune) bool {
	negated := len(set) > 0 && set[0] == '!'
	if negated {
		set = set[1:]
	}
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' {
			if set[i] <= r && r <= set[i+2] {
				return !negated
			}
			i += 2
			continue
		}
		if set[i] == r {
			return !negated
		}
	}
	return negated
}
