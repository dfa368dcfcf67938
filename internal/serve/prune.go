package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

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
	sweep.NameOf = k.NameOf
	output, err := set.openLogs(ctx, k.store, slog.New(slog.DiscardHandler))
	if err != nil {
		return all, err
	}
	defer func() { err = errors.Join(err, output.close()) }()
	if output.Store != nil {
		sweep.Logs = output.Store
	}
	outputs := set.outputs(k.store, slog.New(slog.DiscardHandler))
	if set.err != nil {
		return all, set.err
	}
	defer func() { err = errors.Join(err, outputs.Close()) }()
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
		all.Going = append(all.Going, done.Going...)
		if page.Cursor = next; err != nil || next == "" {
			if sweep.Dry {
				return all, err
			}
			return all, k.audited(ctx, auth.AttemptDelete, fmt.Sprintf("attempts made before %s", s.Until.Time().UTC().Format("2006-01-02T15:04:05Z")), err)
		}
	}
}

// CanPrune returns an Invalid error if nothing says how old what is to be deleted is, and
// NotFound if there is no database. It opens nothing.
func CanPrune(cfg *config.Config, sweep upkeep.Sweep) error {
	set := newSettings(cfg)
	sweep.Retention = set.retention()
	if set.err != nil {
		return set.err
	}
	if _, err := sweep.Until(); err != nil {
		return err
	}
	return set.present()
}

// present returns a NotFound error if the embedded database is not there.
func (s *settings) present() error {
	if at := s.databaseKind(); at != kindSQLite && at != kindH2 {
		return s.err
	}
	_, err := os.Stat(s.databaseFile())
	if errors.Is(err, fs.ErrNotExist) {
		return model.Errorf(model.NotFound, "there is no database %s", s.databaseFile()).
			WithHint("name its folder with -o, or its settings with -c; that of `pawl run` is .pawl in the folder of the project")
	}
	return placed(err, "give the folder to this user")
}

// Project returns the id of a project.
func (k *Keeper) Project(ctx context.Context, name string) (model.ProjectID, error) {
	of, err := k.store.ProjectNamed(ctx, name)
	return of.ID, err
}

// NameOf returns the name of a project; empty for none.
func (k *Keeper) NameOf(ctx context.Context, id model.ProjectID) (string, error) {
	of, err := k.store.Project(ctx, id)
	if model.CodeOf(err) == model.NotFound {
		return "", nil
	}
	return of.Name, err
}
