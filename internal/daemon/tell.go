package daemon

import (
	"context"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/updates"
	"github.com/pawlhq/pawl/internal/workflow"
)

// maxNames bounds the workflows whose names are kept.
const maxNames = 1000

// names are those of the project and the revision of a workflow.
type names struct{ project, revision string }

// teller returns what tells others of an attempt. It is nil where nothing is told.
func (d *Daemon) teller() func(context.Context, *store.Attempt, *workflow.Workflow) (conductor.Teller, error) {
	if len(d.cfg.Updates.Topics) == 0 {
		return nil
	}
	known := make(map[model.WorkflowID]names)
	return func(ctx context.Context, a *store.Attempt, w *workflow.Workflow) (conductor.Teller, error) {
		n, ok := known[a.Workflow]
		if !ok {
			stored, err := d.cfg.Store.Workflow(ctx, a.Workflow)
			switch code := model.CodeOf(err); {
			case err == nil, code == model.NotFound: // it was deleted
			case code == model.Unavailable, ctx.Err() != nil:
				return nil, err
			default: // which would keep all that the conductor drives from being stored
				d.cfg.Log.Error("nobody is told of an attempt, as its workflow can't be read", "attempt", int64(a.ID), "error", err)
				return nil, nil
			}
			if len(known) >= maxNames {
				clear(known)
			}
			n = names{stored.ProjectName, stored.RevisionName}
			known[a.Workflow] = n
		}
		return d.cfg.Updates.Teller(updates.Subject{
			Attempt: *a, Scope: w.Scope, Project: n.project, Revision: n.revision, Key: a.Session.UUID,
		}), nil
	}
}
