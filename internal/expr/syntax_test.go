package expr_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/params"
)

func TestFaultsAreSeenWithoutEvaluating(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []expr.Fault
	}{
		{"no expression", "plain", nil},
		{"an unknown name is for the run", "${nothing.there}", nil},
		{"others' references", "${secret:key}", nil},
		{"nothing between the braces", "a${}b", nil},
		{"one of several", "${a} ${b +} ${c}", []expr.Fault{
			{Offset: 5, Source: "${b +}", Reason: "SyntaxError: it ends too early"},
		}},
		{"all of several", "é${1 2}${)}", []expr.Fault{
			{Offset: 2, Source: "${1 2}", Reason: "SyntaxError: Unexpected number"},
			{Offset: 8, Source: "${)}", Reason: "SyntaxError: Unexpected token )"},
		}},
		{"a word of the language", "${if}${a.if}${ b }", []expr.Fault{
			{Offset: 0, Source: "${if}", Reason: "SyntaxError: Unexpected token if"},
		}},
		{"two expressions", "${a; b}", []expr.Fault{
			{Offset: 0, Source: "${a; b}", Reason: "SyntaxError: Unexpected token ;"},
		}},
		{"no brace", "a ${b} ${c", []expr.Fault{
			{Offset: 7, Source: "${c", Reason: "no brace closes the expression", Open: true},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, when := range []string{"at first", "once more"} {
				if diff := cmp.Diff(tt.want, expr.Faults(tt.text)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", when, diff)
				}
			}
		})
	}
}

// Faults are what evaluation calls a syntax error, no more and no less.
func TestFaultsAreSyntaxErrors(t *testing.T) {
	t.Parallel()
	e := expr.New(expr.Env{Now: func() time.Time { return time.Unix(0, 0) }})
	words := strings.Fields(`a _a a1 1a await break case catch class const continue debugger default delete do else enum
		export extends false finally for function if implements import in instanceof interface let new null package
		private protected public return static super switch this throw true try typeof var void while with yield async
		of get eval arguments undefined`)
	for _, word := range words {
		for _, source := range []string{word, " " + word + " ", word + ".b", "a." + word, word + "\t", "\n" + word, word + "..b", "." + word} {
			_, err := e.String("${"+source+"}", params.Map{})
			wrong := err != nil && strings.Contains(err.Error(), "(SyntaxError: ")
			if got := len(expr.Faults("${"+source+"}")) > 0; got != wrong {
				t.Errorf("%q has a fault: %v; evaluated: %v", source, got, err)
			}
		}
	}
}
