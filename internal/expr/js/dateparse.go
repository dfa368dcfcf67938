package js

import (
	"math"
	"strings"
)

// Parse reads a date as Date.parse does: ISO 8601 in ECMAScript's form, where a
// date alone is in UTC and a date with a time in local time unless it says its
// offset, and else the free forms that engines have always read, such as
// "Jan 31, 2016 10:00 PM" or "31 January 2016 10:00 GMT+0900". Words before the
// first number and text in parentheses do not count. What is no date is NaN.
func (z Zone) Parse(text string) float64 {
	p := dateParser{tokens: dateTokens(text)}
	form := p.iso()
	if form == noForm || form == freeForm && !p.free() {
		return math.NaN()
	}
	date, ok := p.date(form == isoForm)
	if !ok || !p.clock() {
		return math.NaN()
	}
	local := MakeDate([7]float64{
		float64(date[0]), float64(date[1] - 1), float64(date[2]),
		float64(p.time[0]), float64(p.time[1]), float64(p.time[2]), float64(p.time[3]),
	})
	if p.zoned {
		return Clip(local - float64(p.sign*(p.zoneHour*60+p.zoneMinute))*MillisPerMinute)
	}
	return Clip(z.UTC(local))
}

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenNumber
	tokenWord
	tokenSign // + or -
	tokenMark // : . )
	tokenBlank
	tokenOther
)

type dateToken struct {
	kind   tokenKind
	text   string // lower case for words, digits for numbers
	number int
}

func (t dateToken) is(mark string) bool {
	return t.text == mark && (t.kind == tokenMark || t.kind == tokenSign)
}

// digits tells whether the token is a number of n digits between low and high.
func (t dateToken) digits(n, low, high int) bool {
	return t.kind == tokenNumber && len(t.text) == n && low <= t.number && t.number <= high
}

func dateTokens(text string) []dateToken {
	var tokens []dateToken
	for text != "" {
		t, n := dateToken{kind: tokenOther}, 1
		switch c := text[0]; {
		case '0' <= c && c <= '9':
			n = digits(text)
			t = dateToken{tokenNumber, text[:n], smallInt(text[:n])}
		case c == '+' || c == '-':
			t = dateToken{kind: tokenSign, text: text[:1]}
		case c == ':' || c == '.' || c == ')':
			t = dateToken{kind: tokenMark, text: text[:1]}
		case c == '(':
			n = parenthesis(text)
		case IsSpace(rune(c)):
			t.kind = tokenBlank
		case isLetter(c):
			for n < len(text) && isLetter(text[n]) {
				n++
			}
			t = dateToken{kind: tokenWord, text: strings.ToLower(text[:n])}
		}
		tokens = append(tokens, t)
		text = text[n:]
	}
	return tokens
}

func isLetter(c byte) bool { return c >= 'A' } // engines are that generous

// smallInt reads digits; what has more than nine significant ones is beyond all
// components of a date anyway.
func smallInt(digits string) int {
	n := 0
	for _, d := range strings.TrimLeft(digits, "0") {
		if n > 99_999_999 {
			break
		}
		n = n*10 + int(d-'0')
	}
	return n
}

// parenthesis returns the length of the text in parentheses that text starts with.
func parenthesis(text string) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

type dateParser struct {
	tokens []dateToken

	day   [3]int
	days  int // how many components of day are read
	month int // by name, 0 if there is none

	time  [4]int // hour, minute, second, millisecond
	times int
	half  int // 1 is AM, 2 is PM

	zoned                      bool
	zoneMinutes                bool // zoneMinute is read or needs none
	sign, zoneHour, zoneMinute int
}

func (p *dateParser) peek() dateToken {
	if len(p.tokens) == 0 {
		return dateToken{}
	}
	return p.tokens[0]
}

func (p *dateParser) next() dateToken {
	t := p.peek()
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *dateParser) skip(mark string) bool {
	if p.peek().is(mark) {
		p.next()
		return true
	}
	return false
}

func (p *dateParser) addDay(n int) bool {
	if p.days == len(p.day) {
		return false
	}
	p.day[p.days] = n
	p.days++
	return true
}

func (p *dateParser) addTime(n int) bool {
	if p.times == len(p.time) {
		return false
	}
	p.time[p.times] = n
	p.times++
	return true
}

func (p *dateParser) setZone(hours int) {
	p.zoned, p.zoneMinutes, p.sign = true, true, 1
	if hours < 0 {
		p.sign, hours = -1, -hours
	}
	p.zoneHour, p.zoneMinute = hours, 0
}

// date gives the components read their meaning: year, month and day.
func (p *dateParser) date(iso bool) ([3]int, bool) {
	if p.days < 1 {
		return p.day, false
	}
	for p.days < len(p.day) {
		p.addDay(1)
	}
	year, month, day := 0, p.month, 0
	switch a, b, c := p.day[0], p.day[1], p.day[2]; {
	case month == 0 && (iso || !between(a, 1, 31)):
		year, month, day = a, b, c
	case month == 0:
		month, day, year = a, b, c
	case !between(a, 1, 31):
		year, day = a, b
	default:
		day, year = a, b
	}
	if !iso {
		year = fullYear(year)
	}
	return [3]int{year, month, day}, between(month, 1, 12) && between(day, 1, 31)
}

func fullYear(year int) int {
	switch {
	case between(year, 0, 49):
		return year + 2000
	case between(year, 50, 99):
		return year + 1900
	}
	return year
}

// clock checks the time of day.
func (p *dateParser) clock() bool {
	t := &p.time
	if p.half != 0 {
		if !between(t[0], 0, 12) {
			return false
		}
		t[0] = t[0]%12 + (p.half-1)*12
	}
	if *t == [4]int{24} {
		return true
	}
	return between(t[0], 0, 23) && between(t[1], 0, 59) && between(t[2], 0, 59) && between(t[3], 0, 999)
}

func between(n, low, high int) bool { return low <= n && n <= high }
