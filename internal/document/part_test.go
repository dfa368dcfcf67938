package document_test

import (
	"strings"
	"testing"
)

func TestPartsOfTextsHavePlaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, src, part string
		nth             int // of the part, in the text
		line, column    int
	}{
		{"plain", "a: x ${b}", "${b}", 0, 1, 6},
		{"characters count, not bytes", "a: é ${b}", "${b}", 0, 1, 6},
		{"quoted", `a: "x ${b}"`, "${b}", 0, 1, 7},
		{"a second one", "a: ${b} ${b}", "${b}", 1, 1, 9},
		{"not one in the key", "${b}: ${b}", "${b}", 0, 1, 7},
		{"a block", "a: |\n  x\n  ${b}\n", "${b}", 0, 3, 3},
		{"a block with a blank line", "a: |\n\n\n  x ${b}\n", "${b}", 0, 4, 5},
		{"folded", "a: >\n  x\n  y\n  ${b}\n", "${b}", 0, 4, 3},
		{"over several lines", "a: |\n  x ${b\n  + c}\n", "${b\n+ c}", 0, 2, 5},
		{"with an escape, where the text is", `a: "${b[\"c\"]}"`, `${b["c"]}`, 0, 1, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := parse(t, tt.src).Entries()[0].Value
			text, _ := n.Text()
			offset := 0
			for i := 0; ; i++ {
				offset += strings.Index(text[offset:], tt.part)
				if i == tt.nth {
					break
				}
				offset += len(tt.part)
			}
			if got := n.Part(offset, tt.part).Pos(); got.Line != tt.line || got.Column != tt.column {
				t.Errorf("it stands at %d:%d, want %d:%d", got.Line, got.Column, tt.line, tt.column)
			}
		})
	}
}
