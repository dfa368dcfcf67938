package secretref_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/operators/secretref"
	"github.com/pawlhq/pawl/operator"
)

// vault holds secrets; "broken" cannot be read.
type vault map[string]string

var errBroken = errors.New("vault is sealed")

func (v vault) Secret(_ context.Context, key string) (string, error) {
	if key == "broken" {
		return "", errBroken
	}
	if value, ok := v[key]; ok {
		return value, nil
	}
	return "", operator.ErrNoSecret
}

var secrets = vault{"a": "1", "b.c": "$x \\1 ${secret:a}", "empty": ""}

func TestExpand(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                    "",
		"plain $ text ${ } $$":                "plain $ text ${ } $$",
		"${secret:a}":                         "1",
		"x ${secret: a\n} y ${secret:b.c} z":  "x 1 y $x \\1 ${secret:a} z",
		"${secret:empty}":                     "",
		"${secret:empty}${secret:empty}":      "",
		"${a} ${} ${#x} ${x%:*} ${x.y:1}":     "${a} ${} ${#x} ${x%:*} ${x.y:1}",
		"${secret:a":                          "${secret:a",
		"${foo:a":                             "${foo:a",
		"${${secret:a}":                       "${1",
		"$${secret:a}":                        "$1",
		"${secret:a}\n${SECRET}\n${secret:a}": "1\n${SECRET}\n1",
	} {
		if got, err := secretref.Expand(t.Context(), text, secrets); got != want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestReferencesThatFail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"x ${foo:a} y":      "Invalid parametrization: '${foo:a}' (config)",
		"${HOME:-/root}":    "Invalid parametrization: '${HOME:-/root}' (config)",
		"${Secret:a}":       "Invalid parametrization: '${Secret:a}' (config)",
		"${secret:}":        "Invalid parametrization: '${secret:}' (config)",
		"${secret: }":       "Invalid parametrization: '${secret: }' (config)",
		"${secret:a.b}":     "Secret not found for key: 'a.b' (secret not found)",
		"${secret:a} ${b:}": "Invalid parametrization: '${b:}' (config)",
		"${secret:broken}":  `secret "broken": vault is sealed`,
	} {
		got, err := secretref.Expand(t.Context(), text, secrets)
		if got != "" || err == nil || err.Error() != want {
			t.Errorf("%q: got %q, %v, want %s", text, got, err, want)
		}
	}
}

func TestCauseIsKept(t *testing.T) {
	t.Parallel()
	if _, err := secretref.Expand(t.Context(), "${secret:broken}", secrets); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func FuzzTextWithoutReferencesIsKept(f *testing.F) {
	f.Add("a ${b} $c")
	f.Add("${")
	f.Add("${x:")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := secretref.Expand(t.Context(), text, secrets)
		if err == nil && got != text && !strings.Contains(text, "${secret:") {
			t.Errorf("%q became %q", text, got)
		}
	})
}
