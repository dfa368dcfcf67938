package notebook

import (
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/source/python"
)

// cellOptions reads what stands behind a cell marker: a title, then metadata as
// key=value pairs or as a JSON object.
func cellOptions(text string) (title string, meta params.Map) {
	text = strings.TrimSpace(text)
	brace, equal := strings.IndexByte(text, '{'), strings.IndexByte(text, '=')
	if brace >= 0 && (equal < 0 || brace < equal) {
		v, ok := looseJSON(text[brace:])
		meta, isMap := v.(params.Map)
		if !ok || !isMap {
			meta = params.Of("incorrectly_encoded_metadata", text[brace:])
		}
		return strings.TrimSpace(text[:brace]), meta
	}
	head := text
	if equal >= 0 {
		head = text[:equal]
	}
	words := strings.Split(head, " ")
	if equal >= 0 { // the last word is a key
		for len(words) > 0 && words[len(words)-1] == "" {
			words = words[:len(words)-1]
		}
		if len(words) > 0 {
			words = words[:len(words)-1]
		}
	}
	for len(words) > 0 && (strings.TrimSpace(words[len(words)-1]) == "" || words[len(words)-1][0] == '.') {
		words = words[:len(words)-1]
	}
	title = strings.Join(words, " ")
	return title, pairs(text[len(title):])
}

// scriptOptions is cellOptions for scripts: [markdown] in the title is the kind
// of the cell, leading % its depth.
func scriptOptions(text string) (kind string, meta params.Map) {
	title, meta := cellOptions(text)
	for _, k := range []string{"markdown", "raw", "md"} {
		if strings.Contains(title, "["+k+"]") {
			title = strings.TrimSpace(strings.ReplaceAll(title, "["+k+"]", ""))
			kind = k
			break
		}
	}
	if v, ok := meta.Get("cell_type"); ok && kind == "" {
		kind, _ = v.(string)
		meta = meta.Delete("cell_type")
	}
	if kind == "md" {
		kind = "markdown"
	}
	if rest := strings.TrimLeft(title, "%"); rest != title {
		meta = meta.Set("cell_depth", int64(len(title)-len(rest)))
		title = strings.TrimSpace(rest)
	}
	if title != "" {
		meta = meta.Set("title", title)
	}
	return kind, meta
}

// pairs reads key=value pairs and single keys, from the right: a value may hold
// blanks and signs of equality.
func pairs(text string) params.Map {
	text = strings.TrimSpace(text)
	if text == "" {
		return params.Map{}
	}
	last := strings.LastIndexByte(text, ' ')
	if word := text[last+1:]; !strings.HasPrefix(text, "--") && isIdentifier(word) {
		m := params.Of(word, nil)
		if last > 0 {
			m = m.Merge(pairs(text[:last]))
		}
		return m
	}
	for end := len(text); ; {
		equal := strings.LastIndexByte(text[:end], '=')
		if equal < 0 {
			return params.Of("incorrectly_encoded_metadata", text)
		}
		end = equal
		start := strings.LastIndexByte(strings.TrimRight(text[:equal], " "), ' ')
		key := strings.TrimSpace(text[start+1 : equal])
		if !isKey(key) {
			continue
		}
		v, ok := looseJSON(text[equal+1:])
		if !ok {
			continue
		}
		var m params.Map
		if start > 0 {
			m = pairs(text[:start])
		}
		return m.Set(key, v)
	}
}

// looseJSON reads JSON or a Python literal.
func looseJSON(text string) (params.Value, bool) {
	if v, err := params.ParseJSON([]byte(strings.TrimSpace(text))); err == nil {
		return v, true
	}
	return python.Literal(text)
}

func isIdentifier(s string) bool {
	return s != "" && (s[0] < '0' || s[0] > '9') && only(s, "_.")
}

func isKey(s string) bool { return s != "" && only(s, "_.@/-") }

// only tells whether s is made of letters, digits and other.
func only(s, other string) bool {
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte(other, c) < 0 {
			return false
		}
	}
	return true
}

// chunkOptions reads what stands in the braces of a chunk of R Markdown: a
// language, a name, and options with R's values.
func chunkOptions(text string) (language string, meta params.Map) {
	language, rest := text, ""
	if i := strings.IndexAny(text, ", \t"); i >= 0 {
		language, rest = text[:i], strings.TrimLeft(text[i+1:], " ,")
	}
	if language == "r" {
		language = "R"
	}
	for i, o := range splitOptions(rest) {
		name, value, assigned := cutOption(o)
		switch {
		case !assigned && i == 0:
			meta = meta.Set("name", value)
		case !assigned:
		case name == "echo" && value == "FALSE":
			meta = addTag(meta, "remove_input")
		case name == "include" && value == "FALSE":
			meta = addTag(meta, "remove_cell")
		case name == "results" && (value == `"hide"` || value == "'hide'"):
			meta = addTag(meta, "remove_output")
		default:
			meta = meta.Set(name, rValue(value))
		}
	}
	return language, meta
}

// splitOptions cuts at commas outside of brackets and quotes.
func splitOptions(text string) []string {
	var out []string
	start, depth := 0, 0
	var quote byte
	for i := range len(text) {
		c := text[i]
		switch {
		case quote != 0:
			if c == quote && text[i-1] != '\\' {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		case c == ',' && depth == 0:
			out = append(out, text[start:i])
			start = i + 1
		}
	}
	if strings.TrimSpace(text[start:]) != "" {
		out = append(out, text[start:])
	}
	return out
}

func cutOption(o string) (name, value string, assigned bool) {
	i := strings.IndexByte(o, '=')
	if i < 0 {
		return "", strings.TrimSpace(o), false
	}
	return strings.TrimSpace(o[:i]), strings.TrimSpace(o[i+1:]), true
}

// rValue reads a value of R as far as metadata has one; other code stays code.
func rValue(text string) params.Value {
	switch text {
	case "TRUE", "T":
		return true
	case "FALSE", "F":
		return false
	}
	if n := len(text); n > 1 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
		return text[1 : n-1]
	}
	list := text
	for _, f := range []string{"c(", "list("} {
		if rest, ok := strings.CutPrefix(text, f); ok && strings.HasSuffix(rest, ")") {
			list = "[" + rest[:len(rest)-1] + "]"
		}
	}
	if v, ok := python.Literal(list); ok {
		return v
	}
	return "#R_CODE#" + text
}

func addTag(meta params.Map, tag string) params.Map {
	tags := []any{}
	for _, t := range tagsOf(meta) {
		tags = append(tags, t)
	}
	return meta.Set("tags", append(tags, tag))
}

// tagsOf returns the tags in metadata.
func tagsOf(meta params.Map) []string {
	v, _ := meta.Get("tags")
	list, _ := v.([]params.Value)
	var out []string
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// isActive tells whether a cell is code in files with the suffix ext.
func isActive(ext string, meta params.Map, otherwise bool) bool {
	ext = strings.TrimPrefix(ext, ".")
	if v, ok := meta.Get("run_control"); ok {
		control, _ := v.(params.Map)
		if frozen, _ := control.Get("frozen"); frozen == true {
			return ext == "ipynb"
		}
	}
	for _, tag := range tagsOf(meta) {
		if strings.HasPrefix(tag, "active-") {
			return contains(strings.Split(tag, "-"), ext)
		}
	}
	v, ok := meta.Get("active")
	if !ok {
		return otherwise
	}
	text, _ := v.(string)
	return contains(strings.FieldsFunc(text, func(r rune) bool { return r == '.' || r == ',' }), ext)
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}
