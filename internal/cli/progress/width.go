package progress

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// columns returns how many columns of a terminal text takes.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		r >= 0x3000 && r <= 0x303e, // punctuation of these
		r >= 0xff01 && r <= 0xff60, // letters in full width
		r >= 0x1f300 && r <= 0x1faff:
		return 2
	}
	return 1
}

// clip makes text fit into width columns of one line. Of a line that was
// written over, the newest part is shown.
func clip(text string, width int) string {
	text = strings.TrimRight(text, "\r")
	text = strings.ReplaceAll(bare(text[strings.LastIndexByte(text, '\r')+1:]), "\t", " ")
	if columns(text) <= width {
		return text
	}
	used := 1 // for the ellipsis
	for i, r := range text {
		if used += runeColumns(r); used > width {
			return strings.TrimRight(text[:i], " ") + "…"
		}
	}
	return text
}

// squeeze makes a name fit into width columns: what it begins and ends with
// tells it from others.
func squeeze(name string, width int) string {
	if columns(name) <= width || width < 3 {
		return clip(name, width)
	}
	head := (width - 1) / 2
	tail := name
	for columns(tail) > width-1-head {
		_, n := utf8.DecodeRuneInString(tail)
		tail = tail[n:]
	}
	used := 0
	for i, r := range name {
		if used += runeColumns(r); used > head {
			return name[:i] + "…" + tail
		}
	}
	return name
}
