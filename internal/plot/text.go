package plot

import (
	"strings"
	"unicode"
)

// Sizes of text in pixels.
const (
	labelSize  = 13
	detailSize = 11
)

// textWidth estimates how wide s is when it is set in a common sans-serif
// font of the given size. It rather errs on the wide side.
func textWidth(s string, size int) int {
	milli := 0
	for _, r := range s {
		milli += runeWidth(r)
	}
	return (milli*size + 999) / 1000
}

// runeWidth returns the width of r in thousandths of the font size.
func runeWidth(r rune) int {
	switch {
	case strings.ContainsRune("ijlI.,:;'|! ", r):
		return 310
	case strings.ContainsRune("ftr()[]{}/\\-\"`", r):
		return 400
	case strings.ContainsRune("mwMW@%", r):
		return 940
	case r < 0x80 && (unicode.IsUpper(r) || strings.ContainsRune("+=<>~&#", r)):
		return 720
	case r < 0x80:
		return 590
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1F000 && r < 0x20000:
		return 1350
	case r >= 0x1100 && unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana):
		return 1000
	default:
		return 700
	}
}

// shorten cuts s so that it is at most width pixels wide, and marks the cut.
func shorten(s string, size, width int) string {
	if textWidth(s, size) <= width {
		return s
	}
	const mark = "…"
	milli := (width - textWidth(mark, size)) * 1000 / size
	for i, r := range s {
		milli -= runeWidth(r)
		if milli < 0 {
			return strings.TrimRight(s[:i], " ") + mark
		}
	}
	return s
}

// oneLine replaces what would break a line, or a document, by spaces.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return printable(r)
	}, s)
}

// printable returns r, or the replacement character if no XML document may
// contain r. A carriage return becomes a space, as it would not come through.
func printable(r rune) rune {
	if r == '\r' {
		return ' '
	}
	if r == 0xFFFE || r == 0xFFFF || (r < 0x20 && r != '\n' && r != '\t') {
		return unicode.ReplacementChar
	}
	return r
}
