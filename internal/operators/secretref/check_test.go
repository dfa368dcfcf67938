package secretref_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/operators/secretref"
)

func TestReferencesAreCheckedBeforeARun(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain":                        "",
		"${secret:a} ${ secret:b}":     "",
		"${x ? {a:1} : 2} ${X:1}":      "", // expressions, good or bad
		"${secret:a} ${file:b} ${c:d}": "Invalid parametrization: '${file:b}' (config)",
		"${secret: }":                  "Invalid parametrization: '${secret: }' (config)",
	} {
		got := ""
		if err := secretref.Check(text); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
