package workflow_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// A mere $ is part of a text: only expressions are left for later.
func TestMemoOfTextsWithADollar(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"v$1": "v$1", "$": "$", "${v}": "", "a-${v}": ""} {
		m, err := workflow.MemoOf(params.Of("version", version))
		if err != nil || !m.On || m.Version != want {
			t.Errorf("%s: %q, %v; want %q", version, m.Version, err, want)
		}
	}
	m, err := workflow.MemoOf(params.Of("files", []any{"a$b.txt"}))
	if err != nil || len(m.Files) != 1 {
		t.Error(m.Files, err)
	}
	if _, err := workflow.MemoOf("$"); err == nil {
		t.Error("a text is taken for a memo")
	}
}
