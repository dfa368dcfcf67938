package serve

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/upkeep"
)

// Prune deletes attempts that a search finds and that have ended, as sweep says, of
// which it fills in what the configuration knows. Runs of a folder are among them.
func (k *Keeper) Prune(ctx context.Context, s store.Search, sweep upkeep.Sweep) (all upkeep.Swept, err error) {
	set := newSettings(k.settings)
	sweep.Store, sweep.Now, sweep.Retention = k.store, k.now(), set.retention()
	sweep.NameOf = k.nameOf
	output, err := set.openLogs(slog.New(slog.DiscardHandler))
	if err != nil {
		return all, err
	}
	if output.Store != nil {
		sweep.Logs = output.Store
	}
	outputs := set.outputs(slog.New(slog.DiscardHandler))
	if set.err != nil {
		return all, set.err
	}
	sweep.Outputs = outputs
	if s.Until, err = sweep.Until(); err != nil {
		return all, err
	}
	for page := (store.Page{}); ; {
		list, next, err := k.store.SearchAttempts(ctx, s, page)
		var done upkeep.Swept
		if err == nil {
			done, err = sweep.Page(ctx, list)
		}
		all.Attempts, all.Tasks = all.Attempts+done.Attempts, all.Tasks+done.Tasks
		all.Sessions, all.Needed = all.Sessions+done.Sessions, all.Needed+done.Needed
		if page.Cursor = next; err != nil || next == "" {
			if sweep.Dry {
				return all, err
			}
			return all, k.audited(ctx, auth.AttemptDelete, fmt.Sprintf("attempts made before %s", s.Until.Time().UTC().Format("2006-01-02T15:04:05Z")), err)
		}
	}
}

// CanPrune returns an Invalid error if nothing says how old what is to be deleted is. It
// opens nothing.
func CanPrune(cfg *config.Config, sweep upkeep.Sweep) error {
	set := newSettings(cfg)
	sweep.Retention = set.retention()
	if set.err != nil {
		return set.err
	}
	_, err := sweep.Until()
	return err
}

// Project returns the id of a project.
func (k *Keeper) Project(ctx context.Context, name string) (model.ProjectID, error) {
	of, err := k.store.ProjectNamed(ctx, name)
	return of.ID, err
}

// nameOf returns the name of a project; empty for none.
func (k *Keeper) nameOf(ctx context.Context, id model.ProjectID) (string, error) {
	of, err := k.store.Project(ctx, id)
	if model.CodeOf(err) == model.NotFound {
		return "", nil
	}
	return of.Name, err
}
