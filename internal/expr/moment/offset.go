package moment

import (
	"math"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// utcOffset returns by how many minutes the moment's clock is ahead of UTC. In
// local time that is rounded to quarters of an hour, as the original does.
func (m *Moment) utcOffset() float64 {
	if m.fixed {
		return m.offset
	}
	minutes := math.Trunc(m.lib.zone.Offset(m.t) / js.MillisPerMinute)
	return -round(-minutes/15)*15 + 0
}

// setOffset shows the moment at a fixed offset. With keepTime the clock stays
// and the moment moves.
func (m *Moment) setOffset(minutes float64, keepTime bool) *Moment {
	if !m.IsValid() {
		return m
	}
	before, adjust := m.offset, 0.0
	if !m.fixed && keepTime {
		adjust = m.utcOffset()
	}
	m.offset, m.fixed = minutes, true
	m.add(0, 0, adjust*js.MillisPerMinute)
	if !keepTime {
		m.add(0, 0, (minutes-before)*js.MillisPerMinute)
	}
	return m
}

// toUTC shows the moment in UTC.
func (m *Moment) toUTC(keepTime bool) *Moment {
	return m.setOffset(0, keepTime)
}

// toLocal shows the moment in local time.
func (m *Moment) toLocal(keepTime bool) *Moment {
	if !m.fixed {
		return m
	}
	m.setOffset(0, keepTime)
	m.fixed = false
	if keepTime {
		m.add(0, 0, -m.utcOffset()*js.MillisPerMinute)
	}
	return m
}

// readOffset sets the offset from what Moment.utcOffset takes.
func (m *Moment) readOffset(v Value, keepTime, asMinutes bool) *Moment {
	if !m.IsValid() {
		return m
	}
	text, isText := v.(string)
	if !isText {
		minutes := toNumber(v)
		if math.Abs(minutes) < 16 && !asMinutes {
			minutes *= 60
		}
		return m.setOffset(minutes, keepTime)
	}
	minutes, ok := parseOffset(text, false)
	if !ok {
		return m
	}
	return m.setOffset(minutes, keepTime)
}

// parseZone shows the moment at the offset that its input had.
func (m *Moment) parseZone() *Moment {
	if !math.IsNaN(m.tzm) {
		return m.setOffset(m.tzm, false)
	}
	if in, ok := m.input.(string); ok {
		if minutes, ok := parseOffset(in, true); ok {
			return m.readOffset(minutes, false, false)
		}
		return m.setOffset(0, true)
	}
	return m
}

func (m *Moment) isUTC() bool {
	return m.IsValid() && m.fixed && m.offset == 0
}

// isDST tells whether the clock is ahead of what it is in winter or in summer.
func (m *Moment) isDST() bool {
	january, june := m.clone(), m.clone()
	january.setMonth(0)
	june.setMonth(5)
	o := m.utcOffset()
	return o > january.utcOffset() || o > june.utcOffset()
}
