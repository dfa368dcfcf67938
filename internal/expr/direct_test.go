package expr

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
)

// Whatever is evaluated without the engine has the text that the engine gives.
func TestDirectEvaluationIsTheEngines(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 9*3600)
	e := New(Env{Zone: zone, Now: func() time.Time { return time.Unix(1454155200, 0) }})
	scope := mapScope{params.Of(
		"s", "abc", "empty", "", "digits", "42", "blank", " ", "t", true, "f", false, "none", nil, "zero", 0, "n", 7, "neg", -3, "x", 1.5, "e", 1e300,
		"huge", int64(9007199254740993), "beyond", json.Number("-123456789012345678901"), "accents", "é😀", "broken", "a\xffb",
		"list", []any{1, "two", nil, params.Of("k", "v"), int64(9007199254740993)}, "map", params.Of("a", 1, "b", params.Of("c", "d"), "2", "x", "length", 9),
		"session_time", "2016-01-30T00:00:00+09:00",
	)}
	direct := 0
	prop.Check(t, func(t *rapid.T) {
		source := expressionSource(4).Draw(t, "source")
		parsed, err := parseExpression(source, e.limits)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		f := frame{scope: scope, moment: e.moment}
		got, ok := parsed.evalDirect(nil, &f)
		if !ok {
			return
		}
		direct++
		m := e.start(scope)
		defer m.stop()
		want, err := m.eval(parsed)
		if err != nil {
			t.Fatalf("%s is %q directly; the engine says %v", source, got, err)
		}
		if want = parsed.exact(want, &f); string(got) != want {
			t.Fatalf("%s is %q directly; the engine says %q", source, got, want)
		}
	})
	if direct == 0 {
		t.Error("nothing was evaluated directly")
	}
}

// expressionSource draws expressions of the kinds that can be evaluated directly,
// nested up to depth levels.
func expressionSource(depth int) *rapid.Generator[string] {
	leaves := rapid.SampledFrom([]string{
		"s", "empty", "digits", "blank", "t", "f", "none", "zero", "n", "neg", "x", "e", "huge", "beyond", "accents", "broken", "list", "map",
		"this.s", "this.missing", "map.b.c", "map.missing", "list[1]", "list[4]", "list[3].k", "list.length", "s.length", "map['2']", "map.length",
		"'text'", "'7'", "''", "0", "-1", "2.5", "true", "null", "session_time", "undefined", "map.toString", "list.join",
	})
	if depth == 0 {
		return leaves
	}
	inner := rapid.Deferred(func() *rapid.Generator[string] { return expressionSource(depth - 1) })
	operator := rapid.SampledFrom(strings.Fields("+ + + - * / % < > <= >= == != === !== && ||"))
	return rapid.OneOf(
		leaves,
		rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("(%s %s %s)", inner.Draw(t, "left"), operator.Draw(t, "operator"), inner.Draw(t, "right"))
		}),
		rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("(%s ? %s : %s)", inner.Draw(t, "test"), inner.Draw(t, "yes"), inner.Draw(t, "no"))
		}),
		rapid.Custom(func(t *rapid.T) string { return "!" + inner.Draw(t, "operand") }),
		rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("%s[%s]", rapid.SampledFrom([]string{"map", "list", "s", "this.map"}).Draw(t, "object"), inner.Draw(t, "index"))
		}),
		rapid.Custom(func(t *rapid.T) string {
			method := rapid.SampledFrom([]string{"format()", "add(%s, 'days')", "format(%s)", "valueOf()", "diff(%s, 'hours')", "isBefore(%s)", "toObject()", "toDate()", "foo()", "year"})
			call := method.Draw(t, "method")
			if strings.Contains(call, "%s") {
				call = fmt.Sprintf(call, inner.Draw(t, "argument"))
			}
			return fmt.Sprintf("%s(%s).%s", rapid.SampledFrom([]string{"moment", "moment.utc", "moment.unix", "moment.duration", "moment.foo"}).Draw(t, "function"), inner.Draw(t, "input"), call)
		}),
	)
}
