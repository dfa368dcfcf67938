package plot

import (
	"math"
	"strconv"
	"testing"
)

// luminance is how bright a colour is, by the WCAG.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	rgb, err := strconv.ParseUint(colour[1:], 16, 32)
	if err != nil || len(colour) != 7 {
		t.Fatalf("colour %q", colour)
	}
	channel := func(shift uint) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	l, m := luminance(t, a), luminance(t, b)
	return (max(l, m) + 0.05) / (min(l, m) + 0.05)
}

// Texts need a contrast of 4.5, signs and lines one of 3.
func TestColoursAreReadableInLightAndDark(t *testing.T) {
	t.Parallel()
	for _, l := range append([]look{neutral}, looks...) {
		for _, tt := range []struct {
			theme
			shade
		}{{lightTheme, l.light}, {darkTheme, l.dark}} {
			for _, pair := range []struct {
				what        string
				front, back string
				least       float64
			}{
				{"label in box", tt.text, tt.fill, 4.5},
				{"detail in box", tt.detail, tt.fill, 4.5},
				{"label in frame", tt.text, tt.frame, 4.5},
				{"detail in frame", tt.detail, tt.frame, 4.5},
				{"label of edge", tt.detail, tt.page, 4.5},
				{"sign in box", tt.line, tt.fill, 3},
				{"sign in frame", tt.line, tt.frame, 3},
				{"edge in frame", tt.edge, tt.frame, 3},
			} {
				if c := contrast(t, pair.front, pair.back); c < pair.least {
					t.Errorf("%s, %s: contrast of %s on %s is %.1f, want %v", l.state, pair.what, pair.front, pair.back, c, pair.least)
				}
			}
		}
	}
}
