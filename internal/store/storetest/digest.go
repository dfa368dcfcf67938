package storetest

import (
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func (f *fixture) digest(q store.DigestQuery) []store.Digest {
	f.Helper()
	list, err := f.store.Digest(ctx, q)
	if err != nil {
		f.Fatalf("Digest(%+v): %v", q, err)
	}
	return list
}

// ran makes an attempt of a workflow that has ended.
func (f *fixture) ran(project model.ProjectID, workflow string, state engine.AttemptState, started, ended model.Instant) store.EndedAttempt {
	f.Helper()
	s := f.start(fmt.Sprintf("%s-%d-%d", workflow, started, ended))
	s.Session.Project, s.Session.Workflow = project, workflow
	id := f.make(s).ID
	f.commit(&store.Batch{Attempts: []engine.AttemptRow{{ID: id, State: state, Tasks: 1, Started: started, Ended: ended}}})
	return store.EndedAttempt{ID: id, Project: project, Workflow: workflow, State: state, Started: started, Ended: ended}
}

var digestTests = []test{
	{"nothing has no digest", func(f *fixture) {
		f.attempts(2) // which have not ended
		f.same("digest", f.digest(store.DigestQuery{}), []store.Digest(nil))
	}},
	{"a digest counts what ended in its time", func(f *fixture) {
		var last store.EndedAttempt
		for i := range model.Instant(20) { // which take 1 to 20 seconds
			state := engine.AttemptSuccess
			if i == 4 {
				state = engine.AttemptFailed
			}
			last = f.ran(1, "daily", state, now, now+(i+1)*second)
		}
		killed := f.ran(1, "daily", engine.AttemptKilled, 0, now) // before it began
		other := f.ran(2, "daily", engine.AttemptFailed, now, now+second)
		f.attempts(1)
		daily := store.Digest{
			Project: 1, Workflow: "daily", Runs: 21, Succeeded: 19, Failed: 1, Killed: 1,
			Average: 10_500 * time.Millisecond, P95: 19 * time.Second, Last: last,
		}
		theirs := store.Digest{Project: 2, Workflow: "daily", Runs: 1, Failed: 1, Average: time.Second, P95: time.Second, Last: other}
		f.same("all", f.digest(store.DigestQuery{}), []store.Digest{daily, theirs})
		f.same("a project", f.digest(store.DigestQuery{Projects: []model.ProjectID{2}}), []store.Digest{theirs})
		f.same("no project", f.digest(store.DigestQuery{Projects: []model.ProjectID{}}), []store.Digest(nil))
		f.same("another workflow", f.digest(store.DigestQuery{Workflow: "weekly"}), []store.Digest(nil))
		f.same("until then", f.digest(store.DigestQuery{Until: now + second}), []store.Digest{
			{Project: 1, Workflow: "daily", Runs: 1, Killed: 1, Last: killed},
		})
		f.same("from then on", f.digest(store.DigestQuery{From: now + 20*second}), []store.Digest{
			{Project: 1, Workflow: "daily", Runs: 1, Succeeded: 1, Average: 20 * time.Second, P95: 20 * time.Second, Last: last},
		})
	}},
}
