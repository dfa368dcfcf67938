package schedule

import (
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// zoneNames are the names to suggest, one a line: those of the IANA time zone
// database that stand for a place.
//
//go:embed zones.txt
var zoneNames string

var offsetText = regexp.MustCompile(`^(UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?$`)

// maxOffset is the greatest offset from UTC in hours, as in Java.
const maxOffset = 18

// ParseZone returns the zone of a name: one of the IANA time zone database, or
// an offset such as +09:00, +9, -0330, Z or UTC+9, which gets the name
// +09:00 or UTC+09:00. The error has the code Invalid.
func ParseZone(name string) (*time.Location, error) {
	if name == "Z" {
		return time.FixedZone(name, 0), nil
	}
	if m := offsetText.FindStringSubmatch(name); m != nil {
		return offsetZone(name, m)
	}
	// The names that Go gives a meaning of its own.
	if name != "" && name != "Local" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone, nil
		}
	}
	err := model.Errorf(model.Invalid, "unknown time zone %q", name)
	if near := document.Suggest(name, strings.Fields(zoneNames)); len(near) > 0 {
		return nil, err.WithHint("did you mean %s?", near[0])
	}
	return nil, err.WithHint("use a name such as Asia/Tokyo or an offset such as +09:00")
}

// offsetZone returns the zone of an offset in the parts of offsetText.
func offsetZone(name string, parts []string) (*time.Location, error) {
	var units [3]int
	for i := range units {
		units[i], _ = strconv.Atoi(parts[i+3]) // digits, or "" for 0
	}
	offset := (units[0]*60+units[1])*60 + units[2]
	if units[1] > 59 || units[2] > 59 || offset > maxOffset*60*60 {
		return nil, model.Errorf(model.Invalid, "offset %s of a time zone is not between -%d:00 and +%[2]d:00", name, maxOffset)
	}
	text := fmt.Sprintf("%s%s%02d:%02d", parts[1], parts[2], units[0], units[1])
	if units[2] != 0 {
		text += fmt.Sprintf(":%02d", units[2])
	}
	if parts[2] == "-" {
		offset = -offset
	}
	return time.FixedZone(text, offset), nil
}
