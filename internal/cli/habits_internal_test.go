package cli

import (
	"strings"
	"testing"
)

// What people are used to write is understood, and nothing else is touched.
func TestHabitsAreUnderstood(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"build -p fit -su":             "build -p fit --skip-upstream",
		"task fit -st":                 "task fit --status",
		"task fit -of":                 "task fit --on-finish",
		"task fit -su":                 "task fit -su",
		"task -- -st":                  "task -- -st",
		"run -su":                      "run -su",
		"run -e pipeline.serve.yaml":   "run --entry-point pipeline.serve.yaml",
		"plan -e nbs/*.py":             "plan --entry-point nbs/*.py",
		"run -e +load":                 "run -e +load",
		"run -e +load.csv":             "run -e +load.csv",
		"run -e load":                  "run -e load",
		"run -e":                       "run -e",
		"build -e pipeline.serve.yaml": "build -e pipeline.serve.yaml",
		"task 35 --json":               "tasks 35 --json",
		"build":                        "build",
	} {
		if got := strings.Join(habitual(strings.Fields(given)), " "); got != want {
			t.Errorf("%q is read as %q, want %q", given, got, want)
		}
	}
}
