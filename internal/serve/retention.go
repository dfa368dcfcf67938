package serve

import (
	"strings"

	"github.com/pawlhq/pawl/internal/store"
)

// ofWorkflows is what the settings begin with that say how long attempts of some
// workflows are kept: the name of a project follows, and after a slash that of a
// workflow.
const ofWorkflows = "retention.attempts."

// retention reads how long records are kept. By default it is for good.
func (s *settings) retention() store.Retention {
	r := store.Retention{
		Attempts: s.duration("retention.attempts"),
		Sessions: s.number("retention.sessions"),
		Projects: s.duration("retention.projects"),
		Audit:    s.duration("retention.audit"),
		Facts:    s.duration("retention.facts"),
		Letters:  s.duration("retention.letters"),
		Ticks: store.TickRetention{
			Started: s.duration("retention.ticks.started"),
			Skipped: s.duration("retention.ticks.skipped"),
			Failed:  s.duration("retention.ticks.failed"),
		},
		Versions: s.duration("retention.versions"),
	}
	for _, key := range s.Keys() {
		name, ok := strings.CutPrefix(key, ofWorkflows)
		if !ok {
			continue
		}
		project, workflow, of := strings.Cut(name, "/")
		if project == "" || of && workflow == "" {
			s.fault(s.Errorf(key, "%s must name a project, or a project and a workflow", key).
				Hint("such as %sshop or %sshop/daily", ofWorkflows, ofWorkflows))
			continue
		}
		r.Of = append(r.Of, store.WorkflowRetention{Project: project, Workflow: workflow, Attempts: s.duration(key)})
	}
	return r
}
