package template

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// textMethod returns a method of str, or nil.
func textMethod(name string) func(s *state, text string, a *arguments) (any, error) {
	if change := changingMethod(name); change != nil {
		return func(s *state, text string, _ *arguments) (any, error) { return change(text), s.spend(len(text)) }
	}
	if is := textPredicate(name); is != nil {
		return func(_ *state, text string, _ *arguments) (any, error) { return is(text), nil }
	}
	if m := searchMethod(name); m != nil {
		return m
	}
	switch name {
	case "format":
		return func(s *state, text string, a *arguments) (any, error) { return s.format(text, a) }
	case "join":
		return joinMethod
	case "replace":
		return func(s *state, text string, a *arguments) (any, error) {
			old, replacement := a.text("old"), a.text("new")
			n := a.optInt("count", -1)
			if a.err != nil {
				return nil, a.err
			}
			return s.replace(text, old, replacement, n)
		}
	case "split":
		return splitMethod(false)
	case "rsplit":
		return splitMethod(true)
	case "splitlines":
		return func(s *state, text string, a *arguments) (any, error) {
			return textList(splitLines(text, a.flag("keepends"))), s.spend(len(text))
		}
	case "strip", "lstrip", "rstrip":
		return func(_ *state, text string, a *arguments) (any, error) {
			return trim(text, a.opt("chars", nil), name != "rstrip", name != "lstrip")
		}
	case "center", "ljust", "rjust":
		side := map[string]side{"center": center, "ljust": left, "rjust": right}[name]
		return func(s *state, text string, a *arguments) (any, error) {
			width, fill := a.int("width"), a.optText("fillchar", " ")
			if a.err == nil && runeCount(fill) != 1 {
				a.fail(said("The fill character must be exactly one character long"))
			}
			if a.err != nil {
				return nil, a.err
			}
			return s.pad(text, width, fill, side)
		}
	case "zfill":
		return func(s *state, text string, a *arguments) (any, error) {
			sign := ""
			if text != "" && (text[0] == '-' || text[0] == '+') {
				sign, text = text[:1], text[1:]
			}
			padded, err := s.pad(text, a.int("width")-len(sign), "0", right)
			return sign + padded, err
		}
	case "expandtabs", "encode", "translate", "maketrans", "format_map", "casefold":
		return func(*state, string, *arguments) (any, error) {
			return nil, fmt.Errorf("method '%s' of str is not supported", name)
		}
	}
	return nil
}

// changingMethod returns a method without arguments that gives another text.
func changingMethod(name string) func(string) string {
	switch name {
	case "upper":
		return upper
	case "lower":
		return strings.ToLower
	case "capitalize":
		return capitalize
	case "title":
		return titleMethod
	case "swapcase":
		return func(text string) string {
			return strings.Map(func(c rune) rune {
				if unicode.IsUpper(c) {
					return unicode.ToLower(c)
				}
				return unicode.ToUpper(c)
			}, text)
		}
	}
	return nil
}

// titleMethod makes each letter upper case that follows none.
func titleMethod(text string) string {
	inWord := false
	return strings.Map(func(c rune) rune {
		cased := unicode.IsLetter(c)
		defer func() { inWord = cased }()
		if inWord {
			return unicode.ToLower(c)
		}
		return unicode.ToTitle(c)
	}, text)
}

func textPredicate(name string) func(string) bool {
	switch name {
	case "isalpha":
		return all(unicode.IsLetter)
	case "isdigit", "isdecimal":
		return all(unicode.IsDigit)
	case "isnumeric":
		return all(unicode.IsNumber)
	case "isalnum":
		return all(func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) })
	case "isspace":
		return all(isSpace)
	case "isascii":
		return func(text string) bool { return text == "" || all(func(c rune) bool { return c < 0x80 })(text) }
	case "isidentifier":
		return func(text string) bool {
			return all(isWord)(text) && !unicode.IsNumber([]rune(text)[0])
		}
	case "islower":
		return isLower
	case "isupper":
		return isUpper
	case "istitle":
		return func(text string) bool {
			return titleMethod(text) == text && strings.IndexFunc(text, unicode.IsLetter) >= 0
		}
	}
	return nil
}

func all(is func(rune) bool) func(string) bool {
	return func(text string) bool {
		return text != "" && strings.IndexFunc(text, func(c rune) bool { return !is(c) }) < 0
	}
}

