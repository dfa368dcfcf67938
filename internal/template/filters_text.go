package template

import (
	"fmt"
	"strings"
	"unicode"
)

// textFilter returns a filter that works on text, or nil.
func textFilter(name string) filterFunc {
	switch name {
	case "capitalize":
		return onText(func(_ *state, text string, a *arguments) (any, error) { return capitalize(text), nil })
	case "center":
		return onText(func(s *state, text string, a *arguments) (any, error) {
			return s.pad(text, a.optInt("width", 80), " ", center)
		})
	case "e", "escape", "forceescape":
		return onText(func(_ *state, text string, a *arguments) (any, error) { return escapeHTML(text), nil })
	case "format":
		return filterFormat
	case "indent":
		return filterIndent
	case "lower":
		return onText(func(_ *state, text string, _ *arguments) (any, error) { return strings.ToLower(text), nil })
	case "replace":
		return onText(func(s *state, text string, a *arguments) (any, error) {
			old, replacement := a.need("old"), a.need("new")
			count, limited := a.take("count")
			if !limited || count == nil {
				count = int64(-1)
			}
			n, err := toInt(count)
			if err != nil {
				return nil, err
			}
			return s.replaceStr(text, old, replacement, n)
		})
	case "safe", "string":
		return onText(func(_ *state, text string, _ *arguments) (any, error) { return text, nil })
	case "title":
		return onText(func(_ *state, text string, _ *arguments) (any, error) { return titleFilter(text), nil })
	case "trim":
		return onText(func(_ *state, text string, a *arguments) (any, error) {
			return trim(text, a.opt("chars", nil), true, true)
		})
	case "truncate":
		return filterTruncate
	case "upper":
		return onText(func(_ *state, text string, _ *arguments) (any, error) { return upper(text), nil })
	case "urlencode":
		return filterURLEncode
	case "wordcount":
		return onText(func(_ *state, text string, _ *arguments) (any, error) {
			return int64(len(strings.FieldsFunc(text, func(c rune) bool { return !isWord(c) }))), nil
		})
	}
	return nil
}

// onText makes a filter that takes what a value prints.
func onText(fn func(s *state, text string, a *arguments) (any, error)) filterFunc {
	return func(s *state, v any, a *arguments) (any, error) {
		text, err := s.str(v)
		if err != nil {
			return nil, err
		}
		out, err := fn(s, text, a)
		if err != nil {
			return nil, err
		}
		if err := a.done(); err != nil {
			return nil, err
		}
		if text, ok := out.(string); ok {
			return text, s.spend(len(text))
		}
		return out, nil
	}
}

// upper also changes the letters that become several.
func upper(text string) string {
	text = strings.ToUpper(text)
	if strings.ContainsAny(text, "ßﬀﬁﬂﬃﬄﬅﬆ") {
		text = strings.NewReplacer("ß", "SS", "ﬀ", "FF", "ﬁ", "FI", "ﬂ", "FL", "ﬃ", "FFI", "ﬄ", "FFL", "ﬅ", "ST", "ﬆ", "ST").Replace(text)
	}
	return text
}

func capitalize(text string) string {
	for i, c := range text {
		return string(unicode.ToTitle(c)) + strings.ToLower(text[i+len(string(c)):])
	}
	return text
}

// titleFilter makes the first letter of each word upper case, where words are
// what blanks, hyphens and opening brackets separate.
func titleFilter(text string) string {
	var b strings.Builder
	start := true
	for _, c := range text {
		if isSpace(c) || strings.ContainsRune("-({[<", c) {
			start = true
			b.WriteRune(c)
			continue
		}
		if start {
			b.WriteString(strings.ToUpper(string(c)))
		} else {
			b.WriteString(strings.ToLower(string(c)))
		}
		start = false
	}
	return b.String()
}

func escapeHTML(text string) string {
	return strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;").Replace(text)
}

func filterFormat(s *state, v any, a *arguments) (any, error) {
	text, err := s.str(v)
	if err != nil {
		return nil, err
	}
	if len(a.named) == 0 {
		return s.percent(text, Tuple(a.positional))
	}
	if len(a.positional) > 0 {
		return nil, fmt.Errorf("can't handle positional and keyword arguments at the same time")
	}
	d := new(dict)
	for _, n := range a.named {
		d.set(n.name, n.name, n.value)
	}
	return s.percent(text, d)
}

func filterIndent(s *state, v any, a *arguments) (any, error) {
	indent := a.indentation("width", int64(4))
	first := a.flag("first")
	blank := a.flag("blank")
	if err := a.done(); err != nil {
		return nil, err
	}
	text, ok := v.(string)
	if u, isUndefined := v.(undefined); isUndefined {
		return nil, u.fail()
	}
	if !ok {
		return nil, fmt.Errorf("indent() needs a string, not %s", kindName(v))
	}
	lines := splitLines(text+"\n", false)
	if err := s.spendTimes(len(indent), len(lines)); err != nil {
		return nil, err
	}
	for i, line := range lines {
		if i > 0 && (line != "" || blank) || i == 0 && first {
			lines[i] = indent + line
		}
	}
	out := strings.Join(lines, "\n")
	return out, s.spend(len(out))
}

func filterTruncate(s *state, v any, a *arguments) (any, error) {
	length := a.optInt("length", 255)
	killWords := a.flag("killwords")
	end := a.optText("end", "...")
	leeway := 5
	if given := a.opt("leeway", nil); given != nil {
		leeway, a.err = toInt(given)
	}
	if err := a.done(); err != nil {
		return nil, err
	}
	if length < runeCount(end) || leeway < 0 {
		return nil, fmt.Errorf("expected length >= %d and leeway >= 0, got %d and %d", runeCount(end), length, leeway)
	}
	text, ok := v.(string)
	if !ok {
		if n, err := s.length(v); err != nil || n <= length+leeway {
			return v, err
		}
		return nil, fmt.Errorf("truncate() needs a string, not %s", kindName(v))
	}
	runes := []rune(text)
	if len(runes) <= length+leeway {
		return text, s.spend(len(text))
	}
	text = string(runes[:length-runeCount(end)])
	if i := strings.LastIndexByte(text, ' '); i >= 0 && !killWords {
		text = text[:i]
	}
	return text + end, s.spend(len(text))
}

// filterURLEncode quotes text for a URL, or the pairs of a mapping for its query.
func filterURLEncode(s *state, v any, a *arguments) (any, error) {
	if err := a.done(); err != nil {
		return nil, err
	}
	if _, isText := v.(string); isText || !isIterable(v) {
		text, err := s.str(v)
		return quoteURL(text, true), err
	}
	if d, ok := v.(*dict); ok {
		v = &view{"items", d}
	}
	items, err := s.elements(v)
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(items))
	for i, item := range items {
		pair, err := s.elements(item)
		if err != nil || len(pair) != 2 {
			return nil, fmt.Errorf("urlencode() needs pairs")
		}
		key, err := s.str(pair[0])
		if err != nil {
			return nil, err
		}
		value, err := s.str(pair[1])
		if err != nil {
			return nil, err
		}
		parts[i] = quoteURL(key, false) + "=" + quoteURL(value, false)
	}
	return strings.Join(parts, "&"), nil
}

// quoteURL quotes text as a part of a path, or of a query.
func quoteURL(text string, path bool) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_.-~", c) >= 0, c == '/' && path:
			b.WriteByte(c)
		case c == ' ' && !path:
			b.WriteByte('+')
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
