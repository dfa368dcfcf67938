package sim

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// There is one session for a workflow and a key, and one attempt of a name in
// it, however often its start is asked for.

type attemptName struct {
	project             model.ProjectID
	workflow, key, name string
}

func nameOf(a *store.Attempt) attemptName {
	return attemptName{a.Session.Project, a.Session.Workflow, a.Session.Key, a.Name}
}

func (c *checks) oneSession(a *store.Attempt) {
	name := nameOf(a)
	if id, ok := c.names[name]; ok {
		c.sim.fail("promise 4: %v was made twice, as attempts %d and %d", name, id, a.ID)
	}
	c.names[name] = a.ID
}
