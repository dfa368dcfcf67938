package expr

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/parts"
)

const (
	oracleDir   = "moment/testdata/oracle"
	oracleCases = 10_200
)

var oracleZones = []string{
	"UTC", "America/Los_Angeles", "Asia/Tokyo", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe",
}

// question is an expression and the clock's time at which it is asked.
type question struct {
	Now  int64  `json:"now"`
	Expr string `json:"expr"`
}

// Expressions have the same text as with the original moment under Node.js, in
// zones with all kinds of clock changes, whether they are evaluated directly or
// by the engine.
func TestMomentIsTheOriginal(t *testing.T) {
	t.Parallel()
	requireOracle(t)
	for i, zone := range oracleZones {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			g := generator{rand.New(rand.NewPCG(2210, uint64(i)))}
			n := oracleCases / len(oracleZones)
			if testing.Short() {
				n /= 10
			}
			questions := make([]question, n)
			for i := range questions {
				questions[i] = question{Now: g.millis(), Expr: g.expression()}
			}
			compareWithOracle(t, zone, questions)
		})
	}
}

func compareWithOracle(t *testing.T, zone string, questions []question) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	answers := askOracle(t, zone, questions)
	failed := 0
	for i, q := range questions {
		e := New(Env{Zone: loc, Now: func() time.Time { return time.UnixMilli(q.Now) }})
		for path, got := range answerBothWays(t, e, q.Expr) {
			if got == answers[i] {
				continue
			}
			if failed++; failed <= 20 {
				t.Errorf("%s, %s\n at %d\n got %s\nwant %s", q.Expr, path, q.Now, got, answers[i])
			}
		}
	}
	if failed > 20 {
		t.Errorf("%d of %d differ", failed, len(questions))
	}
}

// answerBothWays evaluates an expression by the engine and, if that can be,
// directly.
func answerBothWays(t *testing.T, e *Evaluator, source string) map[string]string {
	parsed, err := parseExpression(source, e.limits)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	answers := make(map[string]string)
	m := e.start(mapScope{params.Map{}})
	defer m.stop()
	text, err := m.eval(parsed)
	if err != nil {
		text = "throws"
	}
	answers["by the engine"] = text
	f := frame{scope: mapScope{params.Map{}}, moment: e.moment}
	if text, ok := parsed.evalDirect(nil, &f); ok {
		answers["directly"] = string(text)
	}
	return answers
}

func askOracle(t *testing.T, zone string, questions []question) []string {
	var in bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, q := range questions {
		if err := encoder.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "evaluate.js")
	cmd.Dir = oracleDir
	cmd.Env = append(os.Environ(), "TZ="+zone)
	cmd.Stdin = &in
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	var answers []string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var a string
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	return answers
}

func requireOracle(t *testing.T) {
	_, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(oracleDir, "node_modules", "moment", "package.json"))
	}
	switch {
	case err == nil:
	case parts.Required():
		t.Fatalf("the original moment is required here: %v", err)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		t.Skipf("not compared with the original moment: install Node.js and run npm ci in internal/expr/%s", oracleDir)
	default:
		t.Fatal(err)
	}
}

// generator makes random expressions.
type generator struct{ *rand.Rand }

func pick[T any](g generator, list ...T) T { return list[g.IntN(len(list))] }

func quote(s string) string {
	text, _ := json.Marshal(s) // strings have no errors
	return string(text)
}

// millis returns a time, often near a change of clocks.
func (g generator) millis() int64 {
	switch g.IntN(10) {
	case 0:
		return g.Int64N(4102444800000)
	case 1:
		return pick[int64](g, 0, -1, 1454198400000, 951782400000, 4102444799999)
	}
	return time.Date(
		1971+g.IntN(110), time.Month(pick(g, 1, 2, 3, 4, 4, 9, 10, 10, 11, 12)), 1+g.IntN(31),
		g.IntN(24), pick(g, 0, 29, 30, 59, g.IntN(60)), pick(g, 0, 59, g.IntN(60)), pick(g, 0, 0, 999_000_000, 123_000_000), time.UTC,
	).UnixMilli()
}

func (g generator) time() time.Time { return time.UnixMilli(g.millis()).UTC() }

