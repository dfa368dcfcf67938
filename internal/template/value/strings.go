package value

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// textMethod returns a method of str, or nil.
func textMethod(name string) func(w *Work, text string, a *Arguments) (any, error) {
	if change := changingMethod(name); change != nil {
		return func(w *Work, text string, _ *Arguments) (any, error) { return change(text), w.Spend(len(text)) }
	}
	if is := textPredicate(name); is != nil {
		return func(_ *Work, text string, _ *Arguments) (any, error) { return is(text), nil }
	}
	if m := searchMethod(name); m != nil {
		return m
	}
	switch name {
	case "format":
		return func(w *Work, text string, a *Arguments) (any, error) { return w.format(text, a) }
	case "join":
		return joinMethod
	case "replace":
		return func(w *Work, text string, a *Arguments) (any, error) {
			old, replacement := a.Text("old"), a.Text("new")
			n := a.OptInt("count", -1)
			if a.Err != nil {
				return nil, a.Err
			}
			return w.replace(text, old, replacement, n)
		}
	case "split":
		return splitMethod(false)
	case "rsplit":
		return splitMethod(true)
	case "splitlines":
		return func(w *Work, text string, a *Arguments) (any, error) {
			return textList(SplitLines(text, a.Flag("keepends"))), w.Spend(len(text))
		}
	case "strip", "lstrip", "rstrip":
		return func(_ *Work, text string, a *Arguments) (any, error) {
			return Trim(text, a.Opt("chars", nil), name != "rstrip", name != "lstrip")
		}
	case "center", "ljust", "rjust":
		side := map[string]side{"center": Center, "ljust": left, "rjust": right}[name]
		return func(w *Work, text string, a *Arguments) (any, error) {
			width, fill := a.Int("width"), a.OptText("fillchar", " ")
			if a.Err == nil && RuneCount(fill) != 1 {
				a.Fail(Said("The fill character must be exactly one character long"))
			}
			if a.Err != nil {
				return nil, a.Err
			}
			return w.Pad(text, width, fill, side)
		}
	case "zfill":
		return func(w *Work, text string, a *Arguments) (any, error) {
			sign := ""
			if text != "" && (text[0] == '-' || text[0] == '+') {
				sign, text = text[:1], text[1:]
			}
			padded, err := w.Pad(text, a.Int("width")-len(sign), "0", right)
			return sign + padded, err
		}
	case "expandtabs", "encode", "translate", "maketrans", "format_map", "casefold":
		return func(*Work, string, *Arguments) (any, error) {
			return nil, fmt.Errorf("method '%s' of str is not supported", name)
		}
	}
	return nil
}

