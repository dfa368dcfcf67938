package params

import "strings"

// Shortened returns the beginning of a text that is shown in a message: its first line,
// and of that so many characters. "..." ends what is not all of it.
func Shortened(text string, most int) string {
	shown, count := text, 0
	for i, r := range text {
		if count == most || r == '\n' || r == '\r' {
			shown = strings.TrimRight(text[:i], " \t") + "..."
			break
		}
		count++
	}
	return strings.ToValidUTF8(shown, "\uFFFD")
}