func (g generator) unit() string {
	return pick(g,
		"year", "years", "y", "quarter", "quarters", "Q", "month", "months", "M", "week", "weeks", "w",
		"isoWeek", "W", "isoweeks", "day", "days", "d", "date", "D", "hour", "hours", "h", "H", "minute", "m", "MINUTES",
		"second", "s", "millisecond", "ms", "weekday", "e", "E", "isoWeekday", "dayOfYear", "DDD", "gg", "GG", "fortnight", "")
}

func (g generator) amount() string {
	switch g.IntN(8) {
	case 0:
		return strconv.FormatFloat(float64(g.IntN(400)-200)/8, 'f', -1, 64)
	case 1:
		return quote(strconv.Itoa(g.IntN(20) - 10))
	case 2:
		return strconv.Itoa(g.IntN(100_000) - 50_000)
	}
	return strconv.Itoa(g.IntN(30) - 12)
}

func (g generator) token() string {
	return pick(g,
		"YYYY", "YYYY", "YY", "Y", "YYYYY", "YYYYYY", "M", "MM", "MM", "MMM", "MMMM", "Mo", "D", "DD", "DD", "Do",
		"DDD", "DDDD", "DDDo", "d", "do", "dd", "ddd", "dddd", "e", "E", "w", "ww", "wo", "W", "WW", "Wo",
		"gg", "gggg", "ggggg", "GG", "GGGG", "GGGGG", "Q", "Qo", "H", "HH", "HH", "h", "hh", "k", "kk", "m", "mm", "mm",
		"s", "ss", "ss", "S", "SS", "SSS", "SSSS", "SSSSSS", "SSSSSSSSS", "a", "A", "Z", "ZZ", "z", "zz", "x", "X",
		"hmm", "hmmss", "Hmm", "Hmmss", "L", "LL", "LLL", "LLLL", "LT", "LTS", "l", "ll", "lll", "llll",
		"[at]", "[", "]", "\\M", "T", "YYY", "ggg", "N", "é", "'", "w|")
}

func (g generator) format() string {
	if g.IntN(3) == 0 {
		return pick(g,
			"YYYY-MM-DD", "YYYYMMDD", "YYYY-MM-DD HH:mm:ss", "YYYY-MM-DDTHH:mm:ssZ", "YYYYMMDDHHmmss", "MM/DD/YYYY h:mm A",
			"D MMM YYYY", "dddd, MMMM Do YYYY, h:mm:ss a", "GGGG-[W]WW-E", "gggg-ww-e", "YYYY-DDDD", "YYYY-MM-DD HH:mm:ss.SSS ZZ",
			"YYYY-[Q]Q", "x", "X", "YYYY-MM-DD [at] HH:mm", "HH:mm", "dddd", "MMMM YYYY", "kk:mm", "DD.MM.YY")
	}
	f := ""
	for range 1 + g.IntN(6) {
		f += g.token() + pick(g, "", "-", " ", "/", ":", ".", ", ")
	}
	return f
}

// dateText returns a date as people and programs write them.
func (g generator) dateText() string {
	t := g.time()
	year, week := t.ISOWeek()
	date := pick(g,
		t.Format("2006-01-02"), t.Format("2006-01-02"), t.Format("2006-01-02"), t.Format("20060102"), t.Format("2006-002"), t.Format("2006002"),
		t.Format("2006-01"), fmt.Sprintf("%d-W%02d-%d", year, week, 1+g.IntN(7)), fmt.Sprintf("%dW%02d%d", year, week, 1+g.IntN(7)),
		fmt.Sprintf("%d-W%02d", year, week), fmt.Sprintf("%d-W%d", year, g.IntN(60)), t.Format("+002006-01-02"), t.Format("+0020060102"),
		t.Format("2006"), fmt.Sprintf("%d-%02d-%02d", year, g.IntN(15), g.IntN(34)))
	clock := pick(g,
		"", "", t.Format("T15:04:05"), t.Format("T15:04:05"), t.Format(" 15:04:05"), t.Format("T15:04"), t.Format("T15"), t.Format("T150405"),
		t.Format("T15:04:05.000"), t.Format("T15:04:05.000000000"), t.Format("T150405,000"), "T24:00:00", "T24:00:01", "T25:61", t.Format("T1504"), "T", " 7:05")
	offset := ""
	if clock != "" {
		offset = pick(g, "", "", "Z", "+00:00", "-08:00", "+0530", "+09", " Z", "-00:30", "+14:00", "z", "+1")
	}
	return pick(g, "", "", "", "", " ") + date + clock + offset
}

