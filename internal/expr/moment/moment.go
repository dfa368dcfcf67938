// Package moment is the date library of workflow expressions: it behaves as
// moment.js 2.21.0 without time zone data and with its English locale.
//
// A Lib has what is global in the original: the local time zone and the clock.
// Values come and go as JavaScript values (see Value), so that an interpreter
// only needs to hand calls over; the package itself knows none.
//
// What cannot be told from the original's documentation follows its code,
// including what a method returns for odd arguments. Two things differ on
// purpose: a moment whose date ran out of range is invalid at once and not only
// after it is cloned, and what is not here is an error and not undefined.
package moment

import (
	"math"
	"time"

	"github.com/pawlhq/pawl/internal/expr/js"
)

var nan = math.NaN()

// Lib is moment for one local time zone and clock. It is safe for concurrent
// use; the moments it makes are not.
type Lib struct {
	zone js.Zone
	now  func() time.Time
}

// New returns moment for a local zone and a clock.
func New(zone *time.Location, now func() time.Time) *Lib {
	return &Lib{js.In(zone), now}
}

func (l *Lib) nowMillis() float64 {
	return float64(l.now().UnixMilli())
}

// Moment is a point in time together with how to look at it: in local time or
// at a fixed offset from UTC. Its methods change it in place.
type Moment struct {
	lib *Lib

	// t is a time value. At a fixed offset it is moved by that offset, so that
	// its fields in UTC are those to be shown.
	t      float64
	fixed  bool
	offset float64 // minutes; 0 unless fixed

	accepted bool // what it was made from has a meaning
	overflow int  // the component that was out of range, -1 if none was
	input    Value
	tzm      float64 // offset in the input in minutes, NaN if there was none
}

// IsValid tells whether the moment is a point in time.
func (m *Moment) IsValid() bool {
	return m.accepted && !math.IsNaN(m.t)
}

func (m *Moment) clone() *Moment {
	c := *m
	return &c
}

// valueOf returns the moment as a time value.
func (m *Moment) valueOf() float64 {
	return m.t - m.offset*js.MillisPerMinute
}

// zone is the zone in which m.t is to be looked at.
func (m *Moment) zone() js.Zone {
	if m.fixed {
		return js.Zone{}
	}
	return m.lib.zone
}

// fields returns the components of a valid moment as they are shown.
func (m *Moment) fields() js.Fields {
	return js.FieldsOf(m.zone().Local(m.t))
}

// set sets a field and those after it as far as there are values.
func (m *Moment) set(first js.Field, values ...float64) {
	m.t = m.zone().Set(m.t, first, values...)
}

func (l *Lib) invalid() *Moment {
	return &Moment{lib: l, t: nan, fixed: true, overflow: notChecked, tzm: nan}
}

// local returns the moment of a time value in local time.
func (l *Lib) local(t float64) *Moment {
	return &Moment{lib: l, t: js.Clip(t), accepted: true, overflow: notChecked, tzm: nan}
}

func truncate(f float64) float64 {
	return math.Trunc(f) + 0 // no minus zero
}

// round rounds as JavaScript does: halves go up.
func round(f float64) float64 {
	r := math.Floor(f)
	if f-r >= 0.5 {
		r++
	}
	return r
}

func absRound(f float64) float64 {
	if f < 0 {
		return -round(-f)
	}
	return round(f)
}

// absCeil rounds away from zero.
func absCeil(f float64) float64 {
	if f < 0 {
		return math.Floor(f)
	}
	return math.Ceil(f)
}
