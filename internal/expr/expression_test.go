package expr_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/params"
)

var values = params.Of(
	"text", "abc", "empty", "", "yes", true, "none", nil, "zero", 0, "one", 1, "half", 0.5, "whole", 1.0,
	"huge", int64(9007199254740993), "beyond", json.Number("123456789012345678901"), "far", 1e21, "tiny", 1e-7,
	"list", []any{1, "two", nil, []any{3.0}}, "accents", "é\"\\\n\u2028<&>",
	"map", params.Of("b", 1, "a", params.Of("c", "deep"), "null", nil, "x-y", "dash"),
	"numbered", params.Of("b", 1, "10", 2, "9", 3, "01", 4),
	"ids", params.Of("id", int64(-9007199254740995), "name", "n"),
	"session_time", "2016-01-30T00:00:00-08:00",
)

func TestValuesAsText(t *testing.T) {
	t.Parallel()
	checkTexts(t, newEvaluator(t, "UTC"), values, []textCase{
		{name: "string", text: "${text}", want: "abc"},
		{name: "null", text: "[${none}]", want: "[]"},
		{name: "undefined", text: "[${undefined}]", want: "[]"},
		{name: "boolean", text: "${yes} ${!yes}", want: "true false"},
		{name: "whole float", text: "${whole}", want: "1"},
		{name: "fraction", text: "${half}", want: "0.5"},
		{name: "large float", text: "${far}", want: "1e+21"},
		{name: "small float", text: "${tiny}", want: "1e-7"},
		{name: "no number", text: "${0/0} ${1/zero}", want: "null null"},
		{name: "minus zero", text: "${-0}", want: "0"},
		{name: "list", text: "${list}", want: `[1,"two",null,[3]]`},
		{name: "map", text: "${map}", want: `{"b":1,"a":{"c":"deep"},"null":null,"x-y":"dash"}`},
		{name: "map with numbers as keys", text: "${numbered}", want: `{"9":3,"10":2,"b":1,"01":4}`},
		{name: "string in a list", text: "${[accents]}", want: `["é\"\\\n` + "\u2028" + `<&>"]`},
		{name: "date", text: "${new Date(0)}", want: `"1970-01-01T00:00:00.000Z"`},
		{name: "moment", text: "${moment(0)}", want: `"1970-01-01T00:00:00.000Z"`},
		{name: "function", text: "${function(){}}", want: "undefined"},
		{name: "symbol", text: "${Symbol()}", want: "undefined"},
		{name: "big integer literal", text: "${10n}", reason: "TypeError: Do not know how to serialize a BigInt"},
		{name: "object with toJSON", text: "${({toJSON: function() { return [1] }})}", want: "[1]"},
		{name: "object that refers to itself", text: "${(function() { var a = {}; a.a = a; return a })()}", reason: "TypeError: Converting circular structure to JSON"},
	})
}

func TestReferences(t *testing.T) {
	t.Parallel()
	checkTexts(t, newEvaluator(t, "UTC"), values, []textCase{
		{name: "path", text: "${map.a.c}", want: "deep"},
		{name: "this", text: "${this.text} ${this.map.b}", want: "abc 1"},
		{name: "missing property", text: "[${map.missing}]", want: "[]"},
		{name: "missing property of this", text: "[${this.missing}]", want: "[]"},
		{name: "element", text: "${list[1]} ${list[3][0]} ${list['1']}", want: "two 3 two"},
		{name: "missing element", text: "[${list[9]}]", want: "[]"},
		{name: "property in brackets", text: "${map['x-y']}", want: "dash"},
		{name: "length", text: "${list.length} ${text.length} ${accents.length}", want: "4 3 8"},
		{name: "undefined name", text: "${missing}", reason: "ReferenceError: missing is not defined"},
		{name: "property of an undefined name", text: "${missing.a}", reason: "ReferenceError: missing is not defined"},
		{name: "property of undefined", text: "${map.missing.x}", reason: "TypeError: Cannot read property 'x' of undefined"},
		{name: "property of null", text: "${none.x}", reason: "TypeError: Cannot read property 'x' of undefined"},
		{name: "property of a number", text: "[${one.x}]", want: "[]"},
		{name: "what all objects have", text: "${typeof map.toString}", want: "function"},
		{name: "test for a name", text: "${typeof missing} ${typeof(text) != 'undefined'}", want: "undefined true"},
		{name: "test in this", text: "${'text' in this} ${'missing' in this}", want: "true false"},
		{name: "all names", text: "${Object.keys(this).slice(0, 3)}", want: `["text","empty","yes"]`},
	})
}

func TestIntegersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	checkTexts(t, newEvaluator(t, "UTC"), values, []textCase{
		{name: "alone", text: "${huge} ${beyond}", want: "9007199254740993 123456789012345678901"},
		{name: "in a map", text: "${ids}", want: `{"id":-9007199254740995,"name":"n"}`},
		{name: "beside an expression for the engine", text: "${ids.name.toUpperCase()} ${ids.id} ${ids}", want: `N -9007199254740995 {"id":-9007199254740995,"name":"n"}`},
		{name: "until something is computed", text: "${huge + 0} ${'' + huge} ${huge || 1} ${[huge]}", want: "9007199254740992 9007199254740992 9007199254740992 [9007199254740992]"},
		{name: "unless an expression changed them", text: "${(huge = 5, '')}${huge}", want: "5"},
	})
}

func TestOperators(t *testing.T) {
	t.Parallel()
	checkTexts(t, newEvaluator(t, "UTC"), values, []textCase{
		{name: "concatenation", text: "${text + '-' + one + '-' + none + yes}", want: "abc-1-nulltrue"},
		{name: "sum", text: "${one + half + yes + none}", want: "2.5"},
		{name: "arithmetic", text: "${7 % 4} ${-7 % 4} ${'6' / '4'} ${0.1 + 0.2} ${text * 1}", want: "3 -3 1.5 0.30000000000000004 null"},
		{name: "comparison", text: "${'10' < '9'} ${10 < '9'} ${one >= yes} ${text < 5}", want: "true false true false"},
		{name: "equality", text: "${1 == '1'} ${1 === '1'} ${none == undefined} ${none == 0} ${'' == 0} ${text != 'abc'}", want: "true false true false true false"},
		{name: "choice", text: "${one > 0 ? 'more' : 'less'}", want: "more"},
		{name: "defaults", text: "${empty || 'default'} ${text && one}", want: "default 1"},
		{name: "list and object", text: "${[one, text]} ${({a: half})}", want: `[1,"abc"] {"a":0.5}`},
		{name: "text as a template of JavaScript", text: "${`a${one}b`}", want: "a1b"},
		{name: "arrow functions", text: "${[3, 1, 2].map(n => n * 2).join('-')}", want: "6-2-4"},
		{name: "JSON", text: "${JSON.parse('{\"a\":[1]}').a[0]} ${JSON.stringify(map.a)}", want: `1 {"c":"deep"}`},
		{name: "Math", text: "${Math.max(1, 2)}", want: "2"},
	})
}