func (g generator) mailText() string {
	t := g.time()
	return pick(g,
		t.Format("Mon, 02 Jan 2006 15:04:05 -0700"), t.Format("2 Jan 2006 15:04 GMT"), t.Format("Mon 02 Jan 06 15:04:05 EST"),
		t.Format("Tue, 02 Jan 2006 15:04:05 Z"), t.Format("02 Jan 2006 15:04:05 +0530 (comment)"), t.Format("2  Jan\t2006 15:04 PDT"),
		t.Format("02 Jan 006 15:04:05 UT"))
}

// freeText returns a date as only Date reads it.
func (g generator) freeText() string {
	t := g.time()
	return pick(g,
		t.Format("Jan 2, 2006"), t.Format("January 2 2006 15:04"), t.Format("2006/01/02"), t.Format("2006/1/2 15:04:05"), t.Format("1/2/2006 3:04 PM"),
		t.Format("Mon Jan 02 2006 15:04:05 GMT-0700"), t.Format("Mon Jan 02 2006 15:04:05 GMT-0700 (MST)"), t.Format("2 Jan 2006 15:04:05.000"),
		t.Format("2006-1-2"), t.Format("Jan-02-2006"), t.Format("2006-01-02 15:04:05 +0900"), t.Format("2006-01-02 15:04:05 PST"), t.Format("15:04:05"),
		t.Format("Jan 2"), t.Format("1/2"), t.Format("02.01.2006"), t.Format("2006-01-02 3:04 pm"), t.Format("2006-01-02T15:04:05.1234567Z"),
		"yesterday", "12", "2016", "x1", "Jan", "2016-13-01", "31 Foo 2016", "(x) 1/2/2003", "1/2/2003)", t.Format("15:04::05 1/2/2006"))
}

func (g generator) text() string {
	return pick(g, g.dateText, g.dateText, g.dateText, g.dateText, g.mailText, g.freeText)()
}

func (g generator) list() string {
	t := g.time()
	s := fmt.Sprint(t.Year())
	for i := range g.IntN(7) {
		s += fmt.Sprintf(", %d", pick(g, []int{int(t.Month()) - 1, t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond() / 1e6}[i], g.IntN(40)-2))
	}
	return pick(g, "["+s+"]", "["+s+"]", "["+s+"]", "[]", "['2016', '3']", "[2016, null]", "[2016, 'x']", "[50, 1, 3]")
}

func (g generator) object() string {
	s := ""
	for range 1 + g.IntN(4) {
		s += fmt.Sprintf("%s: %s, ", pick(g, "year", "years", "y", "month", "M", "day", "date", "d", "hour", "h", "minute", "second", "ms", "foo", "week", "quarter"),
			pick(g, strconv.Itoa(g.IntN(30)-3), strconv.Itoa(1990+g.IntN(50)), quote(strconv.Itoa(g.IntN(12))), "null", "undefined", "0"))
	}
	return "{" + s + "}"
}

func (g generator) moment() string {
	f := pick(g, "moment", "moment", "moment", "moment.utc", "moment.parseZone")
	switch g.IntN(16) {
	case 0:
		return "moment()"
	case 1:
		return f + "(" + strconv.FormatInt(g.millis(), 10) + ")"
	case 2:
		return f + "(" + g.list() + ")"
	case 3:
		return f + "(" + g.object() + ")"
	case 4:
		return fmt.Sprintf("moment.unix(%d)", g.millis()/1000)
	case 5:
		return fmt.Sprintf("%s(new Date(%d))", f, g.millis())
	case 6, 7:
		format := quote(g.format())
		return fmt.Sprintf("%s(moment(%d).format(%s), %s%s)", f, g.millis(), format, format, pick(g, "", "", ", true", ", 'en'", ", 'en', true"))
	case 8:
		return fmt.Sprintf("%s(%s, %s%s)", f, quote(g.text()), quote(g.format()), pick(g, "", ", true"))
	case 9:
		return fmt.Sprintf("%s(%s, [%s, %s, %s]%s)", f, quote(g.text()), quote(g.format()), pick(g, "moment.ISO_8601", quote(g.format())), quote("YYYY-MM-DD"), pick(g, "", ", true"))
	case 10:
		return fmt.Sprintf("%s(%s, moment.%s)", f, quote(g.text()), pick(g, "ISO_8601", "RFC_2822"))
	case 11:
		return f + "(" + pick(g, "null", "undefined", "''", "'x'", "NaN", "true", "{}", "moment("+strconv.FormatInt(g.millis(), 10)+")", "6e15", "1e20", "1.7", "'5'", "20160131") + ")"
	}
	return f + "(" + quote(g.text()) + ")"
}

