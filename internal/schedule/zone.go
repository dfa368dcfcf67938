package schedule

import (
	_ "embed"
	"fmt"
	"slices"
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

// maxOffset is the greatest offset from UTC in hours, as in Java.
const maxOffset = 18

// ParseZone returns the zone of a name: one of the IANA time zone database, or
// an offset such as +09:00, +9, -0330, Z or UTC+9, which gets the name
// +09:00 or UTC+09:00. The error has the code Invalid.
func ParseZone(name string) (*time.Location, error) {
	if name == "Z" {
		return time.FixedZone(name, 0), nil
	}
	if o, ok := parseOffset(name); ok {
		return o.zone(name)
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

// offset is how far a zone is from the time of UTC.
type offset struct {
	// base is what it is written after: UTC, GMT, UT or nothing.
	base string
	west bool
	// units are hours, minutes and seconds.
	units [3]int
}

// parseOffset reads an offset: one or two digits of hours, and two each of
// minutes and of seconds, with or without colons.
func parseOffset(name string) (o offset, ok bool) {
	base, _ := leading(name, "UTCGM")
	rest := name[len(base):]
	if !slices.Contains([]string{"", "UTC", "GMT", "UT"}, base) || rest == "" || rest[0] != '+' && rest[0] != '-' {
		return o, false
	}
	o = offset{base: base, west: rest[0] == '-'}
	rest = rest[1:]
	size := 2
	if (len(rest)-strings.Count(rest, ":"))%2 != 0 {
		size = 1
	}
	for i := range o.units {
		if i > 0 {
			size, rest = 2, strings.TrimPrefix(rest, ":")
		}
		if len(rest) < size || strings.Trim(rest[:size], digits) != "" {
			return o, false
		}
		o.units[i], _ = strconv.Atoi(rest[:size]) // digits
		if rest = rest[size:]; rest == "" {
			return o, true
		}
	}
	return o, false
}

// zone returns the zone of the offset that a name says.
func (o offset) zone(name string) (*time.Location, error) {
	seconds := (o.units[0]*60+o.units[1])*60 + o.units[2]
	if o.units[1] > 59 || o.units[2] > 59 || seconds > maxOffset*60*60 {
		return nil, model.Errorf(model.Invalid, "offset %s of a time zone is not between -%d:00 and +%[2]d:00", name, maxOffset)
	}
	sign := "+"
	if o.west {
		sign, seconds = "-", -seconds
	}
	text := fmt.Sprintf("%s%s%02d:%02d", o.base, sign, o.units[0], o.units[1])
	if o.units[2] != 0 {
		text += fmt.Sprintf(":%02d", o.units[2])
	}
	return time.FixedZone(text, seconds), nil
}
