package model

import "strings"

// Traceparent returns a text if that is a trace context as of W3C, of any
// version, or "".
func Traceparent(text string) string {
	const form = "00-00000000000000000000000000000000-0000000000000000-00"
	if len(text) < len(form) || len(text) > 256 || len(text) > len(form) && text[len(form)] != '-' {
		return ""
	}
	for i, c := range text[:len(form)] {
		if dash := form[i] == '-'; dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdef", c) {
			return ""
		}
	}
	return text
}
