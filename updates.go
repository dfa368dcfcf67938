package pawl

import (
	"context"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/operators/gofunc"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/updates"
	"github.com/pawlhq/pawl/internal/workflow"
)

// tell returns what tells others of runs, or nil where nobody is to be told.
func (c *Config) tell() host.Tell {
	if c.Updates == "" {
		return nil
	}
	o := updates.Options{Topics: []string{string(c.Updates)}, Tasks: true, Params: c.UpdateParams}
	project := c.Project
	return func(_ context.Context, a *store.Attempt, w *workflow.Workflow) (conductor.Teller, error) {
		return o.Teller(updates.Subject{
			Attempt: *a, Scope: w.Scope, Project: project, Version: gofunc.Version(w.Root), Key: a.Session.Key, Path: host.Path,
		}), nil
	}
}
