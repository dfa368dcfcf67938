package moment

import (
	"math"
	"regexp"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/expr/js"
)

var jsonDate = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^/?Date\((-?\d+)`) })

// readString reads input that is ISO 8601, RFC 2822 or anything that Date takes.
func (c *config) readString(text string) {
	if c.readISO(text) {
		return
	}
	if found := jsonDate().FindStringSubmatch(text); found != nil {
		c.setTime(js.ParseNumber(found[1]))
		return
	}
	if c.readRFC2822(text) {
		return
	}
	if c.utc {
		text += " UTC"
	}
	c.setTime(c.inputZone().Parse(text))
}

// readISO reads ISO 8601 and reports whether the text is that.
func (c *config) readISO(text string) bool {
	var buffer [40]byte
	format, ok := isoLayout(buffer[:0], text)
	if ok {
		c.readLayout(text, layoutOf(format))
	}
	return ok
}

// isoLayout appends the format that fits a text in ISO 8601.
func isoLayout(b []byte, text string) ([]byte, bool) {
	text = strings.TrimLeftFunc(text, js.IsSpace)
	signed := text != "" && (text[0] == '+' || text[0] == '-')
	yearLength := 4
	if signed {
		text, yearLength = text[1:], 6
	}
	if countDigits(text, yearLength) < yearLength {
		return nil, false
	}
	text = text[yearLength:]
	forms, separator := basicForms, ""
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		text, forms, separator = rest, extendedForms, ":"
	}
	for _, form := range forms {
		if !form.matches(text) {
			continue
		}
		format := form.format(signed)
		if out, ok := isoClock(append(b, format...), text[len(form.pattern):], form, separator); ok {
			return out, format != ""
		}
	}
	return nil, false
}

// isoForm is a form of what follows the year: in pattern, 0 is any digit.
type isoForm struct {
	pattern string
	plain   string // format of the whole date
	signed  string // with a signed year, if it differs
	noTime  bool
}

var extendedForms = []isoForm{
	{pattern: "00-00", plain: "YYYY-MM-DD", signed: "YYYYYY-MM-DD"},
	{pattern: "W00-0", plain: "GGGG-[W]WW-E"},
	{pattern: "W00", plain: "GGGG-[W]WW", noTime: true},
	{pattern: "000", plain: "YYYY-DDD"},
	{pattern: "00", plain: "YYYY-MM", noTime: true},
}

// Without hyphens a signed year and what follows are told apart by their number
// of digits, which goes wrong for some; so it does in the original.
var basicForms = []isoForm{
	{pattern: "0000", plain: "YYYYMMDD", signed: "YYYYYYMMDD"},
	{pattern: "W000", plain: "GGGG[W]WWE"},
	{pattern: "W00", plain: "GGGG[W]WW", noTime: true},
	{pattern: "000", plain: "YYYYDDD", signed: "YYYYMMDD"},
	{pattern: "00", signed: "YYYYMMDD"},
}

func (f isoForm) format(signed bool) string {
	if signed && f.signed != "" {
		return f.signed
	}
	return f.plain
}

func (f isoForm) matches(text string) bool {
	if len(text) < len(f.pattern) {
		return false
	}
	for i := range len(f.pattern) {
		p, c := f.pattern[i], text[i]
		if p == '0' && (c < '0' || c > '9') || p != '0' && p != c {
			return false
		}
	}
	return true
}

// isoClock appends the format of the time and the offset after a date.
func isoClock(b []byte, text string, form isoForm, separator string) ([]byte, bool) {
	if text == "" {
		return b, true
	}
	if form.noTime || text[0] != 'T' && text[0] != ' ' || countDigits(text[1:], 2) < 2 {
		return nil, false
	}
	b = append(append(b, text[0]), "HH"...)
	text = text[3:]
	for _, part := range [...]string{"mm", "ss"} {
		rest, ok := strings.CutPrefix(text, separator)
		if !ok || countDigits(rest, 2) < 2 {
			break
		}
		b, text = append(append(b, separator...), part...), rest[2:]
		if part == "ss" && text != "" && (text[0] == '.' || text[0] == ',') {
			if n := countDigits(text[1:], math.MaxInt); n > 0 {
				b, text = append(append(b, text[0]), "SSSS"...), text[1+n:]
			}
		}
	}
	if text == "" {
		return b, true
	}
	return append(b, 'Z'), isoOffset(text)
}

func isoOffset(text string) bool {
	if text[0] == '+' || text[0] == '-' {
		return offsetLength(text, false) == len(text)
	}
	return strings.TrimLeftFunc(text, js.IsSpace) == "Z"
}

var (
	rfc2822 = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s)?(\d{1,2})\s(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s(\d{2,4})\s(\d\d):(\d\d)(?::(\d\d))?\s(?:(UT|GMT|[ECMP][SD]T)|([Zz])|([+-]\d{4}))$`)
	})

	commentOrFold = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\([^)]*\)|[\n\t]`) })
	blanks        = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\s\s+`) })
)

// rfcOffsets are the offsets of the names of zones in hours.
var rfcOffsets = map[string]float64{
	"UT": 0, "GMT": 0,
	"EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8,
}

// readRFC2822 reads the form of dates in mail and reports whether the text is that.
func (c *config) readRFC2822(text string) bool {
	text = blanks().ReplaceAllString(commentOrFold().ReplaceAllString(text, " "), " ")
	found := rfc2822().FindStringSubmatch(js.Trim(text))
	if found == nil {
		return false
	}
	f := &c.fields
	f.set(js.Year, rfcYear(js.ParseNumber(found[4])))
	f.set(js.Month, float64(monthIndex(found[3])))
	f.set(js.Day, js.ParseNumber(found[2]))
	if !c.weekdayFits(found[1]) {
		*f = components{}
		c.flags.weekdayMismatch = true
		return false
	}
	f.set(js.Hour, js.ParseNumber(found[5]))
	f.set(js.Minute, js.ParseNumber(found[6]))
	if found[7] != "" {
		f.set(js.Second, js.ParseNumber(found[7]))
	}
	if offset := js.ParseNumber(found[10]); found[10] != "" {
		minutes := math.Mod(offset, 100)
		c.tzm = (offset-minutes)/100*60 + minutes
	} else {
		c.tzm = rfcOffsets[found[8]] * 60
	}
	value := f.value
	if !f.isSet[js.Second] {
		value[js.Second] = 0
	}
	c.setTime(dateOf(js.Zone{}, value) - c.tzm*js.MillisPerMinute)
	c.checkOverflow()
	return true
}

// rfcYear completes a year of two or three digits.
func rfcYear(y float64) float64 {
	switch {
	case y <= 49:
		return y + 2000
	case y <= 999:
		return y + 1900
	}
	return y
}

func (c *config) weekdayFits(name string) bool {
	if name == "" {
		return true
	}
	t := c.lib.zone.Date(c.fields.value)
	return !math.IsNaN(t) && js.FieldsOf(c.lib.zone.Local(t)).Weekday == weekdayIndex(name)
}
