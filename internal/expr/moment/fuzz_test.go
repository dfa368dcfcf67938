package moment_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/expr/moment"
)

// Any text in any format is a moment, if an invalid one, and is shown in any
// format; what its own default format shows means the same.
func FuzzParse(f *testing.F) {
	for _, seed := range [][2]string{
		{"2016-01-31T10:20:30.456+09:00", "YYYY-MM-DD"}, {"31st of January", "Do [of] MMMM"}, {"10pm", "hA"}, {"20160131", "YYYYMMDD"},
		{"Sun, 31 Jan 2016 10:20:30 GMT", "x X"}, {"W05", "GGGG-[W]WW-E"}, {"1454198400", "X"}, {"5/1", "LT l [\\"}, {"\xff", "\xff["},
	} {
		f.Add(seed[0], seed[1])
	}
	l := newLib(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, text, format string) {
		for _, m := range []moment.Value{l.Call(text), l.Call(text, format), l.Call(text, format, true), static(t, l, "utc", text, format)} {
			run(t, m, do("clone"), do("add", 1.0, "month"), do("startOf", "week"), do("format", format))
			year := run(t, m, do("year"))
			if y, ok := year.(float64); !ok || !(y >= 1900 && y < 2100) {
				continue // offsets of long ago have seconds, which formats do not show
			}
			again := l.Call(run(t, m, do("format")))
			if got, want := run(t, again, do("unix")), run(t, m, do("unix")); got != want {
				t.Fatalf("%q in format %q is %v; what it shows is %v", text, format, want, got)
			}
		}
	})
}