func TestStringsHaveMethodsOfJava(t *testing.T) {
	t.Parallel()
	checkTexts(t, newEvaluator(t, "UTC"), values, []textCase{
		{name: "replaceAll with a pattern", text: `${'a.b.c'.replaceAll('[.]', '-')} ${'a.b'.replaceAll('.', 'x')}`, want: "a-b-c xxx"},
		{name: "replaceAll with groups", text: `${'2016-01'.replaceAll('(\\d+)-(?<m>\\d+)', '${m}/$1 \\$')}`, want: "01/2016 $"},
		{name: "replaceAll with an unknown group", text: `${'a'.replaceAll('a', '$1')}`, reason: "TypeError: Illegal group reference in $1"},
		{name: "replaceAll of JavaScript", text: `${'aa'.replaceAll(/a/g, 'b')} ${'a.a'.replaceAll('.', function(m, at) { return at })}`, want: "bb a1a"},
		{name: "replaceFirst", text: `${'aab'.replaceFirst('a', 'x')}`, want: "xab"},
		{name: "tests", text: `${text.contains('b')} ${text.matches('[a-c]+')} ${text.matches('b')} ${empty.isEmpty()} ${text.equals('abc')} ${text.equals(5)}`, want: "true true false true true false"},
		{name: "ignoring case", text: `${text.equalsIgnoreCase('ABC')} ${'a'.compareToIgnoreCase('B')}`, want: "true -1"},
		{name: "comparison", text: `${'b'.compareTo('a')} ${'ab'.compareTo('a')}`, want: "1 1"},
		{name: "others", text: `[${' a '.strip()}] ${text.hashCode()} ${text.toCharArray()}`, want: `[a] 96354 ["a","b","c"]`},
		{name: "beside those of JavaScript", text: `${text.startsWith('ab')} ${text.endsWith('x')} ${text.replace('a', '')} ${text.split('b')}`, want: `true false bc ["a","c"]`},
		{name: "none by any other name", text: `${text.getBytes()}`, reason: "TypeError: Object has no member 'getBytes'"},
	})
}

func TestDatesAreInTheZone(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t, "America/Los_Angeles")
	checkTexts(t, e, values, []textCase{
		{name: "fields", text: "${new Date(session_time).getHours()} ${new Date(session_time).getUTCHours()}", want: "0 8"},
		{name: "components", text: "${new Date(2016, 0, 30, 1)}", want: `"2016-01-30T09:00:00.000Z"`},
		{name: "a time that does not exist", text: "${new Date(2016, 2, 13, 2, 30)}", want: `"2016-03-13T10:30:00.000Z"`},
		{name: "a time that exists twice", text: "${new Date(2016, 10, 6, 1, 30)}", want: `"2016-11-06T08:30:00.000Z"`},
		{name: "text without a zone", text: "${new Date('2016-01-30T00:00:00')} ${Date.parse('Jan 30, 2016')}", want: `"2016-01-30T08:00:00.000Z" 1454140800000`},
		{name: "shown", text: "${new Date(session_time).toString()}", want: "Sat Jan 30 2016 00:00:00 GMT-0800 (PST)"},
		{name: "shown in parts", text: "${new Date(0).toLocaleString()} ${new Date(0).toDateString()}", want: "12/31/1969, 4:00:00 PM Wed Dec 31 1969"},
		{name: "set", text: "${new Date(new Date(0).setHours(0, 0, 0, 0))}", want: `"1969-12-31T08:00:00.000Z"`},
		{name: "now", text: "${new Date()} ${Date.now()} ${Date()}", want: `"2016-01-30T12:00:00.000Z" 1454155200000 Sat Jan 30 2016 04:00:00 GMT-0800 (PST)`},
		{name: "of their type", text: "${new Date() instanceof Date} ${new Date().constructor === Date} ${typeof Date.UTC}", want: "true true function"},
		{name: "invalid", text: "${new Date('x').toString()} ${new Date('x')} ${new Date('x').getDay()}", want: "Invalid Date null null"},
		{name: "invalid as ISO", text: "${new Date('x').toISOString()}", reason: "RangeError: Invalid time value"},
		{name: "however they are reached", text: "${Function('return new Date(0)')().getHours()} ${globalThis['Da' + 'te'] === Date}", want: "16 true"},
	})
}