func isLower(text string) bool {
	return strings.IndexFunc(text, unicode.IsLower) >= 0 && strings.IndexFunc(text, unicode.IsUpper) < 0
}

func isUpper(text string) bool {
	return strings.IndexFunc(text, unicode.IsUpper) >= 0 && strings.IndexFunc(text, unicode.IsLower) < 0
}

// searchMethod returns a method that looks for a part, or nil.
func searchMethod(name string) func(s *state, text string, a *arguments) (any, error) {
	switch name {
	case "startswith":
		return affixMethod(strings.HasPrefix)
	case "endswith":
		return affixMethod(strings.HasSuffix)
	case "removeprefix":
		return func(_ *state, text string, a *arguments) (any, error) {
			return strings.TrimPrefix(text, a.text("prefix")), nil
		}
	case "removesuffix":
		return func(_ *state, text string, a *arguments) (any, error) {
			return strings.TrimSuffix(text, a.text("suffix")), nil
		}
	case "count":
		return func(s *state, text string, a *arguments) (any, error) {
			part := a.text("sub")
			text, _, err := s.section(text, a)
			return int64(strings.Count(text, part)), err
		}
	case "find", "index":
		return findMethod(strings.Index, name == "index")
	case "rfind", "rindex":
		return findMethod(strings.LastIndex, name == "rindex")
	case "partition", "rpartition":
		return partitionMethod(name == "rpartition")
	}
	return nil
}

func affixMethod(has func(text, part string) bool) func(s *state, text string, a *arguments) (any, error) {
	return func(s *state, text string, a *arguments) (any, error) {
		parts := []any{a.need("affix")}
		if t, ok := parts[0].(Tuple); ok {
			parts = t
		}
		text, _, err := s.section(text, a)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			if has(text, a.asText(part)) && a.err == nil {
				return true, nil
			}
		}
		return false, nil
	}
}

// section cuts text as start and end of a search say.
func (s *state) section(text string, a *arguments) (cut string, start int, err error) {
	low, high := a.opt("start", nil), a.opt("end", nil)
	if low == nil && high == nil {
		return text, 0, nil
	}
	start, _, _, err = sliceBounds(runeCount(text), [3]any{low, high, nil})
	if err != nil {
		return "", 0, err
	}
	part, err := s.slice(text, [3]any{low, high, nil})
	if err != nil {
		return "", 0, err
	}
	return part.(string), start, nil
}

func findMethod(find func(text, part string) int, must bool) func(s *state, text string, a *arguments) (any, error) {
	return func(s *state, text string, a *arguments) (any, error) {
		part := a.text("sub")
		text, start, err := s.section(text, a)
		if err != nil {
			return nil, err
		}
		i := find(text, part)
		switch {
		case i >= 0:
			return int64(start + runeCount(text[:i])), nil
		case must:
			return nil, errors.New("substring not found")
		}
		return int64(-1), nil
	}
}

func partitionMethod(last bool) func(s *state, text string, a *arguments) (any, error) {
	return func(s *state, text string, a *arguments) (any, error) {
		part := a.text("sep")
		if part == "" && a.err == nil {
			return nil, errors.New("empty separator")
		}
		i := strings.Index(text, part)
		if last {
			i = strings.LastIndex(text, part)
		}
		switch {
		case i >= 0:
			return Tuple{text[:i], part, text[i+len(part):]}, nil
		case last:
			return Tuple{"", "", text}, nil
		}
		return Tuple{text, "", ""}, nil
	}
}

func joinMethod(s *state, text string, a *arguments) (any, error) {
	items, err := s.elements(a.need("iterable"))
	if err := errors.Join(a.err, err); err != nil {
		return nil, err
	}
	parts := make([]string, len(items))
	size := 0
	for i, item := range items {
		part, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("sequence item %d: expected str instance, %s found", i, kindName(item))
		}
		parts[i] = part
		size += len(part) + len(text)
		if err := s.spend(len(part) + len(text)); err != nil {
			return nil, err
		}
	}
	return strings.Join(parts, text), nil
}

// replaceStr is replace with what the values print.
func (s *state) replaceStr(text string, old, replacement any, n int) (any, error) {
	from, err := s.str(old)
	if err != nil {
		return nil, err
	}
	to, err := s.str(replacement)
	if err != nil {
		return nil, err
	}
	return s.replace(text, from, to, n)
}

