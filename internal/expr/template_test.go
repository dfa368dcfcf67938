package expr_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

var noon = time.Date(2016, 1, 30, 12, 0, 0, 0, time.UTC)

func newEvaluator(t testing.TB, zone string) *expr.Evaluator {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return expr.New(expr.Env{Zone: loc, Now: func() time.Time { return noon }})
}

// textCase is a text and what it evaluates to, or the reason why it does not.
type textCase struct {
	name, text, want, reason string
}

func checkTexts(t *testing.T, e *expr.Evaluator, scope params.Map, cases []textCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := e.String(c.text, scope)
			if c.reason == "" {
				if err != nil || got != c.want {
					t.Fatalf("%s\n got %q, %v\nwant %q", c.text, got, err, c.want)
				}
				return
			}
			wantReason(t, err, c.text, c.reason)
		})
	}
}

func wantReason(t *testing.T, err error, text, reason string) {
	t.Helper()
	var e *expr.Error
	if !errors.As(err, &e) || e.Text != text || e.Reason != reason {
		t.Fatalf("%s\n got %v\nwant (%s)", text, err, reason)
	}
	if model.CodeOf(err) != model.Invalid {
		t.Errorf("code %v, want %v", model.CodeOf(err), model.Invalid)
	}
}

func TestTextAroundExpressions(t *testing.T) {
	t.Parallel()
	scope := params.Of("x", "v", "k", "key")
	checkTexts(t, newEvaluator(t, "UTC"), scope, []textCase{
		{name: "without a dollar is untouched", text: "a {b} c", want: "a {b} c"},
		{name: "is kept on both sides", text: "a ${x} b ${x}", want: "a v b v"},
		{name: "with a lone dollar is kept", text: "5$ or $x", want: "5$ or $x"},
		{name: "has one dollar for two", text: "echo $$ $$$", want: "echo $ $$"},
		{name: "does not escape an expression by a dollar", text: "$${x}", want: "$v"},
		{name: "has two dollars for four before an expression", text: "$$$$${x}", want: "$$v"},
		{name: "can spell an expression", text: "${'$'}{x}", want: "${x}"},
		{name: "keeps what is for others", text: "${secret:a.b} ${foo:-x}", want: "${secret:a.b} ${foo:-x}"},
		{name: "evaluates inside what is for others", text: "${secret:${k}}", want: "${secret:key}"},
		{name: "takes upper case for an expression", text: "${FOO:-x}", reason: "SyntaxError: Unexpected token :"},
		{name: "takes a colon alone for an expression", text: "${:x}", reason: "SyntaxError: Unexpected token :"},
		{name: "loses an empty expression", text: "a${}b", want: "ab"},
		{name: "needs more than a blank for an expression", text: "${ }", reason: "SyntaxError: Unexpected token )"},
		{name: "is literal after an open brace", text: "${x} ${x ${x}", want: "v ${x ${x}"},
		{name: "has one dollar for two after an open brace", text: "$${x$$", want: "$${x$"},
		{name: "ends in a literal dollar and brace", text: "a ${", want: "a ${"},
		{name: "may have line ends", text: "a\n${x}\nb", want: "a\nv\nb"},
	})
}

func TestExpressionsEndAtTheirBrace(t *testing.T) {
	t.Parallel()
	checkTexts(t, newEvaluator(t, "UTC"), params.Of("x", "v"), []textCase{
		{name: "after an object", text: "${ {a: 1}.a }}", want: "1}"},
		{name: "after a function", text: "${(function(){ if (x) { return x } })()}!", want: "v!"},
		{name: "counting braces in strings", text: "${'}'", want: "", reason: "SyntaxError: Unexpected token ILLEGAL"},
		{name: "with balanced braces in a string", text: "${'{}' + x}", want: "{}v"},
		{name: "after a comment", text: "${x // comment\n}", want: "v"},
		{name: "in a comment", text: "${x /* y */}", want: "v"},
		{name: "over several lines", text: "${x +\n x}", want: "vv"},
		{name: "and hold one expression", text: "${1);(2}", reason: "SyntaxError: it is not one expression"},
		{name: "and hold no statement", text: "${var y = 1}", reason: "SyntaxError: Unexpected token var"},
		{name: "and may be a list of expressions", text: "${1, 2}", want: "2"},
	})
}

func TestErrorShowsTheStartOfALongText(t *testing.T) {
	t.Parallel()
	long := "${missing}" + strings.Repeat("x", 1_000_000)
	_, err := newEvaluator(t, "UTC").String(long, params.Map{})
	if got := err.Error(); len(got) > 1200 || !strings.Contains(got, "ReferenceError: missing is not defined") {
		t.Errorf("message of %d bytes: %.200s", len(got), got)
	}
}

func TestErrorSaysWhatFailedAndWhy(t *testing.T) {
	t.Parallel()
	_, err := newEvaluator(t, "UTC").String("a ${b}", params.Map{})
	want := "Failed to evaluate a variable a ${b} (ReferenceError: b is not defined)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestErrorsTellWhichExpressionFailed(t *testing.T) {
	t.Parallel()
	scope := params.Of("session_date", "2016-01-30", "map", params.Of("a", 1))
	for _, tt := range []struct {
		text, source, unknown string
		near                  []string
	}{
		{"a ${session_date} ${sesion_date}", "${sesion_date}", "sesion_date", []string{"session_date"}},
		{"a ${} ${map.b.c} ${x}", "${map.b.c}", "", nil},
		{"${secret:x} ${1 + 1} ${a b}", "${a b}", "", nil},
		{"${(function() { throw 'no' })()}", "${(function() { throw 'no' })()}", "", nil},
		{"${nothing_like_it}", "${nothing_like_it}", "nothing_like_it", nil},
	} {
		_, err := newEvaluator(t, "UTC").String(tt.text, scope)
		var e *expr.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v", tt.text, err)
			continue
		}
		if e.Source != tt.source || e.Offset != strings.Index(tt.text, tt.source) {
			t.Errorf("%s: failed at %q in %d", tt.text, e.Source, e.Offset)
		}
		if e.Unknown() != tt.unknown || !slices.Equal(e.Near, tt.near) {
			t.Errorf("%s: %q is unknown, near to %q", tt.text, e.Unknown(), e.Near)
		}
	}
}
