package plot

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

func TestShortenedTextFitsAndKeepsItsBeginning(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		s := oneLine(rapid.String().Draw(t, "text"))
		width := rapid.IntRange(20, 300).Draw(t, "width")
		short := shorten(s, labelSize, width)
		if w := textWidth(short, labelSize); w > width {
			t.Fatalf("%q is %d pixels wide, want at most %d", short, w, width)
		}
		if short == s {
			return
		}
		start, cut := strings.CutSuffix(short, "…")
		if !cut || !strings.HasPrefix(s, start) {
			t.Fatalf("%q became %q", s, short)
		}
		if textWidth(s, labelSize) <= width {
			t.Fatalf("%q fits and was cut", s)
		}
	})
}
