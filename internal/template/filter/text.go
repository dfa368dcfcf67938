package filter

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/template/value"
)

// textFilter returns a filter that works on text, or nil.
func textFilter(name string) filterFunc {
	switch name {
	case "capitalize":
		return onText(func(_ *value.Work, text string, a *value.Arguments) (any, error) { return value.Capitalize(text), nil })
	case "center":
		return onText(func(w *value.Work, text string, a *value.Arguments) (any, error) {
			return w.Pad(text, a.OptInt("width", 80), " ", value.Center)
		})
	case "e", "escape", "forceescape":
		return onText(func(_ *value.Work, text string, a *value.Arguments) (any, error) { return escapeHTML(text), nil })
	case "format":
		return filterFormat
	case "indent":
		return filterIndent
	case "lower":
		return onText(func(_ *value.Work, text string, _ *value.Arguments) (any, error) { return strings.ToLower(text), nil })
	case "replace":
		return onText(func(w *value.Work, text string, a *value.Arguments) (any, error) {
			old, replacement := a.Need("old"), a.Need("new")
			count, limited := a.Take("count")
			if !limited || count == nil {
				count = int64(-1)
			}
			n, err := value.ToInt(count)
			if err != nil {
				return nil, err
			}
			return w.ReplaceStr(text, old, replacement, n)
		})
	case "safe", "string":
		return onText(func(_ *value.Work, text string, _ *value.Arguments) (any, error) { return text, nil })
	case "title":
		return onText(func(_ *value.Work, text string, _ *value.Arguments) (any, error) { return titleFilter(text), nil })
	case "trim":
		return onText(func(_ *value.Work, text string, a *value.Arguments) (any, error) {
			return value.Trim(text, a.Opt("chars", nil), true, true)
		})
	case "truncate":
		return filterTruncate
	case "upper":
		return onText(func(_ *value.Work, text string, _ *value.Arguments) (any, error) { return value.Upper(text), nil })
	case "urlencode":
		return filterURLEncode
	case "wordcount":
		return onText(func(_ *value.Work, text string, _ *value.Arguments) (any, error) {
			return int64(len(strings.FieldsFunc(text, func(c rune) bool { return !value.IsWord(c) }))), nil
		})
	}
	return nil
}

// onText makes a filter that takes what a value prints.
func onText(fn func(w *value.Work, text string, a *value.Arguments) (any, error)) filterFunc {
	return func(w *value.Work, v any, a *value.Arguments) (any, error) {
		text, err := w.Str(v)
		if err != nil {
			return nil, err
		}
		out, err := fn(w, text, a)
		if err != nil {
			return nil, err
		}
		if err := a.Done(); err != nil {
			return nil, err
		}
		if text, ok := out.(string); ok {
			return text, w.Spend(len(text))
		}
		return out, nil
	}
}

// titleFilter makes the first letter of each word upper case, where words are
// what blanks, hyphens and opening brackets separate.
func titleFilter(text string) string {
	var b strings.Builder
	start := true
	for _, c := range text {
		if value.IsSpace(c) || strings.ContainsRune("-({[<", c) {
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

func filterFormat(w *value.Work, v any, a *value.Arguments) (any, error) {
	text, err := w.Str(v)
	if err != nil {
		return nil, err
	}
	if len(a.Named) == 0 {
		return w.Percent(text, value.Tuple(a.Positional))
	}
	if len(a.Positional) > 0 {
		return nil, fmt.Errorf("can't handle positional and keyword arguments at the same time")
	}
	d := new(value.Dict)
	for _, n := range a.Named {
		d.Set(n.Name, n.Name, n.Value)
	}
	return w.Percent(text, d)
}

func filterIndent(w *value.Work, v any, a *value.Arguments) (any, error) {
	indent := indentation(a, "width", int64(4))
	first := a.Flag("first")
	blank := a.Flag("blank")
	if err := a.Done(); err != nil {
		return nil, err
	}
	text, ok := v.(string)
	if u, isUndefined := v.(value.Undefined); isUndefined {
		return nil, u.Fail()
	}
	if !ok {
		return nil, fmt.Errorf("indent() needs a string, not %s", value.KindName(v))
	}
	lines := value.SplitLines(text+"\n", false)
	if err := w.SpendTimes(len(indent), len(lines)); err != nil {
		return nil, err
	}
	for i, line := range lines {
		if i > 0 && (line != "" || blank) || i == 0 && first {
			lines[i] = indent + line
		}
	}
	out := strings.Join(lines, "\n")
	return out, w.Spend(len(out))
}

func filterTruncate(w *value.Work, v any, a *value.Arguments) (any, error) {
	length := a.OptInt("length", 255)
	killWords := a.Flag("killwords")
	end := a.OptText("end", "...")
	leeway := 5
	if given := a.Opt("leeway", nil); given != nil {
		leeway, a.Err = value.ToInt(given)
	}
	if err := a.Done(); err != nil {
		return nil, err
	}
	if length < value.RuneCount(end) || leeway < 0 {
		return nil, fmt.Errorf("expected length >= %d and leeway >= 0, got %d and %d", value.RuneCount(end), length, leeway)
	}
	text, ok := v.(string)
	if !ok {
		if n, err := w.Length(v); err != nil || n <= length+leeway {
			return v, err
		}
		return nil, fmt.Errorf("truncate() needs a string, not %s", value.KindName(v))
	}
	runes := []rune(text)
	if len(runes) <= length+leeway {
		return text, w.Spend(len(text))
	}
	text = string(runes[:length-value.RuneCount(end)])
	if i := strings.LastIndexByte(text, ' '); i >= 0 && !killWords {
		text = text[:i]
	}
	return text + end, w.Spend(len(text))
}

// filterURLEncode quotes text for a URL, or the pairs of a mapping for its query.
func filterURLEncode(w *value.Work, v any, a *value.Arguments) (any, error) {
	if err := a.Done(); err != nil {
		return nil, err
	}
	if _, isText := v.(string); isText || !isIterable(v) {
		text, err := w.Str(v)
		return quoteURL(text, true), err
	}
	if d, ok := v.(*value.Dict); ok {
		v = &value.View{Name: "items", Of: d}
	}
	items, err := w.Elements(v)
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(items))
	for i, item := range items {
		pair, err := w.Elements(item)
		if err != nil || len(pair) != 2 {
			return nil, fmt.Errorf("urlencode() needs pairs")
		}
		key, err := w.Str(pair[0])
		if err != nil {
			return nil, err
		}
		value, err := w.Str(pair[1])
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
