package config

import "strings"

// Excerpts of files show keys, and values that are wrong. Whatever else is in a line
// is not shown, as it may be a secret.

// upTo is the beginning of a line, up to a column; nothing if there is another setting
// in it.
func upTo(line string, column int) string {
	runes := []rune(line)
	shown := string(runes[:min(max(column-1, 0), len(runes))])
	if strings.Contains(shown, ",") {
		return ""
	}
	return shown
}

// from is the rest of a line, from a column on.
func from(line string, column int) string {
	runes := []rune(line)
	return string(runes[min(max(column-1, 0), len(runes)):])
}

// key is the place with the key in it, and without its value.
func (p place) key() place {
	text := from(p.source, p.Column)
	shown := upTo(p.source, p.Column)
	end := strings.IndexAny(text, ":= \t{},")
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		end = strings.IndexByte(text[1:], text[0]) + 2
	}
	if end > 0 {
		text = text[:end]
	}
	if shown == "" && p.Column > 1 {
		text = ""
	}
	p.source = shown + text
	return p
}

// alone is the place without what other settings there are in the line.
func (p place) alone(value string) place {
	switch {
	case !strings.Contains(p.source, ","):
	case value != "" && strings.HasPrefix(from(p.source, p.Column), value) && upTo(p.source, p.Column) != "":
		p.source = upTo(p.source, p.Column) + value
	default:
		p.source = upTo(p.source, p.Column)
	}
	return p
}