func (g generator) setter() string {
	return pick(g,
		fmt.Sprintf("year(%d)", 1980+g.IntN(60)), fmt.Sprintf("month(%d)", g.IntN(16)-2), fmt.Sprintf("month(%s)", quote(pick(g, "March", "dec", "sept", "x", "3"))),
		fmt.Sprintf("date(%d)", g.IntN(40)-4), fmt.Sprintf("day(%d)", g.IntN(20)-8), fmt.Sprintf("day(%s)", quote(pick(g, "Monday", "su", "x", "5"))),
		fmt.Sprintf("hour(%d)", g.IntN(30)-3), fmt.Sprintf("hours(%s)", quote("7")), fmt.Sprintf("minute(%d)", g.IntN(70)-5), fmt.Sprintf("second(%d)", g.IntN(70)-5),
		fmt.Sprintf("millisecond(%d)", g.IntN(1200)-100), fmt.Sprintf("week(%d)", g.IntN(55)), fmt.Sprintf("isoWeek(%d)", g.IntN(55)),
		fmt.Sprintf("weekday(%d)", g.IntN(20)-8), fmt.Sprintf("isoWeekday(%d)", g.IntN(20)-8), fmt.Sprintf("isoWeekday(%s)", quote(pick(g, "Sunday", "mon", "x"))),
		fmt.Sprintf("dayOfYear(%d)", g.IntN(400)-10), fmt.Sprintf("quarter(%d)", g.IntN(6)), fmt.Sprintf("weekYear(%d)", 2000+g.IntN(30)),
		fmt.Sprintf("isoWeekYear(%d)", 2000+g.IntN(30)), fmt.Sprintf("set(%s)", g.object()), fmt.Sprintf("set(%s, %d)", quote(g.unit()), g.IntN(12)))
}

func (g generator) step() string {
	switch g.IntN(10) {
	case 0, 1, 2:
		f := pick(g, "add", "add", "subtract")
		return pick(g,
			fmt.Sprintf("%s(%s, %s)", f, g.amount(), quote(g.unit())), fmt.Sprintf("%s(%s, %s)", f, g.amount(), quote(g.unit())),
			fmt.Sprintf("%s(%s, %s)", f, quote(g.unit()), g.amount()), fmt.Sprintf("%s(%s)", f, g.object()), fmt.Sprintf("%s(%s)", f, g.duration()),
			fmt.Sprintf("%s(%s)", f, g.amount()))
	case 3, 4, 5:
		return fmt.Sprintf("%s(%s)", pick(g, "startOf", "endOf"), quote(g.unit()))
	case 6, 7:
		return g.setter()
	}
	return pick(g, "utc()", "local()", "utc(true)", "local(true)", "clone()", "parseZone()", "utcOffset(9)", "utcOffset(-480)", "utcOffset('+05:30')",
		"utcOffset(330, true)", "utcOffset('x')", "zone(60)", "locale('en')")
}

func (g generator) chain() string {
	s := g.moment()
	for range g.IntN(4) {
		s += "." + g.step()
	}
	return s
}

func (g generator) duration() string {
	d := pick(g,
		fmt.Sprintf("moment.duration(%s, %s)", g.amount(), quote(g.unit())), fmt.Sprintf("moment.duration(%d)", g.Int64N(1e12)-5e11),
		fmt.Sprintf("moment.duration({days: %s, hours: %s, months: %s})", g.amount(), g.amount(), g.amount()),
		fmt.Sprintf("moment.duration(%s)", quote(pick(g, "1.02:03:04.5678", "-23:59", "P1Y2M10DT2H30M", "-P1W", "P0.5D", "PT36H", "+PT1,5S", "7:00:00", "x", "", "PT-1H"))),
		fmt.Sprintf("moment.duration(moment(%d).diff(%d))", g.millis(), g.millis()),
		fmt.Sprintf("moment.duration({from: %d, to: %d})", g.millis(), g.millis()))
	for range g.IntN(3) {
		d += "." + pick(g, fmt.Sprintf("add(%s, %s)", g.amount(), quote(g.unit())), fmt.Sprintf("subtract(%s, %s)", g.amount(), quote(g.unit())), "abs()", "clone()")
	}
	return d
}

