package runner_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

func TestNamesOfQueues(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"default", "gpu", "a-b_c2", "7", strings.Repeat("a", 64)} {
		if err := runner.CheckQueue(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "-a", "a-", "a--b", "A", "a b", "a|b", "ä", strings.Repeat("a", 65)} {
		if err := runner.CheckQueue(name); model.CodeOf(err) != model.Invalid || err == nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
