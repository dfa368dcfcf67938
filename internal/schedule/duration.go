package schedule

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// durationUnits are the seconds of the units that durationLetters stand for.
var durationUnits = [...]int64{24 * 60 * 60, 60 * 60, 60, 1}

const (
	durationLetters = "dhms"
	digits          = "0123456789"
	blanks          = " \t\n\f\r"
)

// longest is the longest time, in seconds, that a time.Duration holds.
const longest = math.MaxInt64 / int64(time.Second)

// ParseDuration reads a time such as "1d 2h 3m 4s": days, hours, minutes and
// seconds in this order, in upper or lower case, at least one of them. The
// error has the code Invalid.
func ParseDuration(text string) (time.Duration, error) {
	invalid := model.Errorf(model.Invalid, "invalid duration %q", text).
		WithHint("write days, hours, minutes and seconds as in 1d 2h 3m 4s")
	rest := strings.Trim(text, blanks)
	if rest == "" {
		return 0, invalid
	}
	var seconds int64
	for from := 0; rest != ""; rest = strings.TrimLeft(rest, blanks) {
		number, after := leading(rest, digits)
		after = strings.TrimLeft(after, blanks)
		if number == "" || after == "" {
			return 0, invalid
		}
		unit := strings.Index(durationLetters, strings.ToLower(after[:1]))
		if unit < from {
			return 0, invalid
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n > (longest-seconds)/durationUnits[unit] {
			return 0, model.Errorf(model.Invalid, "duration %q is too long", text)
		}
		seconds += n * durationUnits[unit]
		from, rest = unit+1, after[1:]
	}
	return time.Duration(seconds) * time.Second, nil
}

// FormatDuration writes a duration without its zero ends, such as 48h.
func FormatDuration(d time.Duration) string {
	text := d.String()
	if d%time.Minute == 0 && d != 0 {
		text = strings.TrimSuffix(text, "0s")
		if d%time.Hour == 0 {
			text = strings.TrimSuffix(text, "0m")
		}
	}
	return text
}

// leading splits what a text begins with off, as far as it has only such
// characters.
func leading(text, of string) (begin, rest string) {
	rest = strings.TrimLeft(text, of)
	return text[:len(text)-len(rest)], rest
}
