package schedule

import (
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

var (
	durationText  = regexp.MustCompile(`^\s*(?:(\d+)\s*[dD])?\s*(?:(\d+)\s*[hH])?\s*(?:(\d+)\s*[mM])?\s*(?:(\d+)\s*[sS])?\s*$`)
	durationUnits = [...]int64{24 * 60 * 60, 60 * 60, 60, 1}
)

// longest is the longest time, in seconds, that a time.Duration holds.
const longest = math.MaxInt64 / int64(time.Second)

// ParseDuration reads a time such as "1d 2h 3m 4s": days, hours, minutes and
// seconds in this order, in upper or lower case, at least one of them. The
// error has the code Invalid.
func ParseDuration(text string) (time.Duration, error) {
	parts := durationText.FindStringSubmatch(text)
	seconds, given := int64(0), false
	for i, unit := range durationUnits {
		if parts == nil || parts[i+1] == "" {
			continue
		}
		given = true
		n, err := strconv.ParseInt(parts[i+1], 10, 64)
		if err != nil || n > (longest-seconds)/unit {
			return 0, model.Errorf(model.Invalid, "duration %q is too long", text)
		}
		seconds += n * unit
	}
	if !given {
		return 0, model.Errorf(model.Invalid, "invalid duration %q", text).
			WithHint("write days, hours, minutes and seconds as in 1d 2h 3m 4s")
	}
	return time.Duration(seconds) * time.Second, nil
}
