//go:build linux

package chaos

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
)

// ledger has the tries that noted that they ran, by attempt and task.
type ledger map[model.AttemptID]map[string][]model.TryID

// readLedger reads lines of a mark, which is SESSION/ATTEMPT/TASK/TRY@GROUP,
// and the full name of the task.
func readLedger(t *testing.T, text string) ledger {
	t.Helper()
	l := make(ledger)
	for line := range strings.Lines(text) {
		mark, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		_, ids, _ := strings.Cut(mark, "/")
		var id model.TryID
		if _, err := fmt.Sscanf(ids, "%d/%d/%d@", &id.Attempt, &id.Task, &id.Try); !ok || err != nil {
			t.Fatalf("a task noted %q: %v", line, err)
		}
		if l[id.Attempt] == nil {
			l[id.Attempt] = make(map[string][]model.TryID)
		}
		l[id.Attempt][name] = append(l[id.Attempt][name], id)
	}
	return l
}