func TestMomentIsThere(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t, "Asia/Tokyo")
	checkTexts(t, e, values, []textCase{
		{name: "with the zone", text: "${moment(session_time).format()}", want: "2016-01-30T17:00:00+09:00"},
		{name: "with the clock", text: "${moment().format('YYYY-MM-DD HH:mm')}", want: "2016-01-30 21:00"},
		{name: "with functions", text: "${moment.utc(session_time).format()} ${moment.duration(90, 'minutes').humanize()}", want: "2016-01-30T08:00:00Z 2 hours"},
		{name: "with arguments from the engine", text: "${moment(session_time).add({days: 1, hours: one}).format()}", want: "2016-01-31T18:00:00+09:00"},
		{name: "to compare", text: "${moment('2016-01-02') > moment('2016-01-01')} ${moment(2000) - moment(500)}", want: "true 1500"},
		{name: "that changes in place", text: "${(function(m) { m.add(1, 'd'); return m.date() })(moment(session_time))} ${(function(m) { return m.utc() === m })(moment())}", want: "31 true"},
		{name: "of its type", text: "${moment() instanceof moment} ${moment.isMoment(moment())} ${typeof moment}", want: "true true function"},
		{name: "and gives dates", text: "${moment(0).toDate().getHours()} ${moment(new Date(0)).hour()}", want: "9 9"},
		{name: "and calls back", text: "${moment().calendar(null, {sameDay: function(now) { return '[' + moment.isMoment(this) + ']' }})}", want: "true"},
		{name: "but not as a parameter", text: "${(function(moment) { return moment })(5)}", want: "5"},
		{name: "without what it lacks", text: "${moment().tz('x')}", reason: "TypeError: moment#tz is not supported"},
		{name: "without functions it lacks", text: "${moment.tz('x')}", reason: "TypeError: moment.tz is not supported"},
		{name: "with errors from itself", text: "${moment.duration(1).as('100%')}", reason: "TypeError: Unknown unit undefined"},
		{name: "with errors from call backs", text: "${moment().calendar(null, {sameDay: function() { throw new RangeError('no') }})}", reason: "RangeError: no"},
	})
	shadowed, err := e.String("${moment + 1} ${moment.length}", params.Of("moment", "mine"))
	if shadowed != "mine1 4" || err != nil {
		t.Errorf("a parameter named moment: %q, %v", shadowed, err)
	}
}

func TestExpressionsOfTheManual(t *testing.T) {
	t.Parallel()
	scope := params.Of(
		"session_time", "2016-09-24T00:00:00-07:00", "session_date", "2016-09-24", "timezone", "America/Los_Angeles", "i", 2,
		"http", params.Of("last_content", `{"items": [{"name": "a"}, {"name": "b"}]}`),
		"td", params.Of("last_results", params.Of("count", 3)),
	)
	checkTexts(t, newEvaluator(t, "America/Los_Angeles"), scope, []textCase{
		{name: "time of the session", text: `${moment(session_time).format("YYYY-MM-DD HH:mm:ss Z")}`, want: "2016-09-24 00:00:00 -07:00"},
		{name: "in UTC", text: `${moment(session_time).utc().format("YYYY-MM-DD HH:mm:ss")}`, want: "2016-09-24 07:00:00"},
		{name: "the next day", text: `${moment(session_time).add(1, 'days').format("LLL")}`, want: "September 25, 2016 12:00 AM"},
		{name: "now", text: `${moment().format("YYYY-MM-DD HH:mm:ss Z")}`, want: "2016-01-30 04:00:00 -08:00"},
		{name: "days of a loop", text: `${moment(session_date).add(i, 'days').format("YYYY-MM-DD")}`, want: "2016-09-26"},
		{name: "a counter", text: "${i + 1}", want: "3"},
		{name: "a condition", text: "${td.last_results.count > 0}", want: "true"},
		{name: "JSON from a service", text: "${JSON.parse(http.last_content).items.map(function(e) { return e.name })}", want: `["a","b"]`},
	})
}