// replace replaces up to n occurrences; a negative n is no limit.
func (s *state) replace(text, old, replacement string, n int) (string, error) {
	times := strings.Count(text, old)
	if n >= 0 {
		times = min(times, n)
	}
	if err := s.spendTimes(len(replacement), times); err != nil {
		return "", err
	}
	return strings.Replace(text, old, replacement, n), s.spend(len(text))
}

func textList(parts []string) *list {
	items := make([]any, len(parts))
	for i, p := range parts {
		items[i] = p
	}
	return newList(items)
}

func splitMethod(fromRight bool) func(s *state, text string, a *arguments) (any, error) {
	return func(s *state, text string, a *arguments) (any, error) {
		separator, n := a.opt("sep", nil), a.optInt("maxsplit", -1)
		if a.err != nil {
			return nil, a.err
		}
		if err := s.spend(len(text)); err != nil {
			return nil, err
		}
		if separator == nil {
			return textList(splitBlanks(text, n, fromRight)), nil
		}
		sep := a.asText(separator)
		if a.err != nil {
			return nil, a.err
		}
		if sep == "" {
			return nil, errors.New("empty separator")
		}
		return textList(splitAt(text, sep, n, fromRight)), nil
	}
}

// splitAt splits up to n times; a negative n is no limit.
func splitAt(text, sep string, n int, fromRight bool) []string {
	parts := strings.Split(text, sep)
	if n < 0 || len(parts) <= n+1 {
		return parts
	}
	if !fromRight {
		return strings.SplitN(text, sep, n+1)
	}
	at := len(parts) - n
	return append([]string{strings.Join(parts[:at], sep)}, parts[at:]...)
}

// splitBlanks splits at runs of white space.
func splitBlanks(text string, n int, fromRight bool) []string {
	words := strings.FieldsFunc(text, isSpace)
	if n < 0 || len(words) <= n {
		return words
	}
	if fromRight {
		rest := text
		for i := range n {
			rest = strings.TrimRightFunc(rest, isSpace)
			rest = strings.TrimSuffix(rest, words[len(words)-1-i])
		}
		tail := words[len(words)-n:]
		if rest = strings.TrimRightFunc(rest, isSpace); rest == "" {
			return tail
		}
		return append([]string{rest}, tail...)
	}
	rest := text
	for i := range n {
		rest = strings.TrimLeftFunc(rest, isSpace)
		rest = strings.TrimPrefix(rest, words[i])
	}
	head := words[:n:n]
	if rest = strings.TrimLeftFunc(rest, isSpace); rest == "" {
		return head
	}
	return append(head, rest)
}

// splitLines splits as Python's str.splitlines.
func splitLines(text string, keep bool) []string {
	var lines []string
	for text != "" {
		i := strings.IndexFunc(text, isLineEnd)
		if i < 0 {
			lines = append(lines, text)
			break
		}
		end := i + 1
		for end < len(text) && text[end]&0xc0 == 0x80 {
			end++
		}
		if strings.HasPrefix(text[i:], "\r\n") {
			end++
		}
		if keep {
			lines = append(lines, text[:end])
		} else {
			lines = append(lines, text[:i])
		}
		text = text[end:]
	}
	return lines
}

func isLineEnd(c rune) bool {
	return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029
}

// trim takes characters, or white space, off the ends.
func trim(text string, chars any, atLeft, atRight bool) (any, error) {
	cut := isSpace
	if chars != nil {
		set, ok := chars.(string)
		if !ok {
			return nil, fmt.Errorf("strip arg must be None or str, not %s", kindName(chars))
		}
		cut = func(c rune) bool { return strings.ContainsRune(set, c) }
	}
	if atLeft {
		text = strings.TrimLeftFunc(text, cut)
	}
	if atRight {
		text = strings.TrimRightFunc(text, cut)
	}
	return text, nil
}

// side says where the text is in a wider field.
type side int

const (
	left side = iota
	center
	right
)

// pad widens text to so many characters.
func (s *state) pad(text string, width int, fill string, at side) (string, error) {
	n := width - runeCount(text)
	if n <= 0 {
		return text, nil
	}
	if err := s.spendTimes(len(fill), n); err != nil {
		return "", err
	}
	before := 0
	switch at {
	case center:
		before = n/2 + n&width&1
	case right:
		before = n
	}
	return strings.Repeat(fill, before) + text + strings.Repeat(fill, n-before), nil
}
