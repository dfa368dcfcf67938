package js

import (
	"math"
	"time"
)

// Zone does the arithmetic of dates in a time zone. The zero Zone is UTC.
type Zone struct {
	loc *time.Location // nil is UTC
}

// In returns the zone of loc; nil is UTC.
func In(loc *time.Location) Zone {
	if loc == time.UTC {
		loc = nil
	}
	return Zone{loc}
}

// Offset returns by how many milliseconds local time is ahead of UTC at t.
func (z Zone) Offset(t float64) float64 {
	if z.loc == nil || math.IsNaN(t) {
		return 0
	}
	_, seconds := time.UnixMilli(int64(t)).In(z.loc).Zone()
	return float64(seconds) * MillisPerSecond
}

// Abbreviation returns the name of local time at t, such as CEST.
func (z Zone) Abbreviation(t float64) string {
	if z.loc == nil {
		return "UTC"
	}
	name, _ := time.UnixMilli(int64(t)).In(z.loc).Zone()
	return name
}

// Local returns the local time value of t.
func (z Zone) Local(t float64) float64 {
	return t + z.Offset(t)
}

// UTC returns the time value of a local one. Of two instants that a clock set
// back shows alike it takes the first; a time that a clock set forward leaves
// out is read with the offset before the change, as ECMAScript wants it.
func (z Zone) UTC(local float64) float64 {
	if z.loc == nil || !(math.Abs(local) <= maxTime+MillisPerDay) {
		return local
	}
	before := z.Offset(local - MillisPerDay)
	after := z.Offset(local + MillisPerDay)
	if before == after {
		return local - before
	}
	if t := local - before; z.Offset(t) == before {
		return t
	}
	if t := local - after; z.Offset(t) == after {
		return t
	}
	return local - before
}

// Date returns the time value of components in local time.
func (z Zone) Date(c [7]float64) float64 {
	return Clip(z.UTC(MakeDate(c)))
}

// Set returns t with its field first, and those after it as far as there are
// values, set in local time. An invalid date stays so unless its year is set.
func (z Zone) Set(t float64, first Field, values ...float64) float64 {
	local := z.Local(t)
	if math.IsNaN(t) {
		if first != Year {
			return t
		}
		local = 0
	}
	f := FieldsOf(local)
	c := [fieldCount]float64{
		float64(f.Year), float64(f.Month), float64(f.Day),
		float64(f.Hour), float64(f.Minute), float64(f.Second), float64(f.Milli),
	}
	copy(c[first:], values)
	return z.Date(c)
}
