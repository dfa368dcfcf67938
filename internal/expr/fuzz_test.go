package expr_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/params"
)

// Any text has a result or an *expr.Error, soon; text that holds no expression
// only loses dollars.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"", "$", "$$", "${", "${}", "${a}", "$${a}", "${a.b + '-' + c[0]}", "${secret:x}", "${a ? {b: 1}.b : '}'}", "${(function(){return this})()}",
		"${moment(a).add(1, 'day').format('YYYY-MM-DD [x]')}", "${moment(a, ['YYYY', 'x'], true)}", "${new Date(2016, 1)}", "${'a'.replaceAll('(a)', '$1')}", "${[}",
	} {
		f.Add(text)
	}
	e := expr.New(expr.Env{Now: func() time.Time { return noon }, Limits: expr.Limits{Time: 100 * time.Millisecond, Result: 1 << 16, Calls: 100}})
	scope := params.Of("a", "2016-01-30", "b", 1, "c", []any{1, params.Of("d", nil)})
	f.Fuzz(func(t *testing.T, text string) {
		got, err := e.String(text, scope)
		var e *expr.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%q: a %T: %v", text, err, err)
		}
		if want := strings.ReplaceAll(text, "$$", "$"); !strings.Contains(text, "${") && got != want {
			t.Fatalf("%q became %q, want %q", text, got, want)
		}
	})
}
