package shell

import (
	"slices"
	"testing"
)

func TestProgramsOfAreCertain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"psql -f a.sql":              {"psql"},
		"A=1 B=2 make all":           {"make"},
		"cat a | sort & wc && cat b": {"cat", "sort", "wc"},
		"jq -r '.a | .b' x":          {"jq"},
		"echo hi; cd x":              nil,
		"./made.sh":                  nil,
		"/opt/x/run a":               {"/opt/x/run"},
		"${program} a":               nil,
		"$PROGRAM a":                 nil,
		"A=$(date) b":                nil,
		"\"my program\" a":           nil,
		"# a comment\nls":            nil,
		"if true; then psql; fi":     nil,
		"f() { psql; }\nf":           nil,
		"cat <<E\npsql\nE":           {"cat"},
		"bq query \"a;b\"\nother":    {"bq"},
		"":                           nil,
	} {
		if got := programsOf(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
