package operators

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/store"
)

// EndLeftovers ends the programs of the tasks that were running when the
// process died that had begun an attempt: they would run on beside those of
// the next tries.
func EndLeftovers(s *store.Snapshot) {
	var names []string
	for i := range s.Tasks {
		if r := &s.Tasks[i]; r.State == model.Running {
			id := model.TryID{Attempt: r.Attempt, Task: r.ID, Try: r.Try}
			names = append(names, command.TryName(s.Attempt.Session.UUID, id))
		}
	}
	if len(names) > 0 {
		process.EndMarked(names, process.DefaultGrace)
	}
}

// EndTry ends the programs of a try, as EndLeftovers does for those that were
// running.
func EndTry(session string, id model.TryID) {
	process.EndMarked([]string{command.TryName(session, id)}, process.DefaultGrace)
}