func (g generator) durationQuestion() string {
	return g.duration() + "." + pick(g, "humanize()", "humanize(true)", "toISOString()", "asDays()", "asMonths()", "asYears()", "asWeeks()", "asHours()",
		"asMinutes()", "asSeconds()", "asMilliseconds()", "valueOf()", "years()", "months()", "weeks()", "days()", "hours()", "minutes()", "seconds()",
		"milliseconds()", "toJSON()", "isValid()", "as("+quote(g.unit())+")", "get("+quote(g.unit())+")")
}

func (g generator) dateQuestion() string {
	t := g.time()
	s := pick(g,
		fmt.Sprintf("new Date(%d)", t.UnixMilli()), fmt.Sprintf("new Date(%s)", quote(g.freeText())), fmt.Sprintf("new Date(%s)", quote(g.dateText())),
		fmt.Sprintf("new Date(%d, %d, %d, %d, %d)", t.Year(), g.IntN(14)-1, g.IntN(34), g.IntN(26), g.IntN(62)))
	return s + "." + pick(g, "getTime()", "toISOString()", "getHours()", "getDate()", "getFullYear()", "getTimezoneOffset()", "getDay()", "toDateString()",
		fmt.Sprintf("setHours(%d)", g.IntN(30)), fmt.Sprintf("setHours(%d, %d, 0, 0)", g.IntN(30), g.IntN(70)), fmt.Sprintf("setMonth(%d)", g.IntN(14)),
		fmt.Sprintf("setDate(%d)", g.IntN(40)), fmt.Sprintf("setFullYear(%d)", 1980+g.IntN(60)), fmt.Sprintf("setMinutes(%d)", g.IntN(70)), "toJSON()", "getYear()")
}

func (g generator) expression() string {
	switch g.IntN(20) {
	case 0, 1:
		return g.durationQuestion()
	case 2:
		return g.dateQuestion()
	case 3:
		return fmt.Sprintf("%s.diff(%s, %s%s)", g.chain(), g.chain(), quote(g.unit()), pick(g, "", ", true"))
	case 4:
		return fmt.Sprintf("%s.%s(%s%s)", g.chain(), pick(g, "isBefore", "isAfter", "isSame", "isSameOrBefore", "isSameOrAfter"), g.chain(), pick(g, "", ", "+quote(g.unit())))
	case 5:
		return fmt.Sprintf("%s.isBetween(%s, %s, %s%s)", g.chain(), g.chain(), g.chain(), pick(g, "null", "undefined", quote(g.unit())), pick(g, "", ", '[]'", ", '[)'", ", '(]'"))
	case 6:
		return fmt.Sprintf("%s.%s(%s%s)", g.chain(), pick(g, "from", "to", "calendar"), g.chain(), pick(g, "", ", true"))
	case 7:
		return fmt.Sprintf("moment.%s(%s, %s)", pick(g, "min", "max"), g.chain(), g.chain())
	case 8:
		return fmt.Sprintf("%s %s %s", g.chain(), pick(g, "-", "<", ">=", "+"), g.chain())
	}
	return g.chain() + "." + pick(g,
		"format()", "format("+quote(g.format())+")", "format("+quote(g.format())+")", "format("+quote(g.format())+")", "format("+quote(g.format())+")",
		"toISOString()", "toISOString(true)", "valueOf()", "valueOf()", "unix()", "toArray()", "toObject()", "toJSON()", "toString()", "toDate()",
		"year()", "month()", "date()", "day()", "hour()", "minute()", "second()", "millisecond()", "week()", "isoWeek()", "weekday()", "isoWeekday()",
		"dayOfYear()", "quarter()", "weekYear()", "isoWeekYear()", "get("+quote(pick(g, "year", "M", "days", "isoWeek"))+")",
		"daysInMonth()", "weeksInYear()", "isoWeeksInYear()", "isLeapYear()", "isDST()", "isValid()", "invalidAt()", "isLocal()", "isUTC()", "isUtcOffset()",
		"utcOffset()", "zoneAbbr()", "hasAlignedHourOffset()", "fromNow()", "fromNow(true)", "toNow()", "calendar()")
}