// What an expression does is seen by those after it in the same text, as in
// Digdag, and nowhere else.
func TestTextsAreIsolated(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t, "UTC")
	checkTexts(t, e, values, []textCase{
		{name: "assignments stay in a text", text: "${one = 5}${one} ${(other = 6, '')}${other}", want: "55 6"},
		{name: "changes of values stay in a text", text: "${list.push(9)} ${list.length} ${map.a.c = 1}${map.a.c}", want: "5 5 11"},
		{name: "deletions stay in a text", text: "${delete this.one} ${typeof one}", want: "true undefined"},
	})
	attempts := []string{
		"${other = 1}", "${Array.prototype.extra = 1}", "${Object.prototype.extra = 1}", "${String.prototype.extra = 1}", "${Date.prototype.extra = 1}",
		"${Math.extra = 1}", "${list.push(1)}", "${one = 7}", "${moment.extra = 1}", "${globalThis.extra = 1}", "${Function('extra = 1')()}",
		"${JSON.stringify = function() { return 'x' }}", "${moment.fn.format = function() { return 'x' }}",
	}
	for _, text := range attempts {
		if _, err := e.String(text, values); err != nil && !strings.Contains(err.Error(), "not supported") {
			t.Errorf("%s: %v", text, err)
		}
	}
	got, err := e.String("${typeof other} ${typeof extra} ${[].extra} ${({}).extra} ${''.extra} ${Math.extra} ${new Date().extra} ${list.length} ${one} ${({a: 1})} ${moment(0).year() + 0 * [].length}", values)
	if want := `undefined undefined      4 1 {"a":1} 1970`; got != want || err != nil {
		t.Errorf("after all attempts: %q, %v, want %q", got, err, want)
	}
}

func TestTextsAreEvaluatedConcurrently(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t, "Europe/Berlin")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				got, err := e.String("${text.toUpperCase()} ${moment(session_time).format('HH')} ${/b+/.test(text)}", values)
				if got != "ABC 09 true" || err != nil {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	group.Wait()
}

func TestLimits(t *testing.T) {
	t.Parallel()
	e := expr.New(expr.Env{Now: func() time.Time { return noon }, Limits: expr.Limits{
		Time: 50 * time.Millisecond, Text: 1000, Expression: 300, Result: 2000, Calls: 100,
	}})
	checkTexts(t, e, values.Set("long", strings.Repeat("x", 1500)), []textCase{
		{name: "result of two values", text: "${long}${long}", reason: "the result has 3000 bytes; the limit is 2000"},
		{name: "time", text: "${(function() { for (;;); })()}", reason: "it takes longer than 50ms"},
		{name: "time of getters while the result is written", text: "${({get a() { for (;;); }})}", reason: "it takes longer than 50ms"},
		{name: "time of an error's text", text: "${(function() { throw {toString: function() { for (;;); }} })()}", reason: "it takes longer than 50ms"},
		{name: "calls", text: "${(function f() { return f() })()}", reason: "RangeError: Maximum call stack size exceeded"},
		{name: "calls while the result is written", text: "${({get a() { return (function f() { return f() })() }})}", reason: "RangeError: Maximum call stack size exceeded"},
		{name: "calls through built-in functions", text: "${(function f() { return [1].map(f) })()}", reason: "RangeError: Maximum call stack size exceeded"},
		{name: "text", text: "${text}" + strings.Repeat("x", 1000), reason: "the text has 1007 bytes; the limit is 1000"},
		{name: "expression", text: "${'" + strings.Repeat("x", 300) + "'}", reason: "an expression has 302 bytes; the limit is 300"},
		{name: "nesting", text: "${" + strings.Repeat("[", 201) + "}", reason: "an expression is nested too deeply"},
		{name: "arrow functions", text: "${" + strings.Repeat("(a=", 11) + strings.Repeat(")=>1", 11) + "}", reason: "an expression has too many arrow functions"},
		{name: "result", text: "${Array(3000).join('x')}", reason: "the result has 2999 bytes; the limit is 2000"},
		{name: "repetition", text: "${'x'.repeat(1e9)}", reason: "RangeError: Invalid string length"},
		{name: "padding", text: "${'x'.padStart(1e9)}", reason: "RangeError: Invalid string length"},
		{name: "files through comments", text: "${1 /*\n//# sourceMappingURL=/etc/passwd\n*/}", want: "1"},
	})
}