// changingMethod returns a method without arguments that gives another text.
func changingMethod(name string) func(string) string {
	switch name {
	case "upper":
		return Upper
	case "lower":
		return strings.ToLower
	case "capitalize":
		return Capitalize
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
		return all(IsSpace)
	case "isascii":
		return func(text string) bool { return text == "" || all(func(c rune) bool { return c < 0x80 })(text) }
	case "isidentifier":
		return func(text string) bool {
			return all(IsWord)(text) && !unicode.IsNumber([]rune(text)[0])
		}
	case "islower":
		return IsLower
	case "isupper":
		return IsUpper
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

// IsLower is what islower() tells.
func IsLower(text string) bool {
	return strings.IndexFunc(text, unicode.IsLower) >= 0 && strings.IndexFunc(text, unicode.IsUpper) < 0
}

// IsUpper is what isupper() tells.
func IsUpper(text string) bool {
	return strings.IndexFunc(text, unicode.IsUpper) >= 0 && strings.IndexFunc(text, unicode.IsLower) < 0
}

// searchMethod returns a method that looks for a part, or nil.
func searchMethod(name string) func(w *Work, text string, a *Arguments) (any, error) {
	switch name {
	case "startswith":
		return affixMethod(strings.HasPrefix)
	case "endswith":
		return affixMethod(strings.HasSuffix)
	case "removeprefix":
		return func(_ *Work, text string, a *Arguments) (any, error) {
			return strings.TrimPrefix(text, a.Text("prefix")), nil
		}
	case "removesuffix":
		return func(_ *Work, text string, a *Arguments) (any, error) {
			return strings.TrimSuffix(text, a.Text("suffix")), nil
		}
	case "count":
		return func(w *Work, text string, a *Arguments) (any, error) {
			part := a.Text("sub")
			text, _, err := w.section(text, a)
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

func affixMethod(has func(text, part string) bool) func(w *Work, text string, a *Arguments) (any, error) {
	return func(w *Work, text string, a *Arguments) (any, error) {
		parts := []any{a.Need("affix")}
		if t, ok := parts[0].(Tuple); ok {
			parts = t
		}
		text, _, err := w.section(text, a)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			if has(text, a.asText(part)) && a.Err == nil {
				return true, nil
			}
		}
		return false, nil
	}
}

// section cuts text as start and end of a search say.
func (w *Work) section(text string, a *Arguments) (cut string, start int, err error) {
	low, high := a.Opt("start", nil), a.Opt("end", nil)
	if low == nil && high == nil {
		return text, 0, nil
	}
	start, _, _, err = sliceBounds(RuneCount(text), [3]any{low, high, nil})
	if err != nil {
		return "", 0, err
	}
	part, err := w.Slice(text, [3]any{low, high, nil})
	if err != nil {
		return "", 0, err
	}
	return part.(string), start, nil
}

func findMethod(find func(text, part string) int, must bool) func(w *Work, text string, a *Arguments) (any, error) {
	return func(w *Work, text string, a *Arguments) (any, error) {
		part := a.Text("sub")
		text, start, err := w.section(text, a)
		if err != nil {
			return nil, err
		}
		i := find(text, part)
		switch {
		case i >= 0:
			return int64(start + RuneCount(text[:i])), nil
		case must:
			return nil, errors.New("substring not found")
		}
		return int64(-1), nil
	}
}

func partitionMethod(last bool) func(w *Work, text string, a *Arguments) (any, error) {
	return func(w *Work, text string, a *Arguments) (any, error) {
		part := a.Text("sep")
		if part == "" && a.Err == nil {
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

func joinMethod(w *Work, text string, a *Arguments) (any, error) {
	items, err := w.Elements(a.Need("iterable"))
	if err := errors.Join(a.Err, err); err != nil {
		return nil, err
	}
	parts := make([]string, len(items))
	size := 0
	for i, item := range items {
		part, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("sequence item %d: expected str instance, %s found", i, KindName(item))
		}
		parts[i] = part
		size += len(part) + len(text)
		if err := w.Spend(len(part) + len(text)); err != nil {
			return nil, err
		}
	}
	return strings.Join(parts, text), nil
}

// ReplaceStr is replace with what the values print.
func (w *Work) ReplaceStr(text string, old, replacement any, n int) (any, error) {
	from, err := w.Str(old)
	if err != nil {
		return nil, err
	}
	to, err := w.Str(replacement)
	if err != nil {
		return nil, err
	}
	return w.replace(text, from, to, n)
}

// replace replaces up to n occurrences; a negative n is no limit.
func (w *Work) replace(text, old, replacement string, n int) (string, error) {
	times := strings.Count(text, old)
	if n >= 0 {
		times = min(times, n)
	}
	if err := w.SpendTimes(len(replacement), times); err != nil {
		return "", err
	}
	return strings.Replace(text, old, replacement, n), w.Spend(len(text))
}

func textList(parts []string) *List {
	items := make([]any, len(parts))
	for i, p := range parts {
		items[i] = p
	}
	return NewList(items)
}

func splitMethod(fromRight bool) func(w *Work, text string, a *Arguments) (any, error) {
	return func(w *Work, text string, a *Arguments) (any, error) {
		separator, n := a.Opt("sep", nil), a.OptInt("maxsplit", -1)
		if a.Err != nil {
			return nil, a.Err
		}
		if err := w.Spend(len(text)); err != nil {
			return nil, err
		}
		if separator == nil {
			return textList(splitBlanks(text, n, fromRight)), nil
		}
		sep := a.asText(separator)
		if a.Err != nil {
			return nil, a.Err
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
	words := strings.FieldsFunc(text, IsSpace)
	if n < 0 || len(words) <= n {
		return words
	}
	if fromRight {
		rest := text
		for i := range n {
			rest = strings.TrimRightFunc(rest, IsSpace)
			rest = strings.TrimSuffix(rest, words[len(words)-1-i])
		}
		tail := words[len(words)-n:]
		if rest = strings.TrimRightFunc(rest, IsSpace); rest == "" {
			return tail
		}
		return append([]string{rest}, tail...)
	}
	rest := text
	for i := range n {
		rest = strings.TrimLeftFunc(rest, IsSpace)
		rest = strings.TrimPrefix(rest, words[i])
	}
	head := words[:n:n]
	if rest = strings.TrimLeftFunc(rest, IsSpace); rest == "" {
		return head
	}
	return append(head, rest)
}

// SplitLines splits as Python's str.splitlines.
func SplitLines(text string, keep bool) []string {
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

// Trim takes characters, or white space, off the ends.
func Trim(text string, chars any, atLeft, atRight bool) (any, error) {
	cut := IsSpace
	if chars != nil {
		set, ok := chars.(string)
		if !ok {
			return nil, fmt.Errorf("strip arg must be None or str, not %s", KindName(chars))
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

// Sides on which a text stands within its width.
const (
	left side = iota
	Center
	right
)

// Pad widens text to so many characters.
func (w *Work) Pad(text string, width int, fill string, at side) (string, error) {
	n := width - RuneCount(text)
	if n <= 0 {
		return text, nil
	}
	if err := w.SpendTimes(len(fill), n); err != nil {
		return "", err
	}
	before := 0
	switch at {
	case Center:
		before = n/2 + n&width&1
	case right:
		before = n
	}
	return strings.Repeat(fill, before) + text + strings.Repeat(fill, n-before), nil
}
