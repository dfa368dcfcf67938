package moment

import (
	"math"
	"strings"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// scanner reads a token of a format. find returns where in the text, which it
// may skip the start of, the token's input lies; start is -1 if there is none.
// take notes what was found.
type scanner struct {
	find   finder
	strict finder // nil: find
	take   func(c *config, in string)
}

type finder func(text string) (start, end int)

// readAs reads the input in one format.
func (c *config) readAs(format Value) {
	switch format {
	case ISO8601:
		c.flags.rejected = !c.readISO(toText(c.input))
		return
	case RFC2822:
		c.flags.rejected = !c.readRFC2822(toText(c.input))
		return
	}
	c.readLayout(toText(c.input), layoutOf(toText(format)))
}

// readLayout reads text. Each token takes the first input that fits, wherever
// it is in the rest of the text; what lies before it is skipped.
func (c *config) readLayout(text string, l layout) {
	c.flags.empty = true
	total, parsed := utf16Length(text), 0
	for _, e := range l {
		in, found := c.scan(&text, e)
		parsed += utf16Length(in)
		switch {
		case e.print != nil && !found, e.print == nil && !found && c.strict:
			c.flags.unusedTokens++
		case e.print != nil:
			c.flags.empty = false
			if e.scan != nil {
				e.scan.take(c, in)
			}
		}
	}
	c.flags.charsLeft = total - parsed
	c.finishLayout()
}

// scan finds the input of a token and cuts it and what is before it off text.
func (c *config) scan(text *string, e element) (in string, found bool) {
	start, end := 0, 0
	switch {
	case e.scan == nil:
		start = strings.Index(*text, e.literal)
		end = start + len(e.literal)
	case c.strict && e.scan.strict != nil:
		start, end = e.scan.strict(*text)
	default:
		start, end = e.scan.find(*text)
	}
	if start < 0 || start == end {
		return "", false
	}
	in = (*text)[start:end]
	*text = (*text)[end:]
	return in, true
}

func (c *config) finishLayout() {
	f := &c.fields
	hour := f.get(js.Hour)
	if 0 < hour && hour <= 12 {
		c.flags.bigHour = false
	}
	c.flags.anyPart = f.isSet != [7]bool{}
	if c.meridiem != "" && f.isSet[js.Hour] {
		pm := c.meridiem[0]|0x20 == 'p'
		switch {
		case pm && hour < 12:
			f.set(js.Hour, hour+12)
		case !pm && hour == 12:
			f.set(js.Hour, 0)
		}
	}
	c.assemble()
	c.checkOverflow()
}

// utf16Length is the length of a string to JavaScript.
func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// digits finds low to high digits, with a sign before them if signed.
func digits(low, high int, signed bool) finder {
	return func(text string) (int, int) {
		for i := range len(text) {
			from := i
			if signed && (text[i] == '+' || text[i] == '-') {
				from++
			}
			if n := countDigits(text[from:], high); n >= low {
				return i, from + n
			}
		}
		return -1, -1
	}
}

func countDigits(text string, most int) int {
	n := 0
	for n < len(text) && n < most && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}

// word finds letters with up to 256 digits before them.
func word(text string) (int, int) {
	const most = 256
	for i := range len(text) {
		digits := i + countDigits(text[i:], most)
		if n := countLetters(text[digits:], most); n > 0 {
			return i, digits + n
		}
	}
	return -1, -1
}

// countLetters returns the bytes of the letters that text starts with.
func countLetters(text string, most int) int {
	for i, r := range text {
		if most--; most < 0 || !isWordRune(r) {
			return i
		}
	}
	return len(text)
}

func isWordRune(r rune) bool {
	switch {
	case r == '\'', 'a' <= r|0x20 && r|0x20 <= 'z' && r < 0x80:
		return true
	case r < 0xa0:
		return false
	}
	return r <= 0x5ff || 0x700 <= r && r <= 0xd7ff || 0xf900 <= r && r <= 0xfdcf ||
		0xfdf0 <= r && r <= 0xff07 || 0xff10 <= r && r <= 0xffef
}

// meridiemWord finds a or p, maybe with an m and points.
func meridiemWord(text string) (int, int) {
	start := strings.IndexAny(text, "apAP")
	if start < 0 {
		return -1, -1
	}
	end := start + 1
	for _, optional := range []byte(".m.") {
		if end < len(text) && (text[end] == optional || optional == 'm' && text[end] == 'M') {
			end++
		}
	}
	return start, end
}

// dayOrdinal finds a day of the month and the ending that makes it an ordinal,
// which may be missing unless it is required.
func dayOrdinal(required bool) finder {
	return func(text string) (int, int) {
		for i := range len(text) {
			n := countDigits(text[i:], 2)
			for d := n; d > 0; d-- {
				if end := i + d; hasOrdinalSuffix(text[end:]) {
					return i, end + 2
				}
			}
			if n > 0 && !required {
				return i, i + n
			}
		}
		return -1, -1
	}
}

func hasOrdinalSuffix(text string) bool {
	if len(text) < 2 {
		return false
	}
	switch text[:2] {
	case "th", "st", "nd", "rd":
		return true
	}
	return false
}

// offset finds Z or a sign with hours and maybe minutes.
func offset(text string) (int, int) {
	for i := range len(text) {
		if n := offsetLength(text[i:], false); n > 0 {
			return i, i + n
		}
	}
	return -1, -1
}

// offsetLength returns the length of the offset that text starts with.
func offsetLength(text string, minutesRequired bool) int {
	switch text[0] {
	case 'z', 'Z':
		return 1
	case '+', '-':
		if countDigits(text[1:], 2) < 2 {
			return 0
		}
		rest := text[3:]
		colon := len(rest) - len(strings.TrimPrefix(rest, ":"))
		if countDigits(rest[colon:], 2) == 2 {
			return 3 + colon + 2
		}
		if !minutesRequired {
			return 3
		}
	}
	return 0
}

// timestamp finds a number with up to three decimals.
func timestamp(text string) (int, int) {
	start, end := digits(1, math.MaxInt, true)(text)
	if start >= 0 && end < len(text) && text[end] == '.' {
		if n := countDigits(text[end+1:], 3); n > 0 {
			end += 1 + n
		}
	}
	return start, end
}

// parseOffset returns the minutes of the last offset in text, or false.
func parseOffset(text string, minutesRequired bool) (float64, bool) {
	last := ""
	for i := 0; i < len(text); {
		n := offsetLength(text[i:], minutesRequired)
		if n > 0 {
			last = text[i : i+n]
		}
		i += max(n, 1)
	}
	if len(last) < 3 {
		return 0, last != ""
	}
	minutes := integer(last[1:3]) * 60
	if len(last) > 3 {
		minutes += integer(last[len(last)-2:])
	}
	if last[0] == '-' && minutes != 0 {
		minutes = -minutes
	}
	return minutes, true
}
