package js

import "strings"

// form tells which form a text is in.
type form int

const (
	freeForm form = iota // what iso did not read is left to free
	isoForm
	noForm
)

// iso reads a date in ECMAScript's form of ISO 8601.
func (p *dateParser) iso() form {
	if !p.isoYear() {
		return freeForm
	}
	for _, high := range []int{12, 31} {
		if !p.skip("-") {
			break
		}
		if !p.peek().digits(2, 1, high) {
			return freeForm
		}
		p.addDay(p.next().number)
	}
	switch t := p.peek(); {
	case t.kind == tokenWord && t.text == "t":
		p.next()
		if p.isoTime() && p.isoZone() && p.peek().kind == tokenEnd {
			return isoForm
		}
		return noForm
	case t.kind == tokenEnd:
		p.setZone(0)
		return isoForm
	}
	return freeForm
}

func (p *dateParser) isoYear() bool {
	year := p.peek()
	switch {
	case year.digits(4, 0, 9999):
		p.next()
		return p.addDay(year.number)
	case year.kind == tokenSign && len(p.tokens) > 1 && p.tokens[1].digits(6, 0, 999999):
		p.next()
		n := p.next().number
		if year.text == "-" {
			n = -n
		}
		return p.addDay(n)
	}
	return false
}

func (p *dateParser) isoTime() bool {
	if !p.peek().digits(2, 0, 24) {
		return false
	}
	p.addTime(p.next().number)
	if !p.skip(":") || !p.peek().digits(2, 0, 59) {
		return false
	}
	p.addTime(p.next().number)
	if !p.skip(":") {
		return true
	}
	if !p.peek().digits(2, 0, 59) {
		return false
	}
	p.addTime(p.next().number)
	if !p.skip(".") {
		return true
	}
	if p.peek().kind != tokenNumber {
		return false
	}
	return p.addTime(millis(p.next()))
}

func (p *dateParser) isoZone() bool {
	t := p.peek()
	if t.kind == tokenWord && t.text == "z" {
		p.next()
		p.setZone(0)
		return true
	}
	if t.kind != tokenSign {
		return true
	}
	p.next()
	p.setSign(t)
	p.zoneMinutes = true
	if n := p.peek(); n.digits(4, 0, 2359) && n.number%100 < 60 {
		p.next()
		p.zoneHour, p.zoneMinute = n.number/100, n.number%100
		return true
	}
	if !p.peek().digits(2, 0, 23) {
		return false
	}
	p.zoneHour = p.next().number
	if !p.skip(":") || !p.peek().digits(2, 0, 59) {
		return false
	}
	p.zoneMinute = p.next().number
	return true
}

func (p *dateParser) setSign(t dateToken) {
	p.zoned, p.sign = true, 1
	if t.text == "-" {
		p.sign = -1
	}
}

// millis reads the digits of a fraction of a second.
func millis(t dateToken) int {
	return smallInt((t.text + "00")[:3])
}

// free reads the forms from before ISO 8601, whose parts come in any order.
func (p *dateParser) free() bool {
	numbers := p.days > 0 // whether one was read
	for {
		t := p.next()
		ok := true
		switch {
		case t.kind == tokenEnd:
			return true
		case t.kind == tokenNumber:
			numbers = true
			ok = p.freeNumber(t)
		case t.kind == tokenWord:
			ok = p.freeWord(t.text, numbers)
		case t.kind == tokenSign && (p.isUTC() || p.times > 0):
			numbers = true
			ok = p.freeOffset(t)
		case t.kind == tokenSign || t.is(")"):
			ok = !numbers
		}
		if !ok {
			return false
		}
	}
}

func (p *dateParser) isUTC() bool {
	return p.zoned && p.zoneMinutes && p.zoneHour == 0 && p.zoneMinute == 0
}

func (p *dateParser) freeNumber(t dateToken) bool {
	switch n := t.number; {
	case p.skip(":"):
		if p.skip(":") { // hour::second
			return p.times == 0 && p.addTime(n) && p.addTime(0)
		}
		p.skip(".")
		return p.addTime(n)
	case p.skip("."):
		if !p.expectsTime(n) {
			return p.freeRest(n)
		}
		p.addTime(n)
		if p.peek().kind != tokenNumber {
			return false
		}
		p.endTime(millis(p.next()))
		return true
	default:
		return p.freeRest(n)
	}
}

// freeRest takes a number that no colon or point claims.
func (p *dateParser) freeRest(n int) bool {
	switch {
	case p.zoned && !p.zoneMinutes && between(n, 0, 59):
		p.zoneMinute, p.zoneMinutes = n, true
	case p.expectsTime(n):
		p.endTime(n)
		t := p.peek()
		return t.kind == tokenEnd || t.kind == tokenBlank || t.kind == tokenSign ||
			t.kind == tokenWord && t.text == "z"
	default:
		if !p.addDay(n) {
			return false
		}
		p.skip("-")
	}
	return true
}

func (p *dateParser) expectsTime(n int) bool {
	return (p.times == 1 || p.times == 2) && between(n, 0, 59) || p.times == 3 && between(n, 0, 999)
}

// endTime sets the last part of the time that is given.
func (p *dateParser) endTime(n int) {
	p.addTime(n)
	p.times = len(p.time)
}

// freeOffset reads what follows a sign: hours, hours and minutes, or nothing.
func (p *dateParser) freeOffset(sign dateToken) bool {
	p.setSign(sign)
	n := dateToken{}
	if p.peek().kind == tokenNumber {
		n = p.next()
	}
	p.zoneMinutes = true
	switch size := len(n.text); {
	case p.peek().is(":"):
		p.zoneHour, p.zoneMinutes = n.number, false
	case size == 1 || size == 2:
		p.zoneHour, p.zoneMinute = n.number, 0
	case size == 3 || size == 4:
		p.zoneHour, p.zoneMinute = n.number/100, n.number%100
	default:
		return false
	}
	return true
}

// zoneWords are the names of zones that engines know, with their hours.
var zoneWords = map[string]int{
	"z": 0, "ut": 0, "utc": 0, "gmt": 0,
	"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}

func (p *dateParser) freeWord(word string, numbers bool) bool {
	if half := strings.Index("ampm", word); len(word) == 2 && half%2 == 0 && p.times > 0 {
		p.half = half/2 + 1
		return true
	}
	if len(word) >= 3 {
		if i := strings.Index(strings.ToLower(monthNames), word[:3]); i >= 0 && i%3 == 0 {
			p.month = i/3 + 1
			p.skip("-")
			return true
		}
	}
	if hours, ok := zoneWords[word]; ok && numbers {
		p.setZone(hours)
		return true
	}
	// A word that means nothing must come before the numbers and apart from them.
	return !numbers && p.peek().kind != tokenNumber
}
