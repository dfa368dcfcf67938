package moment

// other returns the moment that input, whatever moment() takes, stands for.
func (m *Moment) other(input Value) *Moment {
	if o, ok := input.(*Moment); ok {
		return o
	}
	return m.lib.create(args{input})
}

// precision is the unit in which moments are compared; none means milliseconds,
// an unknown one changes nothing.
func precision(v Value) (u unit, exact bool) {
	if !given(v) {
		return millisecond, true
	}
	u = toUnit(v)
	return u, u == millisecond
}

func (m *Moment) isAfter(input, units Value) bool {
	o := m.other(input)
	if !m.IsValid() || !o.IsValid() {
		return false
	}
	u, exact := precision(units)
	if exact {
		return m.valueOf() > o.valueOf()
	}
	return o.valueOf() < m.clone().startOf(u).valueOf()
}

func (m *Moment) isBefore(input, units Value) bool {
	o := m.other(input)
	if !m.IsValid() || !o.IsValid() {
		return false
	}
	u, exact := precision(units)
	if exact {
		return m.valueOf() < o.valueOf()
	}
	return m.clone().endOf(u).valueOf() < o.valueOf()
}

func (m *Moment) isSame(input, units Value) bool {
	o := m.other(input)
	if !m.IsValid() || !o.IsValid() {
		return false
	}
	u, exact := precision(units)
	if exact || !truthy(units) {
		return m.valueOf() == o.valueOf()
	}
	t := o.valueOf()
	return m.clone().startOf(u).valueOf() <= t && t <= m.clone().endOf(u).valueOf()
}

// isBetween takes from, to, a unit and which ends count: "()", "[]", "[)", "(]".
func (m *Moment) isBetween(a args) bool {
	from, to, units := a.at(0), a.at(1), a.at(2)
	ends := "()"
	if truthy(a.at(3)) {
		ends = toText(a.at(3)) + "  "
	}
	after := !m.isBefore(from, units)
	if ends[0] == '(' {
		after = m.isAfter(from, units)
	}
	if !after {
		return false
	}
	if ends[1] == ')' {
		return m.isBefore(to, units)
	}
	return !m.isAfter(to, units)
}
