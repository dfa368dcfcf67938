package progress

import (
	"strings"
	"unicode"
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
	text = strings.TrimRight(bare(text), "\r")
	text = text[strings.LastIndexByte(text, '\r')+1:]
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
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
